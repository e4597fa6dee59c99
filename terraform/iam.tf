# What the function may do: read three parameters, write its own logs, and nothing else.

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
      # Any of the three may be a SecureString. SSM alone may use the key, and for these parameters alone:
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

  # Lambda itself makes and deletes the network interfaces, with this role, while the function does not run. The
  # function's own code has lambda:SourceFunctionArn in its requests, and may not:
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

  # A role cannot be moved, only replaced, and a new role does not have what others granted to the old one. So a changed
  # path says what to do instead of doing it. The new role is made first, as aws_iam_role_policy.network requires, so it
  # needs another name.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [path]

    postcondition {
      condition     = coalesce(self.path, "/") == var.role_path
      error_message = "The role exists, and its path is not role_path. To replace the role, set another role_name as well."
    }
  }
}

resource "aws_iam_role_policy" "lambda" {
  name   = "${var.function_name}-policy"
  role   = aws_iam_role.lambda.id
  policy = jsonencode(local.policy)

  # A changed role_name makes another role. The function needs this policy until it has that role, and keeps its role when
  # the apply fails before.
  lifecycle {
    create_before_destroy = true
  }
}

# A policy of its own, so that it is destroyed after the function has left the VPC: without create_before_destroy Terraform
# destroys a dependency first and updates what depended on it afterwards.
resource "aws_iam_role_policy" "network" {
  #checkov:skip=CKV_AWS_290:EC2 ties these actions to no resource that exists beforehand, and the code itself is denied them
  count = var.vpc_config != null || var.keep_network_permissions ? 1 : 0

  name   = "${var.function_name}-network"
  role   = aws_iam_role.lambda.id
  policy = jsonencode(local.network_policy)

  lifecycle {
    create_before_destroy = true
  }
}
