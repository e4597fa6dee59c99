# Plans every example without changes, with a mocked account. with-ssm-write-only has its own file, because it needs a newer
# Terraform and provider than the module.

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

  # The inputs' validations and the real provider check the form of these.
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/mocked" }
  }

  mock_resource "aws_security_group" {
    defaults = { id = "sg-0c" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:111122223333:function:mocked" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
  }
}

run "basic" {
  command = plan
  module { source = "./examples/basic" }
}

run "fleet" {
  command = plan
  module { source = "./examples/fleet" }
}

run "github_actions" {
  command = plan
  module { source = "./examples/github-actions" }
}

run "github_enterprise_server" {
  command = plan
  module { source = "./examples/github-enterprise-server" }
}

run "with_ssm_bootstrap" {
  command = plan
  module { source = "./examples/with-ssm-bootstrap" }
}
