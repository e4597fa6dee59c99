# Every source of the code, both architectures, and the hash of the bytes.

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

  # The real provider checks the form of ARNs that are arguments of other resources.
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/mocked" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:111122223333:function:mocked" }
  }
}

variables {
  function_name    = "broker"
  repository_owner = "my-org"
  repository_name  = "my-repo"
  lambda_artifact  = { release_version = "v3.0.0" }
}

run "release_for_arm64" {
  command = plan

  assert {
    condition = alltrue([
      aws_lambda_function.broker.filename == "./.terraform/github-token-broker/broker/meigma/github-token-broker/v3.0.0/arm64/github-token-broker.zip",
      aws_lambda_function.broker.s3_bucket == null,
      terraform_data.release[0].input == {
        repository         = "meigma/github-token-broker"
        version            = "v3.0.0"
        architecture       = "arm64"
        zip                = "./.terraform/github-token-broker/broker/meigma/github-token-broker/v3.0.0/arm64/github-token-broker.zip"
        checksums          = "checksums.txt"
        verify_attestation = true
      },
    ])
    error_message = "The download is wrong."
  }
}

run "release_for_x86_64" {
  command = plan

  variables {
    architecture               = "x86_64"
    role_name                  = "broker-eu"
    release_repository         = "my-org/my.fork"
    verify_release_attestation = false
  }

  assert {
    condition = alltrue([
      aws_lambda_function.broker.architectures == tolist(["x86_64"]),
      aws_lambda_function.broker.filename == "./.terraform/github-token-broker/broker@broker-eu/my-org/my.fork/v3.0.0/x86_64/github-token-broker-x86_64.zip",
      terraform_data.release[0].input == {
        repository         = "my-org/my.fork"
        version            = "v3.0.0"
        architecture       = "x86_64"
        zip                = "./.terraform/github-token-broker/broker@broker-eu/my-org/my.fork/v3.0.0/x86_64/github-token-broker-x86_64.zip"
        checksums          = "checksums-x86_64.txt"
        verify_attestation = false
      },
    ])
    error_message = "The download is wrong."
  }
}

run "local_zip" {
  command = plan

  variables {
    lambda_artifact = { lambda_zip_path = "./tests/fixtures/first.zip" }
  }

  assert {
    condition = alltrue([
      aws_lambda_function.broker.filename == "./tests/fixtures/first.zip",
      aws_lambda_function.broker.source_code_hash == "1n4IreboI8Bjr/sA/qla2r/6dc8aZg2PzqMiPWjo5E0=",
      length(terraform_data.release) == 0,
      length(terraform_data.release_hash) == 0,
      output.deployed_version == null,
    ])
    error_message = "The code is not the local zip, or its hash is not that of the bytes."
  }
}

run "new_bytes_change_the_hash" {
  command = plan

  variables {
    lambda_artifact = { lambda_zip_path = "./tests/fixtures/other.zip" }
  }

  assert {
    condition     = aws_lambda_function.broker.source_code_hash == "o+rV7trV34IxjFFoXbwcFHo20f+FhPyC3msI0L9jp5U="
    error_message = "The hash is not that of the bytes."
  }
}

run "object_in_s3" {
  command = plan

  variables {
    lambda_artifact = { lambda_source_s3 = { bucket = "artifacts", key = "broker.zip" } }
  }

  assert {
    condition = alltrue([
      aws_lambda_function.broker.s3_bucket == "artifacts",
      aws_lambda_function.broker.s3_key == "broker.zip",
      aws_lambda_function.broker.s3_object_version == null,
      aws_lambda_function.broker.filename == null,
      length(terraform_data.release) == 0,
      output.deployed_version == null,
    ])
    error_message = "The code is not the object."
  }
}

run "version_and_hash_of_an_object_in_s3" {
  command = plan

  variables {
    lambda_artifact = {
      lambda_source_s3 = {
        bucket           = "artifacts"
        key              = "broker.zip"
        object_version   = "3HL4kqtJvjVBH40Nrjfkd"
        source_code_hash = "o+rV7trV34IxjFFoXbwcFHo20f+FhPyC3msI0L9jp5U="
      }
    }
  }

  assert {
    condition = alltrue([
      aws_lambda_function.broker.s3_object_version == "3HL4kqtJvjVBH40Nrjfkd",
      aws_lambda_function.broker.source_code_hash == "o+rV7trV34IxjFFoXbwcFHo20f+FhPyC3msI0L9jp5U=",
    ])
    error_message = "The object's version or hash is missing."
  }
}
