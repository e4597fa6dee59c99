# What the plan refuses: one run at least for every validation and precondition.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  function_name    = "broker"
  repository_owner = "my-org"
  repository_name  = "my-repo"
  lambda_artifact  = { release_version = "v3.0.0" }
}


run "reject_function_name_too_long" {
  command = plan

  variables {
    function_name = "a2345678901234567890123456789012345678901234567890123456789012345"
  }

  expect_failures = [var.function_name]
}

run "reject_function_name_with_a_wildcard" {
  command = plan

  variables {
    function_name = "broker-*"
  }

  expect_failures = [var.function_name]
}

run "reject_no_artifact" {
  command = plan

  variables {
    lambda_artifact = {}
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_two_artifacts" {
  command = plan

  variables {
    lambda_artifact = { release_version = "v3.0.0", lambda_source_s3 = { bucket = "a", key = "b" } }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_blank_beside_a_release" {
  command = plan

  variables {
    lambda_artifact = { release_version = "v3.0.0", lambda_zip_path = "" }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_release_version_that_is_no_tag" {
  command = plan

  variables {
    lambda_artifact = { release_version = "latest" }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_release_version_that_leaves_its_folder" {
  command = plan

  variables {
    lambda_artifact = { release_version = "v1.0.0-../.." }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_zip_that_is_not_there" {
  command = plan

  variables {
    lambda_artifact = { lambda_zip_path = "./tests/fixtures/absent.zip" }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_zip_that_is_a_folder" {
  command = plan

  variables {
    lambda_artifact = { lambda_zip_path = "./tests/fixtures" }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_empty_s3_key" {
  command = plan

  variables {
    lambda_artifact = { lambda_source_s3 = { bucket = "artifacts", key = "" } }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_s3_hash_in_hexadecimal" {
  command = plan

  variables {
    lambda_artifact = { lambda_source_s3 = { bucket = "a", key = "b", source_code_hash = "d67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d" } }
  }

  expect_failures = [var.lambda_artifact]
}

run "reject_release_repository_without_owner" {
  command = plan

  variables {
    release_repository = "github-token-broker"
  }

  expect_failures = [var.release_repository]
}

run "reject_release_repository_with_dots" {
  command = plan

  variables {
    release_repository = "../github-token-broker"
  }

  expect_failures = [var.release_repository]
}

run "reject_architecture" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}

run "reject_memory_size" {
  command = plan

  variables {
    memory_size = 127
  }

  expect_failures = [var.memory_size]
}

run "reject_memory_size_too_large" {
  command = plan

  variables {
    memory_size = 10241
  }

  expect_failures = [var.memory_size]
}

run "reject_memory_size_with_a_fraction" {
  command = plan

  variables {
    memory_size = 128.5
  }

  expect_failures = [var.memory_size]
}

run "reject_timeout" {
  command = plan

  variables {
    timeout = 0
  }

  expect_failures = [var.timeout]
}

run "reject_timeout_too_long" {
  command = plan

  variables {
    timeout = 901
  }

  expect_failures = [var.timeout]
}

run "reject_timeout_with_a_fraction" {
  command = plan

  variables {
    timeout = 1.5
  }

  expect_failures = [var.timeout]
}

run "reject_negative_concurrency" {
  command = plan

  variables {
    reserved_concurrent_executions = -2
  }

  expect_failures = [var.reserved_concurrent_executions]
}

run "reject_concurrency_with_a_fraction" {
  command = plan

  variables {
    reserved_concurrent_executions = 1.5
  }

  expect_failures = [var.reserved_concurrent_executions]
}

run "reject_code_signing_config" {
  command = plan

  variables {
    code_signing_config_arn = "arn:aws:lambda:eu-central-1:111122223333:code-signing-config:*"
  }

  expect_failures = [var.code_signing_config_arn]
}

run "reject_repository_owner_with_a_slash" {
  command = plan

  variables {
    repository_owner = "my/org"
  }

  expect_failures = [var.repository_owner]
}

run "reject_empty_repository_owner" {
  command = plan

  variables {
    repository_owner = ""
  }

  expect_failures = [var.repository_owner]
}

run "reject_repository_owner_with_a_space" {
  command = plan

  variables {
    repository_owner = " my-org"
  }

  expect_failures = [var.repository_owner]
}

run "reject_repository_owner_dot" {
  command = plan

  variables {
    repository_owner = "."
  }

  expect_failures = [var.repository_owner]
}

run "reject_repository_owner_dot_dot" {
  command = plan

  variables {
    repository_owner = ".."
  }

  expect_failures = [var.repository_owner]
}

run "reject_repository_name_with_a_slash" {
  command = plan

  variables {
    repository_name = "my/org"
  }

  expect_failures = [var.repository_name]
}

run "reject_empty_repository_name" {
  command = plan

  variables {
    repository_name = ""
  }

  expect_failures = [var.repository_name]
}

run "reject_repository_name_with_a_space" {
  command = plan

  variables {
    repository_name = " my-org"
  }

  expect_failures = [var.repository_name]
}

run "reject_repository_name_dot" {
  command = plan

  variables {
    repository_name = "."
  }

  expect_failures = [var.repository_name]
}

run "reject_repository_name_dot_dot" {
  command = plan

  variables {
    repository_name = ".."
  }

  expect_failures = [var.repository_name]
}

run "reject_no_permission" {
  command = plan

  variables {
    permissions = {}
  }

  expect_failures = [var.permissions]
}

run "reject_blank_permission_level" {
  command = plan

  variables {
    permissions = { contents = "read", issues = " " }
  }

  expect_failures = [var.permissions]
}

run "reject_blank_permission_name" {
  command = plan

  variables {
    permissions = { "" = "read" }
  }

  expect_failures = [var.permissions]
}

run "reject_permission_without_level" {
  command = plan

  variables {
    permissions = { contents = null }
  }

  expect_failures = [var.permissions]
}

run "reject_parameter_path_relative" {
  command = plan

  variables {
    ssm_parameter_paths = {
      client_id       = "a/b"
      installation_id = "/ok/installation_id"
      private_key     = "/ok/private_key"
    }
  }

  expect_failures = [var.ssm_parameter_paths]
}

run "reject_parameter_path_bare_slash" {
  command = plan

  variables {
    ssm_parameter_paths = {
      client_id       = "/ok/client_id"
      installation_id = "/"
      private_key     = "/ok/private_key"
    }
  }

  expect_failures = [var.ssm_parameter_paths]
}

run "reject_parameter_path_wildcard" {
  command = plan

  variables {
    ssm_parameter_paths = {
      client_id       = "/ok/client_id"
      installation_id = "/ok/installation_id"
      private_key     = "/a/*"
    }
  }

  expect_failures = [var.ssm_parameter_paths]
}

run "reject_parameter_path_version" {
  command = plan

  variables {
    ssm_parameter_paths = {
      client_id       = "/a:3"
      installation_id = "/ok/installation_id"
      private_key     = "/ok/private_key"
    }
  }

  expect_failures = [var.ssm_parameter_paths]
}

run "reject_parameter_path_space" {
  command = plan

  variables {
    ssm_parameter_paths = {
      client_id       = "/ok/client_id"
      installation_id = "/a b"
      private_key     = "/ok/private_key"
    }
  }

  expect_failures = [var.ssm_parameter_paths]
}

run "reject_parameter_path_newline" {
  command = plan

  variables {
    ssm_parameter_paths = {
      client_id       = "/ok/client_id"
      installation_id = "/ok/installation_id"
      private_key     = "/a\n"
    }
  }

  expect_failures = [var.ssm_parameter_paths]
}

run "reject_parameter_path_arn" {
  command = plan

  variables {
    ssm_parameter_paths = {
      client_id       = "arn:aws:ssm:eu-central-1:111122223333:parameter/a"
      installation_id = "/ok/installation_id"
      private_key     = "/ok/private_key"
    }
  }

  expect_failures = [var.ssm_parameter_paths]
}

run "reject_base_url_relative" {
  command = plan

  variables {
    github_api_base_url = "api.github.com"
  }

  expect_failures = [var.github_api_base_url]
}

run "reject_base_url_http" {
  command = plan

  variables {
    github_api_base_url = "http://github.example.com"
  }

  expect_failures = [var.github_api_base_url]
}

run "reject_base_url_other_scheme" {
  command = plan

  variables {
    github_api_base_url = "ftp://localhost"
  }

  expect_failures = [var.github_api_base_url]
}

run "reject_base_url_user_info" {
  command = plan

  variables {
    github_api_base_url = "https://user@github.example.com"
  }

  expect_failures = [var.github_api_base_url]
}

run "reject_base_url_query" {
  command = plan

  variables {
    github_api_base_url = "https://github.example.com/?a=b"
  }

  expect_failures = [var.github_api_base_url]
}

run "reject_base_url_fragment" {
  command = plan

  variables {
    github_api_base_url = "https://github.example.com/#a"
  }

  expect_failures = [var.github_api_base_url]
}

run "reject_base_url_port" {
  command = plan

  variables {
    github_api_base_url = "https://github.example.com:65536"
  }

  expect_failures = [var.github_api_base_url]
}

run "reject_ssm_endpoint_relative" {
  command = plan

  variables {
    ssm_endpoint_url = "api.github.com"
  }

  expect_failures = [var.ssm_endpoint_url]
}

run "reject_ssm_endpoint_http" {
  command = plan

  variables {
    ssm_endpoint_url = "http://github.example.com"
  }

  expect_failures = [var.ssm_endpoint_url]
}

run "reject_ssm_endpoint_other_scheme" {
  command = plan

  variables {
    ssm_endpoint_url = "ftp://localhost"
  }

  expect_failures = [var.ssm_endpoint_url]
}

run "reject_ssm_endpoint_user_info" {
  command = plan

  variables {
    ssm_endpoint_url = "https://user@github.example.com"
  }

  expect_failures = [var.ssm_endpoint_url]
}

run "reject_ssm_endpoint_query" {
  command = plan

  variables {
    ssm_endpoint_url = "https://github.example.com/?a=b"
  }

  expect_failures = [var.ssm_endpoint_url]
}

run "reject_ssm_endpoint_fragment" {
  command = plan

  variables {
    ssm_endpoint_url = "https://github.example.com/#a"
  }

  expect_failures = [var.ssm_endpoint_url]
}

run "reject_ssm_endpoint_port" {
  command = plan

  variables {
    ssm_endpoint_url = "https://github.example.com:65536"
  }

  expect_failures = [var.ssm_endpoint_url]
}

run "reject_log_level" {
  command = plan

  variables {
    log_level = "trace"
  }

  expect_failures = [var.log_level]
}

run "reject_kms_key_arn_of_an_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:alias/broker"
  }

  expect_failures = [var.kms_key_arn]
}

run "reject_kms_key_arn_with_a_wildcard" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/*"
  }

  expect_failures = [var.kms_key_arn]
}

run "reject_environment_kms_key_arn_of_an_alias" {
  command = plan

  variables {
    environment_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:alias/broker"
  }

  expect_failures = [var.environment_kms_key_arn]
}

run "reject_environment_kms_key_arn_with_a_wildcard" {
  command = plan

  variables {
    environment_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/*"
  }

  expect_failures = [var.environment_kms_key_arn]
}

run "reject_log_kms_key_arn_of_an_alias" {
  command = plan

  variables {
    log_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:alias/broker"
  }

  expect_failures = [var.log_kms_key_arn]
}

run "reject_log_kms_key_arn_with_a_wildcard" {
  command = plan

  variables {
    log_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/*"
  }

  expect_failures = [var.log_kms_key_arn]
}

run "reject_permissions_boundary_of_a_role" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::111122223333:role/broker"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "reject_permissions_boundary_with_a_wildcard" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/*"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "reject_role_path" {
  command = plan

  variables {
    role_path = "brokers"
  }

  expect_failures = [var.role_path]
}

run "reject_role_path_with_a_wildcard" {
  command = plan

  variables {
    role_path = "/*/"
  }

  expect_failures = [var.role_path]
}

run "reject_log_retention" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "reject_vpc_without_subnets" {
  command = plan

  variables {
    vpc_config = { subnet_ids = [], security_group_ids = ["sg-0a"] }
  }

  expect_failures = [var.vpc_config]
}

run "reject_vpc_without_security_groups" {
  command = plan

  variables {
    vpc_config = { subnet_ids = ["subnet-0a"], security_group_ids = [] }
  }

  expect_failures = [var.vpc_config]
}

run "reject_vpc_with_names" {
  command = plan

  variables {
    vpc_config = { subnet_ids = ["private-a"], security_group_ids = ["sg-0a"] }
  }

  expect_failures = [var.vpc_config]
}

run "reject_vpc_with_security_group_names" {
  command = plan

  variables {
    vpc_config = { subnet_ids = ["subnet-0a"], security_group_ids = ["default"] }
  }

  expect_failures = [var.vpc_config]
}

run "reject_ca_layer_without_version" {
  command = plan

  variables {
    ca_bundle = { layer_arn = "arn:aws:lambda:eu-central-1:111122223333:layer:ca", path = "/opt/ca.pem" }
  }

  expect_failures = [var.ca_bundle]
}

run "reject_ca_path_outside_of_layers" {
  command = plan

  variables {
    ca_bundle = { layer_arn = "arn:aws:lambda:eu-central-1:111122223333:layer:ca:1", path = "/etc/ca.pem" }
  }

  expect_failures = [var.ca_bundle]
}

run "reject_ca_path_that_leaves_layers" {
  command = plan

  variables {
    ca_bundle = { layer_arn = "arn:aws:lambda:eu-central-1:111122223333:layer:ca:1", path = "/opt/../etc/ca.pem" }
  }

  expect_failures = [var.ca_bundle]
}

run "reject_proxy_of_another_scheme" {
  command = plan

  variables {
    https_proxy = "socks5://proxy.example.com"
  }

  expect_failures = [var.https_proxy]
}

run "reject_blank_proxy" {
  command = plan

  variables {
    https_proxy = ""
  }

  expect_failures = [var.https_proxy]
}

run "reject_no_proxy_with_a_newline" {
  command = plan

  variables {
    no_proxy = "a.example.com\nb.example.com"
  }

  expect_failures = [var.no_proxy]
}

run "reject_invoker_name" {
  command = plan

  variables {
    invokers = { "the caller" = "123456789012" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_everybody" {
  command = plan

  variables {
    invokers = { caller = "*" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_wildcard_role" {
  command = plan

  variables {
    invokers = { caller = "arn:aws:iam::123456789012:role/*" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_service" {
  command = plan

  variables {
    invokers = { caller = "events.amazonaws.com" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_session" {
  command = plan

  variables {
    invokers = { caller = "arn:aws:sts::123456789012:assumed-role/ci/session" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_organisation" {
  command = plan

  variables {
    invokers = { caller = "o-a1b2c3d4e5" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_user" {
  command = plan

  variables {
    invokers = { caller = "arn:aws:iam::123456789012:user/me" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_root" {
  command = plan

  variables {
    invokers = { caller = "arn:aws:iam::123456789012:root" }
  }

  expect_failures = [var.invokers]
}

run "reject_invoker_short_account" {
  command = plan

  variables {
    invokers = { caller = "12345678901" }
  }

  expect_failures = [var.invokers]
}

run "reject_alarm_action_that_is_no_arn" {
  command = plan

  variables {
    alarm_actions = ["on-call"]
  }

  expect_failures = [var.alarm_actions]
}

run "reject_alarm_action_with_a_wildcard" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:eu-central-1:111122223333:*"]
  }

  expect_failures = [var.alarm_actions]
}

run "reject_unknown_error_type" {
  command = plan

  variables {
    enable_alarms     = true
    alarm_error_types = ["GrantMissmatch"]
  }

  expect_failures = [var.alarm_error_types]
}

run "reject_alarm_actions_without_alarms" {
  command = plan

  variables {
    alarm_actions = ["arn:aws:sns:eu-central-1:111122223333:on-call"]
  }

  expect_failures = [aws_lambda_function.broker]
}
