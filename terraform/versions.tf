terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.26.0 is the first version that supports the runtime provided.al2023.
      version = ">= 5.26.0, < 7.0"
    }
  }
}
