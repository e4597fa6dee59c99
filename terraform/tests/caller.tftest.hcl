# The trust policy and the permissions of the role of modules/github-actions-caller.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  # The real provider checks the form of ARNs that are arguments of other resources.
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
  }
}

variables {
  role_name           = "caller"
  function_arns       = ["arn:aws:lambda:eu-central-1:111122223333:function:broker"]
  repository_owner    = "octo-org"
  repository_owner_id = "65"
  repository_name     = "octo.repo"
  repository_id       = "74"
  refs                = ["refs/heads/main"]
}

run "branch" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "GitHubActions"
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
        Condition = {
          StringEquals = {
            "token.actions.githubusercontent.com:aud"                 = ["sts.amazonaws.com"]
            "token.actions.githubusercontent.com:repository"          = ["octo-org/octo.repo"]
            "token.actions.githubusercontent.com:repository_id"       = ["74"]
            "token.actions.githubusercontent.com:repository_owner_id" = ["65"]
            "token.actions.githubusercontent.com:ref"                 = ["refs/heads/main"]
          }
          StringLike = {
            "token.actions.githubusercontent.com:sub" = [
              "repo:octo-org/octo.repo:ref:*",
              "repo:octo-org@65/octo.repo@74:ref:*",
            ]
          }
        }
      }]
    }
    error_message = "The trust policy is wrong."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.caller.policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid      = "InvokeGitHubTokenBrokers"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = ["arn:aws:lambda:eu-central-1:111122223333:function:broker"]
      }]
    }
    error_message = "The role has other permissions than invoking the broker."
  }

  assert {
    condition = alltrue([
      aws_iam_role.caller.name == "caller",
      aws_iam_role.caller.path == "/",
      aws_iam_role.caller.permissions_boundary == null,
      aws_iam_role.caller.max_session_duration == 3600,
      aws_iam_role_policy.caller.name == "caller-policy",
      aws_iam_role.caller.tags == tomap({
        "github-token-broker:managed-by" = "terraform"
        "github-token-broker:module"     = "meigma/github-token-broker"
      }),
      length(aws_iam_openid_connect_provider.github) == 0,
      output.oidc_provider_arn == "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    ])
    error_message = "The role or the OIDC provider is wrong."
  }
}

run "environments_on_a_branch" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    environments = ["production", "staging"]
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud"                 = ["sts.amazonaws.com"]
        "token.actions.githubusercontent.com:repository"          = ["octo-org/octo.repo"]
        "token.actions.githubusercontent.com:repository_id"       = ["74"]
        "token.actions.githubusercontent.com:repository_owner_id" = ["65"]
        "token.actions.githubusercontent.com:ref"                 = ["refs/heads/main"]
        "token.actions.githubusercontent.com:environment"         = ["production", "staging"]
      }
      StringLike = {
        "token.actions.githubusercontent.com:sub" = [
          "repo:octo-org/octo.repo:environment:*",
          "repo:octo-org@65/octo.repo@74:environment:*",
        ]
      }
    }
    error_message = "The conditions are wrong."
  }
}

run "every_claim_and_a_pattern" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs                     = ["refs/tags/v*"]
    environments             = ["production"]
    job_workflow_refs        = ["octo-org/shared/.github/workflows/release.yml@refs/tags/v1"]
    workflows                = ["Release"]
    actors                   = ["octocat", "dependabot[bot]"]
    actor_ids                = ["12", "49699333"]
    enterprise_id            = "345"
    role_path                = "/ci/"
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/bounds"
    tags                     = { team = "platform", "github-token-broker:module" = "ours" }
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud"                 = ["sts.amazonaws.com"]
        "token.actions.githubusercontent.com:repository"          = ["octo-org/octo.repo"]
        "token.actions.githubusercontent.com:repository_id"       = ["74"]
        "token.actions.githubusercontent.com:repository_owner_id" = ["65"]
        "token.actions.githubusercontent.com:environment"         = ["production"]
        "token.actions.githubusercontent.com:job_workflow_ref"    = ["octo-org/shared/.github/workflows/release.yml@refs/tags/v1"]
        "token.actions.githubusercontent.com:workflow"            = ["Release"]
        "token.actions.githubusercontent.com:actor"               = ["octocat", "dependabot[bot]"]
        "token.actions.githubusercontent.com:actor_id"            = ["12", "49699333"]
        "token.actions.githubusercontent.com:enterprise_id"       = ["345"]
      }
      StringLike = {
        "token.actions.githubusercontent.com:sub" = [
          "repo:octo-org/octo.repo:environment:*",
          "repo:octo-org@65/octo.repo@74:environment:*",
        ]
        "token.actions.githubusercontent.com:ref" = ["refs/tags/v*"]
      }
    }
    error_message = "The conditions are wrong."
  }

  # In addition to the audience and the subject, AWS STS evaluates only these claims of GitHub's.
  assert {
    condition = toset(flatten([
      for tests in values(jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Condition) : keys(tests)
      ])) == toset([
      for claim in [
        "aud", "sub", "actor", "actor_id", "job_workflow_ref", "repository", "repository_id", "repository_owner_id",
        "workflow", "ref", "environment", "enterprise_id",
      ] : "token.actions.githubusercontent.com:${claim}"
    ])
    error_message = "A claim is missing, or there is one that AWS does not evaluate."
  }

  assert {
    condition = alltrue([
      aws_iam_role.caller.path == "/ci/",
      aws_iam_role.caller.permissions_boundary == "arn:aws:iam::111122223333:policy/bounds",
      aws_iam_role.caller.tags == tomap({
        team                             = "platform"
        "github-token-broker:managed-by" = "terraform"
        "github-token-broker:module"     = "ours"
      }),
    ])
    error_message = "The role is wrong."
  }
}

run "allow_any_branch" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs             = []
    allow_any_branch = true
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud"                 = ["sts.amazonaws.com"]
        "token.actions.githubusercontent.com:repository"          = ["octo-org/octo.repo"]
        "token.actions.githubusercontent.com:repository_id"       = ["74"]
        "token.actions.githubusercontent.com:repository_owner_id" = ["65"]
      }
      StringLike = {
        "token.actions.githubusercontent.com:sub" = [
          "repo:octo-org/octo.repo:ref:*",
          "repo:octo-org@65/octo.repo@74:ref:*",
        ]
        "token.actions.githubusercontent.com:ref" = ["refs/heads/*"]
      }
    }
    error_message = "The conditions are wrong."
  }
}

run "allow_any_repository_of_owner" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    repository_name               = null
    repository_id                 = null
    allow_any_repository_of_owner = true
    function_arns = [
      "arn:aws:lambda:eu-central-1:111122223333:function:broker",
      "arn:aws:lambda:eu-central-1:111122223333:function:other",
    ]
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud"                 = ["sts.amazonaws.com"]
        "token.actions.githubusercontent.com:repository_owner_id" = ["65"]
        "token.actions.githubusercontent.com:ref"                 = ["refs/heads/main"]
      }
      StringLike = {
        "token.actions.githubusercontent.com:sub" = [
          "repo:octo-org/*:ref:*",
          "repo:octo-org@65/*:ref:*",
        ]
        "token.actions.githubusercontent.com:repository" = ["octo-org/*"]
      }
    }
    error_message = "The conditions are wrong."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.caller.policy).Statement[0].Resource == [
      "arn:aws:lambda:eu-central-1:111122223333:function:broker",
      "arn:aws:lambda:eu-central-1:111122223333:function:other",
    ]
    error_message = "The role may invoke other functions."
  }
}

run "oidc_provider_created" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    create_oidc_provider = true
  }

  assert {
    condition = alltrue([
      aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com",
      contains(aws_iam_openid_connect_provider.github[0].client_id_list, "sts.amazonaws.com"),
      length(aws_iam_openid_connect_provider.github[0].client_id_list) == 1,
      length(aws_iam_openid_connect_provider.github[0].thumbprint_list) == 2,
    ])
    error_message = "The OIDC provider is wrong."
  }
}

run "oidc_provider_given" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    oidc_provider_arn = "arn:aws:iam::999988887777:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition = alltrue([
      jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Principal.Federated == "arn:aws:iam::999988887777:oidc-provider/token.actions.githubusercontent.com",
      output.oidc_provider_arn == "arn:aws:iam::999988887777:oidc-provider/token.actions.githubusercontent.com",
      length(aws_iam_openid_connect_provider.github) == 0,
    ])
    error_message = "The role trusts another OIDC provider."
  }
}

run "issuer_of_an_enterprise" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    issuer               = "https://token.actions.githubusercontent.com/octo-enterprise"
    create_oidc_provider = true
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com/octo-enterprise"
    error_message = "The OIDC provider is that of another issuer."
  }
}

run "issuer_of_ghe_com" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    issuer = "https://token.actions.octocorp.ghe.com"
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0] == {
      Sid       = "GitHubActions"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.octocorp.ghe.com" }
      Condition = {
        StringEquals = {
          "token.actions.octocorp.ghe.com:aud"                 = ["sts.amazonaws.com"]
          "token.actions.octocorp.ghe.com:repository"          = ["octo-org/octo.repo"]
          "token.actions.octocorp.ghe.com:repository_id"       = ["74"]
          "token.actions.octocorp.ghe.com:repository_owner_id" = ["65"]
          "token.actions.octocorp.ghe.com:ref"                 = ["refs/heads/main"]
        }
        StringLike = {
          "token.actions.octocorp.ghe.com:sub" = [
            "repo:octo-org/octo.repo:ref:*",
            "repo:octo-org@65/octo.repo@74:ref:*",
          ]
        }
      }
    }
    error_message = "The trust policy is wrong."
  }
}

run "refs_on_enterprise_server" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    issuer              = "https://github.example.com/_services/token"
    repository_owner_id = null
    repository_id       = null
    refs                = ["refs/heads/main", "refs/tags/v*"]
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0] == {
      Sid       = "GitHubActions"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/github.example.com/_services/token" }
      Condition = {
        StringEquals = {
          "github.example.com/_services/token:aud" = ["sts.amazonaws.com"]
        }
        StringLike = {
          "github.example.com/_services/token:sub" = [
            "repo:octo-org/octo.repo:ref:refs/heads/main",
            "repo:octo-org/octo.repo:ref:refs/tags/v*",
          ]
        }
      }
    }
    error_message = "The trust policy has a claim that AWS does not evaluate, or the subject does not have the refs."
  }
}

run "environments_on_enterprise_server" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    issuer              = "https://github.example.com/_services/token"
    repository_owner_id = null
    repository_id       = null
    refs                = []
    environments        = ["production:eu", "Staging (EU)"]
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "github.example.com/_services/token:aud" = ["sts.amazonaws.com"]
        "github.example.com/_services/token:sub" = [
          "repo:octo-org/octo.repo:environment:production%3Aeu",
          "repo:octo-org/octo.repo:environment:Staging (EU)",
        ]
      }
    }
    error_message = "The subject does not have the environments as GitHub writes them."
  }
}

run "characters_that_github_allows" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs              = ["refs/heads/fix/#12-größe(2)", "refs/heads/a,b;c'd\"e&f<g>h=i!{j}%|]"]
    environments      = ["production:eu", "Größe #1 (EU) / blue, green"]
    job_workflow_refs = ["octo-org/shared/.github/workflows/Release (prod) #2.yaml@refs/heads/größe#1"]
    workflows         = ["Release: größe #1 (prod)"]
  }

  assert {
    condition = jsondecode(aws_iam_role.caller.assume_role_policy).Statement[0].Condition.StringEquals == {
      "token.actions.githubusercontent.com:aud"                 = ["sts.amazonaws.com"]
      "token.actions.githubusercontent.com:repository"          = ["octo-org/octo.repo"]
      "token.actions.githubusercontent.com:repository_id"       = ["74"]
      "token.actions.githubusercontent.com:repository_owner_id" = ["65"]
      "token.actions.githubusercontent.com:ref"                 = ["refs/heads/fix/#12-größe(2)", "refs/heads/a,b;c'd\"e&f<g>h=i!{j}%|]"]
      "token.actions.githubusercontent.com:environment"         = ["production:eu", "Größe #1 (EU) / blue, green"]
      "token.actions.githubusercontent.com:job_workflow_ref"    = ["octo-org/shared/.github/workflows/Release (prod) #2.yaml@refs/heads/größe#1"]
      "token.actions.githubusercontent.com:workflow"            = ["Release: größe #1 (prod)"]
    }
    error_message = "A name is changed."
  }
}

# Their complete subjects would have more than 2,048 characters.
run "many_refs_and_environments_fit_the_default_quota" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs         = [for n in range(20) : "refs/heads/release/2026-${n}"]
    environments = [for n in range(10) : "production-${n}"]
  }

  assert {
    condition     = length(aws_iam_role.caller.assume_role_policy) < 2048
    error_message = "The trust policy is too long: ${length(aws_iam_role.caller.assume_role_policy)}."
  }
}
