# The effect of each optional input.

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

run "own_values" {
  command = plan

  variables {
    permissions         = { issues = "write", contents = "read" }
    github_api_base_url = "https://github.example.com/api/v3/"
    log_level           = "Debug"
    memory_size         = 256
    timeout             = 20
    log_retention_days  = 0
    ssm_parameter_paths = {
      client_id       = "/a/id"
      installation_id = "/a/installation"
      private_key     = "/a/key"
    }
    reserved_concurrent_executions = 0
    permissions_boundary_arn       = "arn:aws:iam::111122223333:policy/bounds/broker"
    role_name                      = "broker+eu@example.com"
    role_path                      = "/brokers/"
    log_kms_key_arn                = "arn:aws:kms:eu-central-1:111122223333:key/logs"
    environment_kms_key_arn        = "arn:aws:kms:eu-central-1:111122223333:key/mrk-environment"
    code_signing_config_arn        = "arn:aws:lambda:eu-central-1:111122223333:code-signing-config:csc-0123456789abcdef0"
  }

  assert {
    condition = aws_lambda_function.broker.environment[0].variables == tomap({
      GITHUB_TOKEN_BROKER_REPOSITORY_OWNER      = "my-org"
      GITHUB_TOKEN_BROKER_REPOSITORY_NAME       = "my-repo"
      GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM       = "/a/id"
      GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM = "/a/installation"
      GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM     = "/a/key"
      GITHUB_TOKEN_BROKER_PERMISSIONS           = "{\"contents\":\"read\",\"issues\":\"write\"}"
      GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL   = "https://github.example.com/api/v3/"
      GITHUB_TOKEN_BROKER_LOG_LEVEL             = "Debug"
    })
    error_message = "The environment is wrong."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.broker.memory_size == 256,
      aws_lambda_function.broker.timeout == 20,
      aws_lambda_function.broker.reserved_concurrent_executions == 0,
      aws_lambda_function.broker.kms_key_arn == "arn:aws:kms:eu-central-1:111122223333:key/mrk-environment",
      aws_lambda_function.broker.code_signing_config_arn == "arn:aws:lambda:eu-central-1:111122223333:code-signing-config:csc-0123456789abcdef0",
      aws_iam_role.lambda.permissions_boundary == "arn:aws:iam::111122223333:policy/bounds/broker",
      aws_iam_role.lambda.name == "broker+eu@example.com",
      aws_iam_role.lambda.path == "/brokers/",
      output.role_name == "broker+eu@example.com",
      aws_cloudwatch_log_group.lambda.skip_destroy,
      aws_cloudwatch_log_group.lambda.retention_in_days == null,
      aws_cloudwatch_log_group.lambda.kms_key_id == "arn:aws:kms:eu-central-1:111122223333:key/logs",
    ])
    error_message = "An input has no effect or the wrong one."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda.policy).Statement[0].Resource == [
      "arn:aws:ssm:eu-central-1:111122223333:parameter/a/id",
      "arn:aws:ssm:eu-central-1:111122223333:parameter/a/installation",
      "arn:aws:ssm:eu-central-1:111122223333:parameter/a/key",
    ]
    error_message = "The parameters' ARNs are wrong."
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.lambda.policy).Statement) == 2
    error_message = "The key of the logs or of the environment adds a permission to the role."
  }
}

run "keep_logs_on_destroy" {
  command = plan

  variables {
    log_retention_days       = 0
    keep_logs_on_destroy     = false
    permissions              = { contents = "read", organization_hooks = "admin" }
    lambda_artifact          = { lambda_source_s3 = { bucket = "Artifacts_of.2017-a", key = "broker.zip", object_version = null } }
    tags                     = { "Größe der Kühltruhe" = "", (join("", [for i in range(128) : "k"])) = join("", [for i in range(256) : "v"]) }
    github_api_base_url      = "https://api.my-company.ghe.com"
    keep_network_permissions = true
  }

  assert {
    condition     = !aws_cloudwatch_log_group.lambda.skip_destroy
    error_message = "keep_logs_on_destroy has no effect."
  }

  assert {
    condition     = length(aws_iam_role_policy.network) == 1
    error_message = "keep_network_permissions has no effect."
  }
}

run "blank_base_url_is_the_default" {
  command = plan

  variables {
    github_api_base_url = ""
  }

  assert {
    condition     = aws_lambda_function.broker.environment[0].variables["GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL"] == "https://api.github.com"
    error_message = "A blank base URL is not the default."
  }
}

run "tags_override_the_modules_tags" {
  command = plan

  variables {
    enable_alarms = true
    tags = {
      team                             = "platform"
      "github-token-broker:managed-by" = "us"
    }
  }

  assert {
    condition = alltrue([
      for tags in concat(
        [aws_lambda_function.broker.tags, aws_iam_role.lambda.tags, aws_cloudwatch_log_group.lambda.tags],
        [for alarm in aws_cloudwatch_metric_alarm.function : alarm.tags],
        [for alarm in aws_cloudwatch_metric_alarm.error_type : alarm.tags],
      ) :
      tags == tomap({
        team                             = "platform"
        "github-token-broker:managed-by" = "us"
        "github-token-broker:module"     = "meigma/github-token-broker"
      })
    ])
    error_message = "The tags are wrong."
  }
}

run "customer_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid    = "ReadGitHubAppParameters"
          Effect = "Allow"
          Action = "ssm:GetParameters"
          Resource = [
            "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/client-id",
            "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/installation-id",
            "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/private-key-pem",
          ]
        },
        {
          Sid      = "DecryptGitHubAppParameters"
          Effect   = "Allow"
          Action   = "kms:Decrypt"
          Resource = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
          Condition = {
            StringEquals = {
              "kms:ViaService" = "ssm.eu-central-1.amazonaws.com"
              "kms:EncryptionContext:PARAMETER_ARN" = [
                "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/client-id",
                "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/installation-id",
                "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/private-key-pem",
              ]
            }
          }
        },
        {
          Sid      = "WriteLambdaLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/broker:*"
        },
      ]
    }
    error_message = "The role's policy is wrong."
  }
}

run "network" {
  command = plan

  variables {
    vpc_config = {
      subnet_ids         = ["subnet-0a", "subnet-0b"]
      security_group_ids = ["sg-0c"]
    }
    ca_bundle = {
      layer_arn = "arn:aws:lambda:eu-central-1:111122223333:layer:company-ca:7"
      path      = "/opt/ca-bundle.pem"
    }
    https_proxy      = "http://proxy.example.com:3128"
    no_proxy         = "github.example.com,10.0.0.0/8"
    ssm_endpoint_url = "https://vpce-0a.ssm.eu-central-1.vpce.amazonaws.com"
  }

  assert {
    condition = alltrue([
      length(aws_lambda_function.broker.vpc_config) == 1,
      aws_lambda_function.broker.vpc_config[0].subnet_ids == toset(["subnet-0a", "subnet-0b"]),
      aws_lambda_function.broker.vpc_config[0].security_group_ids == toset(["sg-0c"]),
      aws_lambda_function.broker.layers == tolist(["arn:aws:lambda:eu-central-1:111122223333:layer:company-ca:7"]),
    ])
    error_message = "The function's network or layer is wrong."
  }

  assert {
    condition = { for name, value in aws_lambda_function.broker.environment[0].variables : name => value if !startswith(name, "GITHUB_TOKEN_BROKER_") } == {
      SSL_CERT_FILE        = "/opt/ca-bundle.pem"
      HTTPS_PROXY          = "http://proxy.example.com:3128"
      NO_PROXY             = "github.example.com,10.0.0.0/8"
      AWS_ENDPOINT_URL_SSM = "https://vpce-0a.ssm.eu-central-1.vpce.amazonaws.com"
    }
    error_message = "The environment is wrong."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.lambda.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid    = "ReadGitHubAppParameters"
          Effect = "Allow"
          Action = "ssm:GetParameters"
          Resource = [
            "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/client-id",
            "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/installation-id",
            "arn:aws:ssm:eu-central-1:111122223333:parameter/github-token-broker/app/private-key-pem",
          ]
        },
        {
          Sid      = "WriteLambdaLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/broker:*"
        },
      ]
    }
    error_message = "The network changes the role's other policy."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.network[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid    = "ManageNetworkInterfaces"
          Effect = "Allow"
          Action = [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
          ]
          Resource = "*"
        },
        {
          Sid    = "DenyNetworkInterfacesToFunctionCode"
          Effect = "Deny"
          Action = [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
          ]
          Resource = "*"
          Condition = {
            ArnEquals = {
              "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:111122223333:function:broker"
            }
          }
        },
      ]
    }
    error_message = "The role's policy is wrong."
  }
}

run "alarms" {
  command = plan

  variables {
    enable_alarms     = true
    alarm_actions     = ["arn:aws:sns:eu-central-1:111122223333:on-call"]
    ok_actions        = ["arn:aws:sns:eu-central-1:111122223333:all-clear"]
    alarm_error_types = ["PrivateKeyInvalid", "GrantMismatch"]
    timeout           = 30
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.function : name => [
      alarm.alarm_name, alarm.namespace, alarm.metric_name, alarm.statistic, alarm.threshold, alarm.dimensions["FunctionName"],
      ] } == {
      errors    = ["broker-errors", "AWS/Lambda", "Errors", "Sum", 1, "broker"]
      throttles = ["broker-throttles", "AWS/Lambda", "Throttles", "Sum", 1, "broker"]
      duration  = ["broker-duration", "AWS/Lambda", "Duration", "Maximum", 21000, "broker"]
    }
    error_message = "The alarms on the function's own metrics are wrong."
  }

  assert {
    condition = { for name, filter in aws_cloudwatch_log_metric_filter.error_type : name => [
      filter.name, filter.log_group_name, filter.pattern,
      filter.metric_transformation[0].namespace, filter.metric_transformation[0].name, filter.metric_transformation[0].value,
      ] } == {
      error-types = [
        "broker-error-types", "/aws/lambda/broker", "{ ($.error_type = \"GrantMismatch\") || ($.error_type = \"PrivateKeyInvalid\") }",
        "github-token-broker", "broker-error-types", "1",
      ]
    }
    error_message = "The metric filter is wrong."
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.error_type : name => [
      alarm.alarm_name, alarm.namespace, alarm.metric_name, alarm.statistic, alarm.threshold,
      ] } == {
      error-types = ["broker-error-types", "github-token-broker", "broker-error-types", "Sum", 1]
    }
    error_message = "The alarm on error types is wrong."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.function), values(aws_cloudwatch_metric_alarm.error_type)) : alltrue([
        alarm.comparison_operator == "GreaterThanOrEqualToThreshold",
        alarm.period == 300,
        alarm.evaluation_periods == 1,
        alarm.treat_missing_data == "notBreaching",
        alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:111122223333:on-call"]),
        alarm.ok_actions == toset(["arn:aws:sns:eu-central-1:111122223333:all-clear"]),
      ])
    ])
    error_message = "An alarm is raised without data or has no action."
  }

  assert {
    condition = { for name, alarm in merge(aws_cloudwatch_metric_alarm.function, aws_cloudwatch_metric_alarm.error_type) : name => regex("https:.*", alarm.alarm_description) } == {
      errors      = "https://github-token-broker.meigma.dev/reference/errors.html"
      throttles   = "https://github-token-broker.meigma.dev/how-to/alarms.html#the-alarms"
      duration    = "https://github-token-broker.meigma.dev/reference/errors.html#deadlineexceeded"
      error-types = "https://github-token-broker.meigma.dev/reference/errors.html"
    }
    error_message = "An alarm's description does not link to its page."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.function["errors"].alarm_description, "payload was refused")
    error_message = "The description of the alarm on errors does not mention refused payloads."
  }
}

run "alarm_settings" {
  command = plan

  variables {
    enable_alarms = true
    timeout       = 30
    alarm_settings = {
      errors      = { threshold = 5, period = 3600, evaluation_periods = 168 }
      duration    = { period = 60 }
      error_types = { threshold = 2 }
    }
  }

  assert {
    condition = { for name, alarm in merge(aws_cloudwatch_metric_alarm.function, aws_cloudwatch_metric_alarm.error_type) : name => [
      alarm.threshold, alarm.period, alarm.evaluation_periods,
      ] } == {
      errors      = [5, 3600, 168]
      throttles   = [1, 300, 1]
      duration    = [21000, 60, 1]
      error-types = [2, 300, 1]
    }
    error_message = "alarm_settings has no effect or the wrong one."
  }
}

run "one_alarm_per_error_type" {
  command = plan

  variables {
    enable_alarms        = true
    alarm_per_error_type = true
    alarm_error_types    = ["GrantMismatch", "PrivateKeyInvalid"]
  }

  assert {
    condition = { for name, filter in aws_cloudwatch_log_metric_filter.error_type : name => [filter.name, filter.pattern, filter.metric_transformation[0].name] } == {
      GrantMismatch     = ["broker-GrantMismatch", "{ ($.error_type = \"GrantMismatch\") }", "broker-GrantMismatch"]
      PrivateKeyInvalid = ["broker-PrivateKeyInvalid", "{ ($.error_type = \"PrivateKeyInvalid\") }", "broker-PrivateKeyInvalid"]
    }
    error_message = "The metric filters are wrong."
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.error_type : name => [alarm.alarm_name, alarm.metric_name] } == {
      GrantMismatch     = ["broker-GrantMismatch", "broker-GrantMismatch"]
      PrivateKeyInvalid = ["broker-PrivateKeyInvalid", "broker-PrivateKeyInvalid"]
    }
    error_message = "The alarms are wrong."
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.error_type : name => regex("https:.*", alarm.alarm_description) } == {
      GrantMismatch     = "https://github-token-broker.meigma.dev/reference/errors.html#grantmismatch"
      PrivateKeyInvalid = "https://github-token-broker.meigma.dev/reference/errors.html#privatekeyinvalid"
    }
    error_message = "An alarm's description does not link to its error."
  }
}

run "no_error_types_no_alarm" {
  command = plan

  variables {
    enable_alarms     = true
    alarm_error_types = []
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.error_type) + length(aws_cloudwatch_log_metric_filter.error_type) == 0
    error_message = "There is an alarm without an error type."
  }
}

run "all_error_types_fit_in_one_pattern" {
  command = plan

  variables {
    enable_alarms = true
    alarm_error_types = [
      "ConfigurationInvalid", "DeadlineExceeded", "GitHubRateLimited", "GitHubRefused", "GitHubRejectedApp",
      "GitHubResponseInvalid", "GitHubUnavailable", "GrantMismatch", "InstallationMismatch", "InstallationSuspended",
      "InternalError", "InvocationInputRejected", "ParameterInvalid", "ParametersMissing", "ParametersUnreadable",
      "PermissionsNotGranted", "PrivateKeyInvalid", "RepositoryNotInstalled",
    ]
  }

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
  assert {
    condition     = length(aws_cloudwatch_log_metric_filter.error_type["error-types"].pattern) <= 1024
    error_message = "CloudWatch Logs refuses the pattern."
  }

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.error_type["error-types"].alarm_description) <= 1024
    error_message = "CloudWatch refuses the description."
  }
}

run "default_alarm_error_types" {
  command = plan

  variables {
    enable_alarms = true
  }

  assert {
    condition = flatten(regexall("\"(\\w+)\"", aws_cloudwatch_log_metric_filter.error_type["error-types"].pattern)) == [
      "ConfigurationInvalid", "GitHubRefused", "GitHubRejectedApp", "GitHubResponseInvalid", "GrantMismatch",
      "InstallationMismatch", "InstallationSuspended", "InternalError", "ParameterInvalid", "ParametersMissing",
      "ParametersUnreadable", "PermissionsNotGranted", "PrivateKeyInvalid", "RepositoryNotInstalled",
    ]
    error_message = "The error types that raise the alarm are not those that need an operator."
  }
}

# Applies, because the partition is that of the function's ARN.
run "invokers" {
  variables {
    lambda_artifact = { lambda_zip_path = "./tests/fixtures/first.zip" }
    invokers = {
      ci    = "arn:aws:iam::999988887777:role/ci/deployer"
      tools = "123456789012"
    }
  }

  assert {
    condition = { for name, permission in aws_lambda_permission.invoker : name => [
      permission.statement_id, permission.action, permission.function_name, permission.principal,
      ] } == {
      ci    = ["ci", "lambda:InvokeFunction", "broker", "arn:aws:iam::999988887777:role/ci/deployer"]
      tools = ["tools", "lambda:InvokeFunction", "broker", "arn:aws:iam::123456789012:root"]
    }
    error_message = "The permissions are wrong."
  }

  assert {
    condition = alltrue([
      for permission in aws_lambda_permission.invoker :
      alltrue([permission.qualifier == null, permission.principal_org_id == null, permission.source_arn == null])
    ])
    error_message = "A permission has a condition."
  }
}
