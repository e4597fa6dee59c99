# A role that a GitHub Actions workflow assumes by OIDC and that may invoke the given brokers and nothing else.

locals {
  issuer = "token.actions.githubusercontent.com"

  # A job that names an environment has the environment in its subject instead of the ref:
  # https://docs.github.com/en/actions/reference/security/oidc
  refs = var.allow_any_branch ? ["refs/heads/*"] : var.refs
  subject_ends = (
    length(var.environments) > 0
    ? [for environment in var.environments : "environment:${environment}"]
    : [for ref in local.refs : "ref:${ref}"]
  )

  # Repositories created or renamed since 2026-07-15 send names with IDs, older ones names alone until they opt in.
  repository = var.allow_any_repository_of_owner ? "*" : coalesce(var.repository_name, "-")
  subject_starts = [
    "repo:${var.repository_owner}/${local.repository}",
    join("", [
      "repo:${var.repository_owner}@${var.repository_owner_id}/",
      var.allow_any_repository_of_owner ? "*" : "${local.repository}@${coalesce(var.repository_id, "-")}",
    ]),
  ]

  # AWS demands the subject and recommends the audience; the other claims are those that AWS STS evaluates:
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
  # Each is one that every token must have: a missing claim is a refusal (no IfExists, no ForAllValues).
  claims = {
    aud                 = ["sts.amazonaws.com"]
    sub                 = flatten([for start in local.subject_starts : [for end in local.subject_ends : "${start}:${end}"]])
    repository          = ["${var.repository_owner}/${local.repository}"]
    repository_id       = [for id in [var.repository_id] : id if id != null]
    repository_owner_id = [var.repository_owner_id]
    ref                 = local.refs
    environment         = var.environments
    job_workflow_ref    = var.job_workflow_refs
    workflow            = var.workflows
    actor               = var.actors
    actor_id            = var.actor_ids
    enterprise_id       = [for id in [var.enterprise_id] : id if id != null]
  }
  with_wildcards = { for claim, values in local.claims : claim => values if length(regexall("[*?]", join("", values))) > 0 }

  conditions = {
    StringEquals = { for claim, values in local.claims : "${local.issuer}:${claim}" => values if length(values) > 0 ? !contains(keys(local.with_wildcards), claim) : false }
    StringLike   = { for claim, values in local.with_wildcards : "${local.issuer}:${claim}" => values }
  }

  trust_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "GitHubActions"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.oidc_provider_arn }
      Condition = { for operator, tests in local.conditions : operator => tests if length(tests) > 0 }
    }]
  }

  tags = merge(
    {
      "github-token-broker:managed-by" = "terraform"
      "github-token-broker:module"     = "meigma/github-token-broker"
    },
    var.tags,
  )
}

resource "aws_iam_role" "caller" {
  name                 = var.role_name
  path                 = var.role_path
  description          = "GitHub Actions in ${var.repository_owner}/${local.repository} may invoke GitHub token brokers"
  permissions_boundary = var.permissions_boundary_arn
  max_session_duration = 3600
  assume_role_policy   = jsonencode(local.trust_policy)
  tags                 = local.tags

  lifecycle {
    precondition {
      condition = (
        var.allow_any_repository_of_owner
        ? alltrue([var.repository_name == null, var.repository_id == null])
        : alltrue([var.repository_name != null, var.repository_id != null])
      )
      error_message = "Give repository_name and repository_id, or, to let every repository of the owner in, neither of them and allow_any_repository_of_owner = true."
    }

    precondition {
      condition     = var.allow_any_branch ? length(var.refs) == 0 : length(var.refs) > 0
      error_message = "Give refs, or, to let every branch in, no refs and allow_any_branch = true."
    }

    precondition {
      condition     = length(jsonencode(local.trust_policy)) <= 4096
      error_message = "The trust policy is longer than 4,096 characters, the most that IAM takes (2,048 unless the account's quota was raised): use the module more than once, each with some of the refs and environments."
    }
  }
}

resource "aws_iam_role_policy" "caller" {
  name = "${var.role_name}-policy"
  role = aws_iam_role.caller.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "InvokeGitHubTokenBrokers"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = var.function_arns
    }]
  })
}
