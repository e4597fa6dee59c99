# Where the function's code comes from: a release of this project, a zip on this machine, or an object in S3. In each case
# the hash is that of the bytes, so that other bytes under the same name are deployed and the same bytes are not.

locals {
  release_version = var.lambda_artifact.release_version

  # Version 2's names for arm64, so that either module can deploy either release.
  release_assets = {
    arm64  = { zip = "github-token-broker.zip", checksums = "checksums.txt" }
    x86_64 = { zip = "github-token-broker-x86_64.zip", checksums = "checksums-x86_64.txt" }
  }

  # A folder for each release, so that two brokers of one configuration cannot take each other's zip.
  release_folder = local.release_version == null ? null : join("/", [
    path.root, ".terraform/github-token-broker", var.function_name, var.release_repository, local.release_version, var.architecture,
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

# Downloads the zip and checks it. Its output is unknown until that is done.
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
}

# Keeps the hash of the downloaded zip in the state. The zip lies in .terraform, which the next machine to plan does not
# have: the hash stays what it was until the next download.
resource "terraform_data" "release_hash" {
  count = local.release_version == null ? 0 : 1

  triggers_replace = terraform_data.release[0].id
  input            = try(filebase64sha256(terraform_data.release[0].output.zip), "")

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = self.output != ""
      error_message = "The downloaded zip is no longer on this machine: an earlier apply ended between the download and this step. Download it again with: terraform apply -replace='ADDRESS.terraform_data.release[0]', where ADDRESS is this module's, such as module.broker."
    }
  }
}
