# The same broker in two regions of one account.

locals {
  release = "v3.0.0" # x-release-please-version
}

module "broker" {
  # Outside this repository: source = "github.com/meigma/github-token-broker//terraform?ref=v3.0.0" # x-release-please-version
  source = "../.."

  function_name    = "github-token-broker-my-repo"
  repository_owner = "my-org"
  repository_name  = "my-repo"

  lambda_artifact = {
    release_version = local.release
  }
}

module "broker_ireland" {
  # Outside this repository: source = "github.com/meigma/github-token-broker//terraform?ref=v3.0.0" # x-release-please-version
  source    = "../.."
  providers = { aws = aws.ireland }

  function_name    = "github-token-broker-my-repo"
  role_name        = "github-token-broker-my-repo-ireland" # a role name is unique in an account
  repository_owner = "my-org"
  repository_name  = "my-repo"

  lambda_artifact = {
    release_version = local.release
  }
}

output "function_arns" {
  description = "ARN of each broker."
  value       = [module.broker.function_arn, module.broker_ireland.function_arn]
}
