# A role that a GitHub Actions workflow assumes by OIDC and that may invoke only the given brokers.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # Condition keys and the provider's ARN contain the issuer without its scheme.
  issuer = trimprefix(var.issuer, "https://")

  # In a GitHub Enterprise Server's tokens, AWS STS evaluates only the audience and the subject:
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
  is_server = endswith(local.issuer, "/_services/token")

  refs = var.allow_any_branch ? ["refs/heads/*"] : var.refs

  # The subject of a job with an environment has the environment instead of the ref, and that of a pull request has neither:
  # https://docs.github.com/en/actions/reference/security/oidc. The conditions on environment and ref have the values, so the
  # condition on the subject omits them, which keeps the policy short. For a server, only the subject can have them.
  subject_ends = (
    length(var.environments) > 0
    ? (local.is_server ? [for environment in var.environments : "environment:${replace(environment, ":", "%3A")}"] : ["environment:*"])
    : (local.is_server ? [for ref in local.refs : "ref:${ref}"] : ["ref:*"])
  )

  # Repositories that were created, renamed or transferred since 2026-07-15 send names with IDs. Older ones send names without IDs
  # until they opt in, as a server's repositories always do.
  repository = var.allow_any_repository_of_owner ? "*" : coalesce(var.repository_name, "-")
  subject_starts = concat(
    ["repo:${var.repository_owner}/${local.repository}"],
    [for owner_id in var.repository_owner_id[*] : join("", [
      "repo:${var.repository_owner}@${owner_id}/",
      var.allow_any_repository_of_owner ? "*" : "${local.repository}@${coalesce(var.repository_id, "-")}",
    ])],
  )

  # AWS requires a condition on the subject and recommends one on the audience. The other claims are those that AWS STS evaluates:
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
  # A token that lacks one of these claims is refused (no IfExists, no ForAllValues).
  evaluated_claims = {
    repository          = ["${var.repository_owner}/${local.repository}"]
    repository_id       = var.repository_id[*]
    repository_owner_id = var.repository_owner_id[*]
    ref                 = local.refs
    environment         = var.environments
    job_workflow_ref    = var.job_workflow_refs
    workflow            = var.workflows
    actor               = var.actors
    actor_id            = var.actor_ids
    enterprise_id       = var.enterprise_id[*]
  }
  claims = merge(
    {
      aud = ["sts.amazonaws.com"]
      sub = flatten([for start in local.subject_starts : [for end in local.subject_ends : "${start}:${end}"]])
    },
    { for claim, values in local.evaluated_claims : claim => values if local.is_server ? false : length(values) > 0 },
  )
  with_wildcards = { for claim, values in local.claims : claim => values if length(regexall("[*?]", join("", values))) > 0 }

  conditions = {
    StringEquals = { for claim, values in local.claims : "${local.issuer}:${claim}" => values if !contains(keys(local.with_wildcards), claim) }
    StringLike   = { for claim, values in local.with_wildcards : "${local.issuer}:${claim}" => values }
  }

  trust_policies = { for name, arn in {
    role = local.oidc_provider_arn
    # Has the same length, but is known even if the provider's ARN is not, so that the size is checked in the plan.
    size = "arn:aws:iam::123456789012:oidc-provider/${local.issuer}"
    } : name => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "GitHubActions"
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = arn }
        Condition = { for operator, tests in local.conditions : operator => tests if length(tests) > 0 }
      }]
  }) }
  trust_policy_size = length(local.trust_policies.size)

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "InvokeGitHubTokenBrokers"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = var.function_arns
    }]
  })

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
  assume_role_policy   = local.trust_policies.role
  tags                 = local.tags

  lifecycle {
    precondition {
      condition = (
        var.allow_any_repository_of_owner
        ? alltrue([var.repository_name == null, var.repository_id == null])
        : alltrue([var.repository_name != null, local.is_server ? true : var.repository_id != null])
      )
      error_message = "Set repository_name and repository_id. To allow every repository of the owner, set neither, and set allow_any_repository_of_owner = true."
    }

    precondition {
      condition     = local.is_server ? true : var.repository_owner_id != null
      error_message = "Set repository_owner_id. It refuses a later owner of the same name."
    }

    precondition {
      condition = anytrue([
        local.is_server ? length(var.environments) > 0 : false,
        var.allow_any_branch ? length(var.refs) == 0 : length(var.refs) > 0,
      ])
      error_message = "Set refs. To allow every branch, set no refs, and set allow_any_branch = true."
    }

    precondition {
      condition     = local.is_server ? anytrue([length(var.environments) == 0, alltrue([length(var.refs) == 0, !var.allow_any_branch])]) : true
      error_message = "In a GitHub Enterprise Server's tokens, AWS evaluates only the subject, which has either the environment or the ref. Set refs, or set environments without refs and restrict the environments' deployment branches on the server."
    }

    precondition {
      condition = local.is_server ? alltrue([
        var.repository_owner_id == null, var.repository_id == null, var.enterprise_id == null,
        length(var.job_workflow_refs) == 0, length(var.workflows) == 0, length(var.actors) == 0, length(var.actor_ids) == 0,
      ]) : true
      error_message = "In a GitHub Enterprise Server's tokens, AWS evaluates only the subject: omit repository_owner_id, repository_id, enterprise_id, job_workflow_refs, workflows, actors and actor_ids."
    }

    precondition {
      condition     = local.trust_policy_size <= 4096
      error_message = "The trust policy has ${local.trust_policy_size} characters. IAM allows at most 4,096 (2,048 unless the account's quota was raised): use the module more than once, each with some of the refs and environments."
    }

    precondition {
      condition     = var.create_oidc_provider ? alltrue([var.oidc_provider_arn == null, !local.is_server]) : true
      error_message = "create_oidc_provider creates the provider of github.com or GHE.com: omit oidc_provider_arn. For a GitHub Enterprise Server, create the provider yourself, because the module does not know the thumbprint of the server's certificate, and set oidc_provider_arn."
    }

    precondition {
      condition     = var.oidc_provider_arn == null ? true : endswith(var.oidc_provider_arn, ":oidc-provider/${local.issuer}")
      error_message = "oidc_provider_arn is the ARN of another issuer's provider than ${var.issuer}."
    }
  }
}

check "trust_policy_size" {
  assert {
    condition     = local.trust_policy_size <= 2048
    error_message = "The trust policy has ${local.trust_policy_size} characters. IAM refuses more than 2,048 unless the account's quota \"Role trust policy length\" was raised. Raise it, or use the module more than once, each with some of the refs and environments."
  }
}

resource "aws_iam_role_policy" "caller" {
  name   = "${var.role_name}-policy"
  role   = aws_iam_role.caller.id
  policy = local.policy

  lifecycle {
    precondition {
      condition     = length(local.policy) <= 10240
      error_message = "The role's policy has ${length(local.policy)} characters. IAM allows at most 10,240: use the module more than once, each with some of function_arns."
    }
  }
}
