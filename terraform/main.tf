# The function and its log group. Its permissions are in iam.tf, its code in artifact.tf, its callers in invokers.tf and its
# alarms in alarms.tf.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  # Version 6 of the provider has the attribute region and deprecates name; version 5 has only name.
  region = lookup(data.aws_region.current, "region", lookup(data.aws_region.current, "name", null))

  github_api_base_url = var.github_api_base_url == "" ? "https://api.github.com" : var.github_api_base_url

  # Built from its parts, because the role's policy is created before the function.
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.function_name}"

  environment = merge(
    {
      GITHUB_TOKEN_BROKER_REPOSITORY_OWNER      = var.repository_owner
      GITHUB_TOKEN_BROKER_REPOSITORY_NAME       = var.repository_name
      GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM       = var.ssm_parameter_paths.client_id
      GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM = var.ssm_parameter_paths.installation_id
      GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM     = var.ssm_parameter_paths.private_key
      GITHUB_TOKEN_BROKER_PERMISSIONS           = jsonencode(var.permissions)
      GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL   = local.github_api_base_url
      GITHUB_TOKEN_BROKER_LOG_LEVEL             = var.log_level
    },
    var.ca_bundle == null ? {} : { SSL_CERT_FILE = var.ca_bundle.path },
    var.https_proxy == null ? {} : { HTTPS_PROXY = var.https_proxy },
    var.no_proxy == null ? {} : { NO_PROXY = var.no_proxy },
    var.ssm_endpoint_url == null ? {} : { AWS_ENDPOINT_URL_SSM = var.ssm_endpoint_url },
  )

  tags = merge(
    {
      "github-token-broker:managed-by" = "terraform"
      "github-token-broker:module"     = "meigma/github-token-broker"
    },
    var.tags,
  )

  # Inputs with an ARN in another region than the function's.
  arns_elsewhere = [
    for input, arn in {
      "ca_bundle.layer_arn"   = try(var.ca_bundle.layer_arn, null)
      code_signing_config_arn = var.code_signing_config_arn
      environment_kms_key_arn = var.environment_kms_key_arn
      kms_key_arn             = var.kms_key_arn
      log_kms_key_arn         = var.log_kms_key_arn
    } : input if arn == null ? false : split(":", arn)[3] != local.region
  ]
}

resource "aws_cloudwatch_log_group" "lambda" {
  #checkov:skip=CKV_AWS_338:the deployer sets the retention with log_retention_days

  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days == 0 ? null : var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  skip_destroy      = coalesce(var.keep_logs_on_destroy, var.log_retention_days == 0)
  tags              = local.tags
}

resource "aws_lambda_function" "broker" {
  #checkov:skip=CKV_AWS_50:tracing needs permissions and a network path that the broker does not need otherwise
  #checkov:skip=CKV_AWS_116:callers wait for the answer; an asynchronous invocation gives no caller a token

  function_name = var.function_name
  description   = "Short-lived GitHub tokens for ${var.repository_owner}/${var.repository_name}"
  role          = aws_iam_role.lambda.arn
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  architectures = [var.architecture]
  memory_size   = var.memory_size
  timeout       = var.timeout

  filename                = local.zip_path
  s3_bucket               = try(var.lambda_artifact.lambda_source_s3.bucket, null)
  s3_key                  = try(var.lambda_artifact.lambda_source_s3.key, null)
  s3_object_version       = try(var.lambda_artifact.lambda_source_s3.object_version, null)
  source_code_hash        = local.source_code_hash
  code_signing_config_arn = var.code_signing_config_arn

  layers                         = var.ca_bundle == null ? null : [var.ca_bundle.layer_arn]
  kms_key_arn                    = var.environment_kms_key_arn
  reserved_concurrent_executions = var.reserved_concurrent_executions

  environment {
    variables = local.environment
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config == null ? [] : [var.vpc_config]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tags = local.tags

  lifecycle {
    # Not a validation, which Terraform would also check on destroy.
    precondition {
      condition = (
        var.lambda_artifact.lambda_zip_path == null ? true :
        try(fileexists(var.lambda_artifact.lambda_zip_path), false)
      )
      error_message = "lambda_artifact.lambda_zip_path names no file on this machine. A relative path is relative to the folder where terraform runs; a path such as $${path.root}/github-token-broker.zip does not depend on it."
    }

    precondition {
      condition     = length(local.arns_elsewhere) == 0
      error_message = "These inputs have an ARN in another region than the function's, ${local.region}: ${join(", ", local.arns_elsewhere)}. Keys, layers and code signing configurations must be in the function's region."
    }

    precondition {
      condition     = local.resource_policy_size <= 20480
      error_message = "invokers: the function's resource-based policy would have ${local.resource_policy_size} characters, and Lambda allows 20480. Use accounts instead of their roles, or split the callers between two brokers."
    }

    precondition {
      condition     = var.enable_alarms ? true : length(concat(var.alarm_actions, var.ok_actions)) == 0
      error_message = "alarm_actions or ok_actions is set, but there are no alarms: set enable_alarms = true."
    }
  }

  # The log group is created first. Otherwise Lambda creates one that Terraform does not manage and that never expires.
  depends_on = [
    aws_cloudwatch_log_group.lambda,
    aws_iam_role_policy.lambda,
    aws_iam_role_policy.network,
  ]
}

# The provider plans no change when an existing function without a VPC gets subnets and security groups whose IDs are all
# unknown.
check "network" {
  assert {
    condition     = var.vpc_config == null ? true : length(aws_lambda_function.broker.vpc_config) == 1
    error_message = "The function ${var.function_name} is not in the network of vpc_config yet. Apply again: the AWS provider plans to move an existing function only when the IDs of its subnets or of its security groups are known."
  }
}

# Lambda discards the answer of an asynchronous invocation, so no caller gets the token. There are no retries, and no
# destination, which would store tokens.
resource "aws_lambda_function_event_invoke_config" "broker" {
  function_name                = aws_lambda_function.broker.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60

  # Lambda deletes the settings with the function, whose name does not change.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.broker.arn]
  }
}
