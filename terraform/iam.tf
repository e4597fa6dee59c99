# The function's permissions: to read three parameters and to write its own logs.

locals {
  parameter_arns = [
    for path in [
      var.ssm_parameter_paths.client_id,
      var.ssm_parameter_paths.installation_id,
      var.ssm_parameter_paths.private_key,
    ] : "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter${path}"
  ]

  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${var.function_name}"

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
  network_interface_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  policy = {
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "ReadGitHubAppParameters"
        Effect   = "Allow"
        Action   = "ssm:GetParameters"
        Resource = local.parameter_arns
      }],
      # Any of the three may be a SecureString. The key can be used only through SSM and only for these parameters:
      # https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
      [for key in var.kms_key_arn == null ? [] : [var.kms_key_arn] : {
        Sid      = "DecryptGitHubAppParameters"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = key
        Condition = {
          StringEquals = {
            "kms:ViaService"                      = "ssm.${local.region}.amazonaws.com"
            "kms:EncryptionContext:PARAMETER_ARN" = local.parameter_arns
          }
        }
      }],
      [{
        Sid      = "WriteLambdaLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.log_group_arn}:*"
      }],
    )
  }

  # Lambda itself creates and deletes the network interfaces, with this role. Requests of the function's own code have
  # lambda:SourceFunctionArn and are denied:
  # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
  network_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ManageNetworkInterfaces"
        Effect   = "Allow"
        Action   = local.network_interface_actions
        Resource = "*"
      },
      {
        Sid      = "DenyNetworkInterfacesToFunctionCode"
        Effect   = "Deny"
        Action   = local.network_interface_actions
        Resource = "*"
        Condition = {
          ArnEquals = {
            "lambda:SourceFunctionArn" = local.function_arn
          }
        }
      },
    ]
  }
}

resource "aws_iam_role" "lambda" {
  name                 = coalesce(var.role_name, var.function_name)
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })

  # A role's path cannot be changed, and a new role does not have the permissions that others granted to the old one. So a
  # changed path is an error with a remedy, and replaces nothing. aws_iam_role_policy.network requires create_before_destroy,
  # so a new role needs another name.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [path]

    postcondition {
      condition     = coalesce(self.path, "/") == var.role_path
      error_message = "The role exists with another path than role_path. To replace the role, change role_name, too."
    }
  }
}

resource "aws_iam_role_policy" "lambda" {
  name   = "${var.function_name}-policy"
  role   = aws_iam_role.lambda.id
  policy = jsonencode(local.policy)

  # A changed role_name creates a new role. The function needs this policy of the old role until it has the new one, also
  # when the apply fails before that.
  lifecycle {
    create_before_destroy = true
  }
}

# A separate policy, so that it is destroyed after the function has left the VPC. Without create_before_destroy, Terraform
# would destroy the policy before it updates the function, which depends on it.
resource "aws_iam_role_policy" "network" {
  #checkov:skip=CKV_AWS_290:the network interfaces do not exist yet, so no ARN can be given; the function's code is denied these actions
  count = var.vpc_config != null || var.keep_network_permissions ? 1 : 0

  name   = "${var.function_name}-network"
  role   = aws_iam_role.lambda.id
  policy = jsonencode(local.network_policy)

  lifecycle {
    create_before_destroy = true
  }
}
