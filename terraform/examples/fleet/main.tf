# Many brokers, one for each repository and set of permissions, with one App and the same parameters.

locals {
  release = "v3.0.0" # x-release-please-version
  owner   = "my-org"

  brokers = {
    docs-read     = { repository = "docs", permissions = { contents = "read" } }
    api-read      = { repository = "api", permissions = { contents = "read" } }
    api-release   = { repository = "api", permissions = { contents = "write", pull_requests = "write" } }
    infra-comment = { repository = "infra", permissions = { issues = "write" } }
  }
}

module "broker" {
  # Outside this repository: source = "github.com/meigma/github-token-broker//terraform?ref=v3.0.0" # x-release-please-version
  source   = "../.."
  for_each = local.brokers

  function_name    = "github-token-broker-${each.key}"
  repository_owner = local.owner
  repository_name  = each.value.repository
  permissions      = each.value.permissions

  lambda_artifact = {
    release_version = local.release
  }
}

output "function_arns" {
  description = "ARN of each broker."
  value       = { for name, broker in module.broker : name => broker.function_arn }
}

output "caller_policies" {
  description = "Policy to attach to each broker's callers."
  value       = { for name, broker in module.broker : name => broker.caller_policy_json }
}
