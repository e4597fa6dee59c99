# A role that a GitHub Actions workflow assumes by OIDC and that may invoke the given brokers and nothing else.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # Claims have the issuer without its scheme before them, and so has the provider's ARN.
  issuer = trimprefix(var.issuer, "https://")

  # Of a GitHub Enterprise Server's tokens, AWS STS evaluates the audience and the subject only:
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
  is_server = endswith(local.issuer, "/_services/token")

  refs = var.allow_any_branch ? ["refs/heads/*"] : var.refs

  # A job that names an environment has the environment in its subject instead of the ref, and one of a pull request has
  # neither: https://docs.github.com/en/actions/reference/security/oidc. The claims environment and ref have the values,
  # so the subject need not repeat them: the policy stays short. Only a server's subject has to say all.
  subject_ends = (
    length(var.environments) > 0
    ? (local.is_server ? [for environment in var.environments : "environment:${replace(environment, ":", "%3A")}"] : ["environment:*"])
    : (local.is_server ? [for ref in local.refs : "ref:${ref}"] : ["ref:*"])
  )

  # Repositories created, renamed or transferred since 2026-07-15 send names with IDs, older ones names without IDs until they
  # opt in, and a server's repositories always names without IDs.
  repository = var.allow_any_repository_of_owner ? "*" : coalesce(var.repository_name, "-")
  subject_starts = concat(
    ["repo:${var.repository_owner}/${local.repository}"],
    [for owner_id in var.repository_owner_id[*] : join("", [
      "repo:${var.repository_owner}@${owner_id}/",
      var.allow_any_repository_of_owner ? "*" : "${local.repository}@${coalesce(var.repository_id, "-")}",
    ])],
  )

  # AWS demands the subject and recommends the audience; the other claims are those that AWS STS evaluates:
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
  # Each is one that every token must have: a missing claim is a refusal (no IfExists, no ForAllValues).
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
    # Of the same length, and known when the provider's ARN is not: the size is checked before anything is changed.
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
      error_message = "Give repository_name and repository_id, or, to let every repository of the owner in, neither of them and allow_any_repository_of_owner = true."
    }

    precondition {
      condition     = local.is_server ? true : var.repository_owner_id != null
      error_message = "Give repository_owner_id, which keeps out a later owner of the same name."
    }

    precondition {
      condition = anytrue([
        local.is_server ? length(var.environments) > 0 : false,
        var.allow_any_branch ? length(var.refs) == 0 : length(var.refs) > 0,
      ])
      error_message = "Give refs, or, to let every branch in, no refs and allow_any_branch = true."
    }

    precondition {
      condition     = local.is_server ? anytrue([length(var.environments) == 0, alltrue([length(var.refs) == 0, !var.allow_any_branch])]) : true
      error_message = "Of a GitHub Enterprise Server's tokens, AWS evaluates the subject only, which has either the environment or the ref. Give refs, or environments without refs, and restrict the environments' branches on GitHub."
    }

    precondition {
      condition = local.is_server ? alltrue([
        var.repository_owner_id == null, var.repository_id == null, var.enterprise_id == null,
        length(var.job_workflow_refs) == 0, length(var.workflows) == 0, length(var.actors) == 0, length(var.actor_ids) == 0,
      ]) : true
      error_message = "Of a GitHub Enterprise Server's tokens, AWS evaluates the subject only: leave out repository_owner_id, repository_id, enterprise_id, job_workflow_refs, workflows, actors and actor_ids."
    }

    precondition {
      condition     = local.trust_policy_size <= 4096
      error_message = "The trust policy has ${local.trust_policy_size} characters, and IAM takes 4,096 at most (2,048 unless the account's quota was raised): use the module more than once, each with some of the refs and environments."
    }

    precondition {
      condition     = var.create_oidc_provider ? alltrue([var.oidc_provider_arn == null, !local.is_server]) : true
      error_message = "create_oidc_provider makes the provider of github.com or GHE.com: leave out oidc_provider_arn. For a GitHub Enterprise Server, whose certificate's thumbprint the module does not know, create the provider yourself and give its ARN."
    }

    precondition {
      condition     = var.oidc_provider_arn == null ? true : endswith(var.oidc_provider_arn, ":oidc-provider/${local.issuer}")
      error_message = "oidc_provider_arn is the provider of another issuer than ${var.issuer}."
    }
  }
}

check "trust_policy_size" {
  assert {
    condition     = local.trust_policy_size <= 2048
    error_message = "The trust policy has ${local.trust_policy_size} characters. IAM refuses more than 2,048 unless the account's quota \"Role trust policy length\" was raised: raise it, or use the module more than once, each with some of the refs and environments."
  }
}

resource "aws_iam_role_policy" "caller" {
  name   = "${var.role_name}-policy"
  role   = aws_iam_role.caller.id
  policy = local.policy

  lifecycle {
    precondition {
      condition     = length(local.policy) <= 10240
      error_message = "The role's policy has ${length(local.policy)} characters, and IAM takes 10,240 at most: use the module more than once, each with some of function_arns."
    }
  }
}
