# Where the function's code comes from: a release of this project, a zip on this machine, or an object in S3. In each case
# the hash is that of the bytes, so that other bytes under the same name are deployed and the same bytes are not.

locals {
  release_version = var.lambda_artifact.release_version

  # Version 2's names for arm64, so that either module can deploy either release.
  release_assets = {
    arm64  = { zip = "github-token-broker.zip", checksums = "checksums.txt" }
    x86_64 = { zip = "github-token-broker-x86_64.zip", checksums = "checksums-x86_64.txt" }
  }

  # A folder for each broker and release, so that two brokers of one configuration cannot take each other's zip, even if they
  # have the same name in two regions.
  release_folder = local.release_version == null ? null : join("/", [
    path.root, ".terraform/github-token-broker", var.role_name == null ? var.function_name : "${var.function_name}@${var.role_name}",
    var.release_repository, local.release_version, var.architecture,
  ])

  zip_path = (
    local.release_version != null
    ? "${local.release_folder}/${local.release_assets[var.architecture].zip}"
    : var.lambda_artifact.lambda_zip_path
  )

  source_code_hash = (
    local.release_version != null ? one(terraform_data.release_hash[*].output)
    : var.lambda_artifact.lambda_zip_path != null ? try(filebase64sha256(var.lambda_artifact.lambda_zip_path), null)
    : try(var.lambda_artifact.lambda_source_s3.source_code_hash, null)
  )

  # All that the download depends on: a change of any of it downloads and checks again.
  release = {
    repository         = var.release_repository
    version            = local.release_version
    architecture       = var.architecture
    zip                = local.zip_path
    checksums          = local.release_assets[var.architecture].checksums
    verify_attestation = var.verify_release_attestation
  }
}

# Downloads the zip and checks it. Its output is unknown until that is done. It comes last before the function, so that few
# failures separate the two: the zip stays on the machine that downloaded it.
resource "terraform_data" "release" {
  count = local.release_version == null ? 0 : 1

  triggers_replace = local.release
  input            = local.release

  provisioner "local-exec" {
    interpreter = ["bash"]
    command     = "${path.module}/scripts/download-release"

    environment = {
      RELEASE_REPOSITORY = local.release.repository
      RELEASE_VERSION    = local.release.version
      RELEASE_ZIP        = local.release.zip
      RELEASE_CHECKSUMS  = local.release.checksums
      VERIFY_ATTESTATION = tostring(local.release.verify_attestation)
    }
  }

  depends_on = [
    aws_cloudwatch_log_group.lambda,
    aws_iam_role_policy.lambda,
    aws_iam_role_policy.network,
  ]
}

# Keeps the hash of the downloaded zip in the state. The zip lies in .terraform, which the next machine to plan does not
# have: the hash stays what it was until the next download.
resource "terraform_data" "release_hash" {
  count = local.release_version == null ? 0 : 1

  triggers_replace = terraform_data.release[0].id
  input            = try(filebase64sha256(terraform_data.release[0].output.zip), "")

  lifecycle {
    ignore_changes = [input]
  }
}

# A deployment of the code: other code and another function replace it. Since it depends on the function, Terraform
# destroys it before the download and makes it after the function, and an apply that fails between the two leaves none in
# the state. Its input is what was true when it was planned.
resource "terraform_data" "deployment" {
  # The function's ARN is unknown while the function is to be created.
  triggers_replace = [local.source_code_hash, one(terraform_data.release[*].id), aws_lambda_function.broker.arn]

  input = {
    planned = plantimestamp()
    has_zip = local.release_version == null ? true : fileexists(one(terraform_data.release[*].output).zip)
  }

  lifecycle {
    ignore_changes = [input]
  }
}

# The release that was deployed last. It is changed after the function, so a failed apply leaves it as it was.
resource "terraform_data" "deployed_version" {
  input = local.release_version

  depends_on = [aws_lambda_function.broker]

  lifecycle {
    # The provider would fail at apply, without saying what to do. Not a postcondition of the deployment, which would fail
    # terraform plan -refresh-only when there is none.
    postcondition {
      condition     = try(terraform_data.deployment.input.has_zip, true)
      error_message = "The function is yet to be created or updated, and the zip of the release is not on this machine: an earlier apply downloaded it, here or elsewhere. Download it again with: terraform apply -replace='ADDRESS.terraform_data.release[0]', where ADDRESS is this module's, such as module.broker."
    }
  }
}

locals {
  # Lambda's own hash of the code. Providers before 5.51 know it as source_code_hash, which later ones take from the
  # configuration.
  function_hash = lookup(aws_lambda_function.broker, "code_sha256", aws_lambda_function.broker.source_code_hash)
}

# Not while a deployment is planned: until it is done, the function has the old code.
check "code" {
  assert {
    condition = (
      try(terraform_data.deployment.input.planned, null) == plantimestamp() ? true :
      terraform_data.deployment.triggers_replace[0] == null ? true :
      local.function_hash == terraform_data.deployment.triggers_replace[0]
    )
    error_message = "The function ${var.function_name} runs code that Terraform did not deploy: the SHA-256 of its zip is ${coalesce(local.function_hash, "unknown")}, not ${coalesce(terraform_data.deployment.triggers_replace[0], "unknown")}. Find out who changed it. The module's README says how to restore it, in \"Code that Terraform did not deploy\"."
  }
}
