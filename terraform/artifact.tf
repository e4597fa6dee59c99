# The source of the function's code: a release of this project, a zip on this machine, or an object in S3. In each case, the
# hash is that of the bytes: new bytes under the same name are deployed, and the same bytes are not deployed again.

locals {
  release_version = var.lambda_artifact.release_version

  # The names for arm64 are those of version 2, so that both versions of the module can deploy both releases.
  release_assets = {
    arm64  = { zip = "github-token-broker.zip", checksums = "checksums.txt" }
    x86_64 = { zip = "github-token-broker-x86_64.zip", checksums = "checksums-x86_64.txt" }
  }

  # One folder for each broker and release, so that two brokers in one configuration cannot use each other's zip, even with the
  # same name in two regions.
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

  # Everything that the download depends on. A change downloads and verifies the zip again.
  release = {
    repository         = var.release_repository
    version            = local.release_version
    architecture       = var.architecture
    zip                = local.zip_path
    checksums          = local.release_assets[var.architecture].checksums
    verify_attestation = var.verify_release_attestation
  }
}

# Downloads and verifies the zip. Its output is unknown until then. It is the last step before the function, because an apply
# that fails between the two leaves the zip on a machine that the next apply may not use.
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

# Stores the hash of the downloaded zip in the state. The zip is in .terraform, which does not exist on the next machine that
# plans, so the hash does not change until the next download.
resource "terraform_data" "release_hash" {
  count = local.release_version == null ? 0 : 1

  triggers_replace = terraform_data.release[0].id
  input            = try(filebase64sha256(terraform_data.release[0].output.zip), "")

  lifecycle {
    ignore_changes = [input]
  }
}

# A deployment of the code. Changed code or a new function replaces it. Because it depends on the function, Terraform destroys
# it before the download and creates it after the function; an apply that fails in between leaves none in the state. Its
# input has values from the plan that created it.
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

# The release that was deployed last. It is updated after the function, so a failed apply does not change it.
resource "terraform_data" "deployed_version" {
  input = local.release_version

  depends_on = [aws_lambda_function.broker]

  lifecycle {
    # The provider would fail at apply, without a remedy. Not a postcondition of the deployment, which would make
    # terraform plan -refresh-only fail when there is none.
    postcondition {
      condition     = try(terraform_data.deployment.input.has_zip, true)
      error_message = "The function must be created or updated, but the zip of the release is not on this machine: an earlier apply downloaded it. Download it again with: terraform apply -replace='ADDRESS.terraform_data.release[0]', where ADDRESS is this module's, such as module.broker. See https://github-token-broker.meigma.dev/how-to/failed-apply.html#the-zip-is-not-on-this-machine"
    }
  }
}

locals {
  # Lambda's own hash of the code. Providers before 5.51 return it as source_code_hash, which later ones take from the
  # configuration.
  function_hash = lookup(aws_lambda_function.broker, "code_sha256", aws_lambda_function.broker.source_code_hash)
}

# Passes while a deployment is planned, because the function still has the old code.
check "code" {
  assert {
    condition = (
      try(terraform_data.deployment.input.planned, null) == plantimestamp() ? true :
      terraform_data.deployment.triggers_replace[0] == null ? true :
      local.function_hash == terraform_data.deployment.triggers_replace[0]
    )
    error_message = "The function ${var.function_name} runs code that Terraform did not deploy: the SHA-256 of its zip is ${coalesce(local.function_hash, "unknown")}, not ${coalesce(terraform_data.deployment.triggers_replace[0], "unknown")}. Find out who changed it, and restore it: https://github-token-broker.meigma.dev/how-to/failed-apply.html#terraform-did-not-deploy-this-code"
  }
}
