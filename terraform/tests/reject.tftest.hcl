# Invalid inputs: at least one invalid value for every validation and precondition. A run sets many variables to invalid values,
# and each of expect_failures must fail.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-central-1", region = "eu-central-1" }
  }

  # The real provider checks the form of ARNs that are arguments of other resources.
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/mocked" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:111122223333:function:mocked" }
  }
}

variables {
  function_name    = "broker"
  repository_owner = "my-org"
  repository_name  = "my-repo"
  lambda_artifact  = { release_version = "v3.0.0" }
}

run "reject_empty_values" {
  command = plan
  variables {
    lambda_artifact     = {}
    repository_owner    = ""
    repository_name     = ""
    permissions         = {}
    ssm_parameter_paths = { client_id = "/ok/client_id", installation_id = "/", private_key = "/ok/private_key" }
    vpc_config          = { subnet_ids = [], security_group_ids = ["sg-0a"] }
    https_proxy         = ""
  }
  expect_failures = [
    var.lambda_artifact, var.repository_owner, var.repository_name, var.permissions, var.ssm_parameter_paths,
    var.vpc_config, var.https_proxy,
  ]
}

run "reject_missing_parts" {
  command = plan
  variables {
    lambda_artifact    = { lambda_source_s3 = { bucket = "artifacts", key = "" } }
    release_repository = "github-token-broker" # no owner
    permissions        = { "" = "read" }       # no name
    vpc_config         = { subnet_ids = ["subnet-0a"], security_group_ids = [] }
    ca_bundle          = { layer_arn = "arn:aws:lambda:eu-central-1:111122223333:layer:ca", path = "/opt/ca.pem" } # no version
  }
  expect_failures = [var.lambda_artifact, var.release_repository, var.permissions, var.vpc_config, var.ca_bundle]
}

run "reject_whitespace" {
  command = plan
  variables {
    repository_owner    = " my-org"
    repository_name     = " my-org"
    permissions         = { contents = "read", issues = " " }
    ssm_parameter_paths = { client_id = "/ok/client_id", installation_id = "/a b", private_key = "/ok/private_key" }
    no_proxy            = "a.example.com\nb.example.com"
    invokers            = { "the caller" = "123456789012" }
    lambda_artifact     = { lambda_source_s3 = { bucket = "abc", key = "b", source_code_hash = "1n4IreboI8Bjr/sA/qla2r/6dc8aZg2PzqMiPWjo5E0" } } # no padding
  }
  expect_failures = [
    var.repository_owner, var.repository_name, var.permissions, var.ssm_parameter_paths, var.no_proxy, var.invokers,
    var.lambda_artifact,
  ]
}

run "reject_wildcards" {
  command = plan
  variables {
    function_name            = "broker-*"
    code_signing_config_arn  = "arn:aws:lambda:eu-central-1:111122223333:code-signing-config:*"
    ssm_parameter_paths      = { client_id = "/ok/client_id", installation_id = "/ok/installation_id", private_key = "/a/*" }
    kms_key_arn              = "arn:aws:kms:eu-central-1:111122223333:key/*"
    environment_kms_key_arn  = "arn:aws:kms:eu-central-1:111122223333:key/*"
    log_kms_key_arn          = "arn:aws:kms:eu-central-1:111122223333:key/*"
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/*"
    role_path                = "/*/"
    invokers                 = { caller = "arn:aws:iam::123456789012:role/*" }
    alarm_actions            = ["arn:aws:sns:eu-central-1:111122223333:*"]
    ok_actions               = ["arn:aws:sns:eu-central-1:111122223333:*"]
    role_name                = "broker-*"
    tags                     = { "team*" = "platform" }
  }
  expect_failures = [
    var.function_name, var.code_signing_config_arn, var.ssm_parameter_paths, var.kms_key_arn,
    var.environment_kms_key_arn, var.log_kms_key_arn, var.permissions_boundary_arn, var.role_path, var.invokers,
    var.alarm_actions, var.ok_actions, var.role_name, var.tags,
  ]
}

run "reject_too_small" {
  command = plan
  variables {
    memory_size                    = 127
    timeout                        = 0
    reserved_concurrent_executions = -2
    invokers                       = { caller = "12345678901" } # an account ID has twelve digits
    lambda_artifact                = { lambda_source_s3 = { bucket = "ab", key = "broker.zip" } }
    role_name                      = ""
    tags                           = { "" = "platform" }
    alarm_settings                 = { errors = { threshold = 0 } }
  }
  expect_failures = [
    var.memory_size, var.timeout, var.reserved_concurrent_executions, var.invokers, var.lambda_artifact, var.role_name, var.tags,
    var.alarm_settings,
  ]
}

run "reject_too_large" {
  command = plan
  variables {
    function_name       = "a2345678901234567890123456789012345678901234567890123456789012345"
    memory_size         = 10241
    timeout             = 901
    github_api_base_url = "https://github.example.com:65536"
    ssm_endpoint_url    = "https://github.example.com:65536"
    tags                = { for number in range(49) : "tag${number}" => "" }
    alarm_settings      = { errors = { period = 3540, evaluation_periods = 25 } } # more than a day
  }
  expect_failures = [
    var.function_name, var.memory_size, var.timeout, var.github_api_base_url, var.ssm_endpoint_url, var.tags, var.alarm_settings,
  ]
}

run "reject_fractions" {
  command = plan
  variables {
    memory_size                    = 128.5
    timeout                        = 1.5
    reserved_concurrent_executions = 1.5
    alarm_settings                 = { errors = { evaluation_periods = 1.5 } }
  }
  expect_failures = [var.memory_size, var.timeout, var.reserved_concurrent_executions, var.alarm_settings]
}

run "reject_misspelled_members" {
  command = plan
  variables {
    lambda_artifact = { lambda_source_s3 = { bucket = "artifacts", key = "broker.zip", objectversion = "3HL4kqtJvjVBH40Nrjfkd" } }
    permissions     = { pull-requests = "write" }
    tags            = { "AWS:team" = "platform" }
    alarm_settings  = { error = { threshold = 2 } }
  }
  expect_failures = [var.lambda_artifact, var.permissions, var.tags, var.alarm_settings]
}

run "reject_misspelled_settings" {
  command = plan
  variables {
    permissions         = { contents = "Read" }
    ssm_parameter_paths = { client_id = "/a//id", installation_id = "/a/installation", private_key = "/a/key" }
    github_api_base_url = "https://github.com"
    tags                = { team = "platform", Team = "platform" }
    alarm_settings      = { errors = { treshold = 2 } }
  }
  expect_failures = [var.permissions, var.ssm_parameter_paths, var.github_api_base_url, var.tags, var.alarm_settings]
}

run "reject_display_names" {
  command = plan
  variables {
    permissions         = { "Pull requests" = "write" }
    ssm_parameter_paths = { client_id = "/a/id", installation_id = "/a/id", private_key = "/a/key" }
    github_api_base_url = "https://My-Company.ghe.com/api/v3"
    lambda_artifact     = { lambda_source_s3 = "s3://artifacts/broker.zip" }
    tags                = { team = null }
    alarm_settings      = { errors = { period = 90 } }
  }
  expect_failures = [
    var.permissions, var.ssm_parameter_paths, var.github_api_base_url, var.lambda_artifact, var.tags, var.alarm_settings,
  ]
}

run "reject_trailing_slashes" {
  command = plan
  variables {
    permissions         = { contents = "none" }
    ssm_parameter_paths = { client_id = "/a/id/", installation_id = "/a/installation", private_key = "/a/key" }
    github_api_base_url = "https://www.github.com/"
    lambda_artifact     = { lambda_source_s3 = { bucket = "artifacts.", key = "broker.zip" } }
  }
  expect_failures = [var.permissions, var.ssm_parameter_paths, var.github_api_base_url, var.lambda_artifact]
}

run "reject_relative_paths" {
  command = plan
  variables {
    ssm_parameter_paths = { client_id = "a/b", installation_id = "/ok/installation_id", private_key = "/ok/private_key" }
    github_api_base_url = "api.github.com"
    ssm_endpoint_url    = "api.github.com"
    role_path           = "brokers"
    lambda_artifact     = { lambda_source_s3 = { bucket = "abc", key = "b", source_code_hash = "1n4IreboI8Bjr/sA/qla2r/6dc8aZg2PzqMiPWjo5E0==" } } # too long
  }
  expect_failures = [
    var.ssm_parameter_paths, var.github_api_base_url, var.ssm_endpoint_url, var.role_path, var.lambda_artifact,
  ]
}

run "reject_folders" {
  command = plan
  variables {
    lambda_artifact  = { lambda_source_s3 = { bucket = "artifacts/brokers", key = "broker.zip" } }
    role_name        = "brokers/broker"
    repository_owner = "my/org"
    repository_name  = "my/org"
    ca_bundle        = { layer_arn = "arn:aws:lambda:eu-central-1:111122223333:layer:ca:1", path = "/etc/ca.pem" }
  }
  expect_failures = [var.lambda_artifact, var.role_name, var.repository_owner, var.repository_name, var.ca_bundle]
}

run "reject_parent_folders" {
  command = plan
  variables {
    lambda_artifact    = { release_version = "v1.0.0-../.." }
    release_repository = "../github-token-broker"
    repository_owner   = ".."
    repository_name    = ".."
    ca_bundle          = { layer_arn = "arn:aws:lambda:eu-central-1:111122223333:layer:ca:1", path = "/opt/../etc/ca.pem" }
  }
  expect_failures = [
    var.lambda_artifact, var.release_repository, var.repository_owner, var.repository_name, var.ca_bundle,
  ]
}

run "reject_special_characters" {
  command = plan
  variables {
    lambda_artifact     = { release_version = "v3.0.0", lambda_zip_path = "" } # blank is not unset
    repository_owner    = "."
    repository_name     = "."
    ssm_parameter_paths = { client_id = "/a:3", installation_id = "/ok/installation_id", private_key = "/ok/private_key" }
    github_api_base_url = "https://github.example.com/#a"
    ssm_endpoint_url    = "https://github.example.com/#a"
    invokers            = { caller = "*" }
  }
  expect_failures = [
    var.lambda_artifact, var.repository_owner, var.repository_name, var.ssm_parameter_paths, var.github_api_base_url,
    var.ssm_endpoint_url, var.invokers,
  ]
}

run "reject_other_types" {
  command = plan
  variables {
    lambda_artifact          = { release_version = "latest" }
    architecture             = "arm"
    ssm_parameter_paths      = { client_id = "arn:aws:ssm:eu-central-1:111122223333:parameter/a", installation_id = "/ok/installation_id", private_key = "/ok/private_key" }
    github_api_base_url      = "ftp://localhost"
    ssm_endpoint_url         = "ftp://localhost"
    log_level                = "trace"
    log_retention_days       = 31
    kms_key_arn              = "arn:aws:kms:eu-central-1:111122223333:alias/broker"
    environment_kms_key_arn  = "arn:aws:kms:eu-central-1:111122223333:alias/broker"
    log_kms_key_arn          = "arn:aws:kms:eu-central-1:111122223333:alias/broker"
    permissions_boundary_arn = "arn:aws:iam::111122223333:role/broker"
    vpc_config               = { subnet_ids = ["private-a"], security_group_ids = ["sg-0a"] }
    https_proxy              = "socks5://proxy.example.com"
    invokers                 = { caller = "arn:aws:iam::123456789012:user/me" }
    alarm_actions            = ["on-call"]
    enable_alarms            = true
    alarm_error_types        = ["GrantMissmatch"]
  }
  expect_failures = [
    var.lambda_artifact, var.architecture, var.ssm_parameter_paths, var.github_api_base_url, var.ssm_endpoint_url,
    var.log_level, var.log_retention_days, var.kms_key_arn, var.environment_kms_key_arn, var.log_kms_key_arn,
    var.permissions_boundary_arn, var.vpc_config, var.https_proxy, var.invokers, var.alarm_actions,
    var.alarm_error_types,
  ]
}

run "reject_unencrypted_urls_and_services" {
  command = plan
  variables {
    lambda_artifact     = { release_version = "v3.0.0", lambda_source_s3 = { bucket = "a", key = "b" } } # two sources
    permissions         = { contents = null }
    ssm_parameter_paths = { client_id = "/ok/client_id", installation_id = "/ok/installation_id", private_key = "/a\n" }
    github_api_base_url = "http://github.example.com"
    ssm_endpoint_url    = "http://github.example.com"
    vpc_config          = { subnet_ids = ["subnet-0a"], security_group_ids = ["default"] }
    invokers            = { caller = "events.amazonaws.com" }
  }
  expect_failures = [
    var.lambda_artifact, var.permissions, var.ssm_parameter_paths, var.github_api_base_url, var.ssm_endpoint_url,
    var.vpc_config, var.invokers,
  ]
}

run "reject_user_info_and_sessions" {
  command = plan
  variables {
    lambda_artifact     = { lambda_source_s3 = { bucket = "abc", key = "b", source_code_hash = "d67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d" } } # not base64
    github_api_base_url = "https://user@github.example.com"
    ssm_endpoint_url    = "https://user@github.example.com"
    invokers            = { caller = "arn:aws:sts::123456789012:assumed-role/ci/session" }
  }
  expect_failures = [var.lambda_artifact, var.github_api_base_url, var.ssm_endpoint_url, var.invokers]
}

run "reject_queries_and_organisations" {
  command = plan
  variables {
    github_api_base_url = "https://github.example.com/?a=b"
    ssm_endpoint_url    = "https://github.example.com/?a=b"
    invokers            = { caller = "o-a1b2c3d4e5" }
    lambda_artifact     = { lambda_source_s3 = { bucket = "abc", key = "b", source_code_hash = "1n4IreboI8Bjr/sA/qla2r/6dc8aZg2PzqMiPWjo5E=" } } # too short
    alarm_settings      = { errors = { period = 3600, evaluation_periods = 169 } }                                                               # more than a week
  }
  expect_failures = [var.github_api_base_url, var.ssm_endpoint_url, var.invokers, var.lambda_artifact, var.alarm_settings]
}

run "reject_account_root" {
  command = plan
  variables { invokers = { caller = "arn:aws:iam::123456789012:root" } }
  expect_failures = [var.invokers]
}

run "reject_alarm_actions_without_alarms" {
  command = plan
  variables { alarm_actions = ["arn:aws:sns:eu-central-1:111122223333:on-call"] }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_ok_actions_without_alarms" {
  command = plan
  variables { ok_actions = ["arn:aws:sns:eu-central-1:111122223333:on-call"] }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_absent_zip" {
  command = plan
  variables { lambda_artifact = { lambda_zip_path = "./tests/fixtures/absent.zip" } }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_folder_as_zip" {
  command = plan
  variables { lambda_artifact = { lambda_zip_path = "./tests/fixtures" } }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_key_of_another_region" {
  command = plan
  variables { kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_log_key_of_another_region" {
  command = plan
  variables { log_kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_environment_key_of_another_region" {
  command = plan
  variables { environment_kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_code_signing_of_another_region" {
  command = plan
  variables { code_signing_config_arn = "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0" }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_layer_of_another_region" {
  command = plan
  variables { ca_bundle = { layer_arn = "arn:aws:lambda:us-east-1:111122223333:layer:ca:1", path = "/opt/ca.pem" } }
  expect_failures = [aws_lambda_function.broker]
}

run "reject_too_many_invokers" {
  command = plan
  variables { invokers = { for number in range(100) : "invoker-${number}" => "arn:aws:iam::123456789012:role/invoker-${number}" } }
  expect_failures = [aws_lambda_function.broker]
}
