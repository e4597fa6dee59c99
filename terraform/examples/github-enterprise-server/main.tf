# A broker for a GitHub Enterprise Server behind a private CA, in a VPC and subnets that exist.

variable "vpc_id" {
  description = "VPC from which the server can be reached."
  type        = string
  default     = "vpc-0123456789abcdef0"
}

variable "subnet_ids" {
  description = "Private subnets of that VPC, in at least two Availability Zones."
  type        = list(string)
  default     = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
}

variable "server_cidr" {
  description = "Addresses of the server and of the VPC endpoint of SSM."
  type        = string
  default     = "10.0.0.0/16"
}

variable "ca_layer_arn" {
  description = "ARN of the layer version with the CA bundle; see https://github-token-broker.meigma.dev/how-to/github-enterprise-server.html"
  type        = string
  default     = "arn:aws:lambda:eu-central-1:123456789012:layer:company-ca:1"
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the parameters."
  type        = string
  default     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

resource "aws_security_group" "broker" {
  #checkov:skip=CKV2_AWS_5:the module attaches it to the function
  #checkov:skip=CKV_AWS_23:the oldest provider version does not support a rule's description; a comment describes the only rule
  name        = "github-token-broker-my-repo"
  description = "GitHub token broker: out to GitHub Enterprise Server and SSM, nothing in"
  vpc_id      = var.vpc_id

  # To GitHub Enterprise Server and to the VPC endpoint of SSM.
  egress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = [var.server_cidr]
  }
}

module "broker" {
  # Outside this repository: source = "github.com/meigma/github-token-broker//terraform?ref=v3.0.0" # x-release-please-version
  source = "../.."

  function_name    = "github-token-broker-my-repo"
  repository_owner = "my-org"
  repository_name  = "my-repo"

  github_api_base_url = "https://github.example.com/api/v3"
  kms_key_arn         = var.kms_key_arn

  lambda_artifact = {
    release_version = "v3.0.0" # x-release-please-version
  }

  vpc_config = {
    subnet_ids         = var.subnet_ids
    security_group_ids = [aws_security_group.broker.id]
  }

  ca_bundle = {
    layer_arn = var.ca_layer_arn
    path      = "/opt/ca-bundle.pem"
  }
}

output "function_name" {
  description = "Name of the broker, for `aws lambda invoke`."
  value       = module.broker.function_name
}
