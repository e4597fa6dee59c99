# A broker and its three parameters. The private key is stored in SSM, and neither in the plan nor in the state.

variable "client_id" {
  description = "The GitHub App's client ID."
  type        = string
  default     = "Iv23liEXAMPLE"
}

variable "installation_id" {
  description = "The ID of the App's installation that covers the repository."
  type        = string
  default     = "12345678"
}

variable "private_key_pem" {
  description = "The App's private key. The default is not a key: replace it, for example with TF_VAR_private_key_pem."
  type        = string
  sensitive   = true
  ephemeral   = true
  default     = "replace me"
}

variable "private_key_version" {
  description = "Increase it for each new private key: Terraform cannot detect that the key changed."
  type        = number
  default     = 1
}

resource "aws_ssm_parameter" "client_id" {
  #checkov:skip=CKV2_AWS_34:a client ID is not a secret
  name  = "/github-token-broker/my-repo/client-id"
  type  = "String"
  value = var.client_id
}

resource "aws_ssm_parameter" "installation_id" {
  #checkov:skip=CKV2_AWS_34:an installation ID is not a secret
  name  = "/github-token-broker/my-repo/installation-id"
  type  = "String"
  value = var.installation_id
}

resource "aws_ssm_parameter" "private_key" {
  #checkov:skip=CKV_AWS_337:the AWS managed key has no monthly charge; the example github-enterprise-server has a customer managed key
  name             = "/github-token-broker/my-repo/private-key-pem"
  type             = "SecureString"
  value_wo         = var.private_key_pem
  value_wo_version = var.private_key_version
}

module "broker" {
  # Outside this repository: source = "github.com/meigma/github-token-broker//terraform?ref=v3.0.0" # x-release-please-version
  source = "../.."

  function_name    = "github-token-broker-my-repo"
  repository_owner = "my-org"
  repository_name  = "my-repo"

  lambda_artifact = {
    release_version = "v3.0.0" # x-release-please-version
  }

  ssm_parameter_paths = {
    client_id       = aws_ssm_parameter.client_id.name
    installation_id = aws_ssm_parameter.installation_id.name
    private_key     = aws_ssm_parameter.private_key.name
  }
}

output "function_name" {
  description = "Name of the broker, for `aws lambda invoke`."
  value       = module.broker.function_name
}
