# One broker, with the code of a release.

module "broker" {
  # Outside this repository: source = "github.com/meigma/github-token-broker//terraform?ref=v3.0.0" # x-release-please-version
  source = "../.."

  function_name    = "github-token-broker-my-repo"
  repository_owner = "my-org"
  repository_name  = "my-repo"

  lambda_artifact = {
    release_version = "v3.0.0" # x-release-please-version
  }
}

output "function_name" {
  description = "Name of the broker, for `aws lambda invoke`."
  value       = module.broker.function_name
}

output "caller_policy_json" {
  description = "Policy to attach to a role that may get tokens."
  value       = module.broker.caller_policy_json
}
