# Invalid inputs of modules/github-actions-caller: at least one invalid value for every validation and precondition. A run may
# set several variables to invalid values, and each of expect_failures must fail.

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
  repository_name     = "octo-repo"
  repository_id       = "74"
  refs                = ["refs/heads/main"]
}

run "reject_wildcards" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    function_arns            = ["arn:aws:lambda:eu-central-1:111122223333:function:*"]
    repository_owner         = "*"
    repository_name          = "octo-*"
    refs                     = ["refs/heads/main", "*"]
    environments             = ["*"]
    job_workflow_refs        = ["octo-org/shared/.github/workflows/*@refs/heads/main"]
    workflows                = ["Rel*"]
    actors                   = ["octo*"]
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/*"
    tags                     = { "team*" = "platform" }
  }
  expect_failures = [
    var.function_arns, var.repository_owner, var.repository_name, var.refs, var.environments, var.job_workflow_refs,
    var.workflows, var.actors, var.permissions_boundary_arn, var.tags,
  ]
}

run "reject_names_for_ids" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    function_arns       = ["arn:aws:lambda:eu-central-1:111122223333:function:broker:live"] # an alias
    repository_owner_id = "octo-org"
    repository_id       = "octo-repo"
    refs                = ["main"]
    actor_ids           = ["octocat"]
    enterprise_id       = "octo"
    tags                = { "AWS:team" = "platform" }
  }
  expect_failures = [
    var.function_arns, var.repository_owner_id, var.repository_id, var.refs, var.actor_ids, var.enterprise_id, var.tags,
  ]
}

run "reject_other_forms" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    role_name         = "caller/x"
    function_arns     = []
    refs              = ["refs/pull/1/merge"]
    job_workflow_refs = ["octo-org/shared/.github/workflows/release.yml"] # no ref
    role_path         = "ci"
    tags              = { for number in range(49) : "tag${number}" => "" }
  }
  expect_failures = [var.role_name, var.function_arns, var.refs, var.job_workflow_refs, var.role_path, var.tags]
}

run "reject_policy_variables" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    refs         = ["refs/heads/$${aws:username}"]
    environments = ["$${aws:username}"]
    tags         = { team = "platform", Team = "platform" }
  }
  expect_failures = [var.refs, var.environments, var.tags]
}

run "reject_any_branch" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    refs              = ["refs/heads/main", "refs/heads/*"]
    job_workflow_refs = ["octo-org/shared/.github/workflows/release.yml@refs/heads/*"]
  }
  expect_failures = [var.refs, var.job_workflow_refs]
}

run "reject_any_ref" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = ["refs/heads/main", "refs/*"] }
  expect_failures = [var.refs]
}

run "reject_any_branch_by_two_asterisks" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = ["refs/heads/main", "refs/heads/**"] }
  expect_failures = [var.refs]
}

run "reject_any_branch_by_question_mark" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = ["refs/heads/main", "refs/heads/?*"] }
  expect_failures = [var.refs]
}

run "reject_any_tag" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = ["refs/heads/main", "refs/tags/*"] }
  expect_failures = [var.refs]
}

run "reject_leading_wildcard_in_a_branch" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = ["refs/heads/main", "refs/heads/*-release"] }
  expect_failures = [var.refs]
}

run "reject_no_repository" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    repository_name = null
    repository_id   = null
  }
  expect_failures = [aws_iam_role.caller]
}

run "reject_repository_without_id" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { repository_id = null }
  expect_failures = [aws_iam_role.caller]
}

run "reject_repository_with_any_repository" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { allow_any_repository_of_owner = true }
  expect_failures = [aws_iam_role.caller]
}

run "reject_no_ref" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = [] }
  expect_failures = [aws_iam_role.caller]
}

run "reject_no_ref_with_an_environment" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    refs         = []
    environments = ["production"]
  }
  expect_failures = [aws_iam_role.caller]
}

run "reject_ref_with_any_branch" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { allow_any_branch = true }
  expect_failures = [aws_iam_role.caller]
}

run "reject_long_trust_policy" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = [for n in range(100) : "refs/heads/a-branch-with-a-long-name-${n}"] }
  expect_failures = [aws_iam_role.caller, check.trust_policy_size]
}

run "warn_about_trust_policy_over_default_quota" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { refs = [for n in range(40) : "refs/heads/a-branch-with-a-long-name-${n}"] }
  expect_failures = [check.trust_policy_size]
}

# The size is known even if the provider's ARN is not.
run "warn_about_trust_policy_of_a_new_provider" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    refs                 = [for n in range(40) : "refs/heads/a-branch-with-a-long-name-${n}"]
    create_oidc_provider = true
  }
  expect_failures = [check.trust_policy_size]
}

run "reject_long_policy" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { function_arns = [for n in range(150) : "arn:aws:lambda:eu-central-1:111122223333:function:a-broker-with-a-name-${n}"] }
  expect_failures = [aws_iam_role_policy.caller]
}

run "reject_characters_that_iam_does_not_accept" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    refs              = ["refs/heads/東京"]
    environments      = ["東京"]
    job_workflow_refs = ["octo-org/shared/.github/workflows/東京.yml@refs/heads/main"]
    workflows         = ["東京"]
  }
  expect_failures = [var.refs, var.environments, var.job_workflow_refs, var.workflows]
}

run "reject_invalid_git_refs" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    refs              = ["refs/heads/a b"]
    environments      = [""]
    job_workflow_refs = ["octo-org/shared/.github/workflows/release.yml@v1"]
    workflows         = ["a\nb"]
  }
  expect_failures = [var.refs, var.environments, var.job_workflow_refs, var.workflows]
}

run "reject_other_issuers" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    issuer            = "https://gitlab.example.com"
    oidc_provider_arn = "token.actions.githubusercontent.com"
  }
  expect_failures = [var.issuer, var.oidc_provider_arn]
}

run "reject_issuer_with_a_trailing_slash" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { issuer = "https://token.actions.githubusercontent.com/" }
  expect_failures = [var.issuer]
}

run "reject_issuer_with_a_port" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { issuer = "https://github.example.com:8443/_services/token" }
  expect_failures = [var.issuer]
}

run "reject_tag_without_a_value" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { tags = { team = null } }
  expect_failures = [var.tags]
}

run "reject_provider_of_another_issuer" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com/octo-enterprise" }
  expect_failures = [aws_iam_role.caller]
}

run "reject_provider_given_and_created" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    oidc_provider_arn    = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    create_oidc_provider = true
  }
  expect_failures = [aws_iam_role.caller]
}

run "reject_no_owner_id" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { repository_owner_id = null }
  expect_failures = [aws_iam_role.caller]
}

run "reject_ids_on_enterprise_server" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables { issuer = "https://github.example.com/_services/token" }
  expect_failures = [aws_iam_role.caller]
}

run "reject_claims_on_enterprise_server" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    issuer              = "https://github.example.com/_services/token"
    repository_owner_id = null
    repository_id       = null
    actors              = ["octocat"]
  }
  expect_failures = [aws_iam_role.caller]
}

run "reject_refs_with_environments_on_enterprise_server" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    issuer              = "https://github.example.com/_services/token"
    repository_owner_id = null
    repository_id       = null
    environments        = ["production"]
  }
  expect_failures = [aws_iam_role.caller]
}

run "reject_creating_a_provider_of_enterprise_server" {
  command = plan
  module { source = "./modules/github-actions-caller" }
  variables {
    issuer               = "https://github.example.com/_services/token"
    repository_owner_id  = null
    repository_id        = null
    create_oidc_provider = true
  }
  expect_failures = [aws_iam_role.caller]
}
