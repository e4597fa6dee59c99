# The resources when only the required inputs are set.

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

run "function" {
  command = plan

  assert {
    condition = aws_lambda_function.broker.environment[0].variables == tomap({
      GITHUB_TOKEN_BROKER_REPOSITORY_OWNER      = "my-org"
      GITHUB_TOKEN_BROKER_REPOSITORY_NAME       = "my-repo"
      GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM       = "/github-token-broker/app/client-id"
      GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM = "/github-token-broker/app/installation-id"
      GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM     = "/github-token-broker/app/private-key-pem"
      GITHUB_TOKEN_BROKER_PERMISSIONS           = "{\"contents\":\"read\"}"
      GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL   = "https://api.github.com"
      GITHUB_TOKEN_BROKER_LOG_LEVEL             = "info"
    })
    error_message = "The environment is wrong."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.broker.function_name == "broker",
      aws_lambda_function.broker.runtime == "provided.al2023",
      aws_lambda_function.broker.handler == "bootstrap",
      aws_lambda_function.broker.architectures == tolist(["arm64"]),
      aws_lambda_function.broker.memory_size == 128,
      aws_lambda_function.broker.timeout == 10,
      aws_lambda_function.broker.layers == null,
      length(aws_lambda_function.broker.vpc_config) == 0,
      length(aws_lambda_function.broker.dead_letter_config) == 0,
      aws_lambda_function.broker.reserved_concurrent_executions == null,
      aws_lambda_function.broker.kms_key_arn == null,
      aws_lambda_function.broker.code_signing_config_arn == null,
      aws_lambda_function.broker.s3_bucket == null,
    ])
    error_message = "The function is wrong."
  }

  assert {
    condition = alltrue([
      aws_lambda_function_event_invoke_config.broker.function_name == "broker",
      aws_lambda_function_event_invoke_config.broker.maximum_retry_attempts == 0,
      aws_lambda_function_event_invoke_config.broker.maximum_event_age_in_seconds == 60,
      length(aws_lambda_function_event_invoke_config.broker.destination_config) == 0,
    ])
    error_message = "Asynchronous invocations are retried, kept or have a destination."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_log_group.lambda.name == "/aws/lambda/broker",
      aws_cloudwatch_log_group.lambda.retention_in_days == 30,
      aws_cloudwatch_log_group.lambda.kms_key_id == null,
      !aws_cloudwatch_log_group.lambda.skip_destroy,
    ])
    error_message = "The log group is wrong."
  }

  assert {
    condition = alltrue([
      for tags in [aws_lambda_function.broker.tags, aws_iam_role.lambda.tags, aws_cloudwatch_log_group.lambda.tags] :
      tags == tomap({
        "github-token-broker:managed-by" = "terraform"
        "github-token-broker:module"     = "meigma/github-token-broker"
      })
    ])
    error_message = "The tags are wrong."
  }

  assert {
    condition = alltrue([
      length(aws_lambda_permission.invoker) == 0,
      length(aws_cloudwatch_metric_alarm.function) == 0,
      length(aws_cloudwatch_metric_alarm.error_type) == 0,
      length(aws_cloudwatch_log_metric_filter.error_type) == 0,
    ])
    error_message = "There is an invoke permission or an alarm by default."
  }

  assert {
    condition = alltrue([
      output.function_name == "broker",
      output.role_name == "broker",
      output.log_group_name == "/aws/lambda/broker",
      terraform_data.deployed_version.input == "v3.0.0",
    ])
    error_message = "An output is wrong."
  }

  assert {
    condition = jsondecode(output.caller_policy_json) == {
      Version = "2012-10-17"
      Statement = [{
        Sid      = "InvokeGitHubTokenBroker"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = "arn:aws:lambda:eu-central-1:111122223333:function:broker"
      }]
    }
    error_message = "The callers' policy is wrong."
  }
}

run "role" {
  command = plan

  assert {
    condition = alltrue([
      aws_iam_role.lambda.name == "broker",
      aws_iam_role.lambda.path == "/",
      aws_iam_role.lambda.permissions_boundary == null,
      aws_iam_role_policy.lambda.name == "broker-policy",
      length(aws_iam_role_policy.network) == 0,
    ])
    error_message = "The role is wrong."
  }

  assert {
    condition = jsondecode(aws_iam_role.lambda.assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      }]
    }
    error_message = "A principal other than Lambda can assume the role."
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
    error_message = "The role's policy is wrong."
  }
}

run "arns_follow_partition_and_region" {
  command = plan

  providers = {
    aws = aws.gov
  }

  variables {
    kms_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition = alltrue([
      jsondecode(aws_iam_role_policy.lambda.policy).Statement[0].Resource[0] == "arn:aws-us-gov:ssm:us-gov-west-1:444455556666:parameter/github-token-broker/app/client-id",
      jsondecode(aws_iam_role_policy.lambda.policy).Statement[1].Condition.StringEquals["kms:ViaService"] == "ssm.us-gov-west-1.amazonaws.com",
      jsondecode(aws_iam_role_policy.lambda.policy).Statement[2].Resource == "arn:aws-us-gov:logs:us-gov-west-1:444455556666:log-group:/aws/lambda/broker:*",
      jsondecode(output.caller_policy_json).Statement[0].Resource == "arn:aws-us-gov:lambda:us-gov-west-1:444455556666:function:broker",
    ])
    error_message = "An ARN does not follow partition, region or account."
  }
}

mock_provider "aws" {
  alias = "gov"

  mock_data "aws_caller_identity" {
    defaults = { account_id = "444455556666" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws-us-gov" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-gov-west-1", region = "us-gov-west-1" }
  }

  # The real provider checks the form of ARNs that are arguments of other resources.
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws-us-gov:iam::444455556666:role/mocked" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws-us-gov:logs:us-gov-west-1:444455556666:log-group:/aws/lambda/mocked" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:444455556666:function:mocked" }
  }
}
