# A broker, and a role with which a GitHub Actions workflow invokes it, without a secret in GitHub.

module "broker" {
  # Outside this repository: source = "github.com/meigma/github-token-broker//terraform?ref=v3.0.0" # x-release-please-version
  source = "../.."

  function_name    = "github-token-broker-api-release"
  repository_owner = "my-org"
  repository_name  = "api"
  permissions      = { contents = "write" }

  lambda_artifact = {
    release_version = "v3.0.0" # x-release-please-version
  }
}

module "caller" {
  # Outside this repository:
  # source = "github.com/meigma/github-token-broker//terraform/modules/github-actions-caller?ref=v3.0.0" # x-release-please-version
  source = "../../modules/github-actions-caller"

  role_name     = "github-token-broker-api-release-caller"
  function_arns = [module.broker.function_arn]

  # gh api repos/my-org/deployments --jq '.owner.id, .id'
  repository_owner    = "my-org"
  repository_owner_id = "1234567"
  repository_name     = "deployments"
  repository_id       = "890123456"

  refs         = ["refs/heads/main"]
  environments = ["production"]

  # An account has one provider for GitHub: set false if it exists.
  create_oidc_provider = true
}

output "role_to_assume" {
  description = "For `role-to-assume` of aws-actions/configure-aws-credentials."
  value       = module.caller.role_arn
}

output "function_name" {
  description = "For `aws lambda invoke`."
  value       = module.broker.function_name
}
