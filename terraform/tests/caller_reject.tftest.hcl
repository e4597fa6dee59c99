# What modules/github-actions-caller refuses: one run at least for every validation and precondition.

mock_provider "aws" {
  source = "./tests/mocks"
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

run "reject_role_name" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    role_name = "caller/x"
  }

  expect_failures = [var.role_name]
}

run "reject_no_function" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    function_arns = []
  }

  expect_failures = [var.function_arns]
}

run "reject_function_wildcard" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    function_arns = ["arn:aws:lambda:eu-central-1:111122223333:function:*"]
  }

  expect_failures = [var.function_arns]
}

run "reject_function_alias" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    function_arns = ["arn:aws:lambda:eu-central-1:111122223333:function:broker:live"]
  }

  expect_failures = [var.function_arns]
}

run "reject_owner_wildcard" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    repository_owner = "*"
  }

  expect_failures = [var.repository_owner]
}

run "reject_owner_id_that_is_a_name" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    repository_owner_id = "octo-org"
  }

  expect_failures = [var.repository_owner_id]
}

run "reject_repository_wildcard" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    repository_name = "octo-*"
  }

  expect_failures = [var.repository_name]
}

run "reject_repository_id_that_is_a_name" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    repository_id = "octo-repo"
  }

  expect_failures = [var.repository_id]
}

run "reject_ref_that_is_short" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["main"]
  }

  expect_failures = [var.refs]
}

run "reject_ref_of_a_pull_request" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/pull/1/merge"]
  }

  expect_failures = [var.refs]
}

run "reject_ref_with_a_variable" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/$${aws:username}"]
  }

  expect_failures = [var.refs]
}

run "reject_any_ref" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/main", "*"]
  }

  expect_failures = [var.refs]
}

run "reject_any_ref_in_full" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/main", "refs/*"]
  }

  expect_failures = [var.refs]
}

run "reject_any_branch" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/main", "refs/heads/*"]
  }

  expect_failures = [var.refs]
}

run "reject_any_branch_twice" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/main", "refs/heads/**"]
  }

  expect_failures = [var.refs]
}

run "reject_any_branch_by_question_mark" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/main", "refs/heads/?*"]
  }

  expect_failures = [var.refs]
}

run "reject_any_tag" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/main", "refs/tags/*"]
  }

  expect_failures = [var.refs]
}

run "reject_branch_by_its_end" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = ["refs/heads/main", "refs/heads/*-release"]
  }

  expect_failures = [var.refs]
}

run "reject_environment_wildcard" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    environments = ["*"]
  }

  expect_failures = [var.environments]
}

run "reject_environment_variable" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    environments = ["$${aws:username}"]
  }

  expect_failures = [var.environments]
}

run "reject_workflow_ref_without_ref" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    job_workflow_refs = ["octo-org/shared/.github/workflows/release.yml"]
  }

  expect_failures = [var.job_workflow_refs]
}

run "reject_workflow_ref_of_any_file" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    job_workflow_refs = ["octo-org/shared/.github/workflows/*@refs/heads/main"]
  }

  expect_failures = [var.job_workflow_refs]
}

run "reject_workflow_ref_of_any_branch" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    job_workflow_refs = ["octo-org/shared/.github/workflows/release.yml@refs/heads/*"]
  }

  expect_failures = [var.job_workflow_refs]
}

run "reject_workflow_wildcard" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    workflows = ["Rel*"]
  }

  expect_failures = [var.workflows]
}

run "reject_actor_wildcard" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    actors = ["octo*"]
  }

  expect_failures = [var.actors]
}

run "reject_actor_id_that_is_a_login" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    actor_ids = ["octocat"]
  }

  expect_failures = [var.actor_ids]
}

run "reject_enterprise_id_that_is_a_name" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    enterprise_id = "octo"
  }

  expect_failures = [var.enterprise_id]
}

run "reject_permissions_boundary_with_a_wildcard" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/*"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "reject_role_path" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    role_path = "ci"
  }

  expect_failures = [var.role_path]
}

run "reject_no_repository" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    repository_name = null
    repository_id   = null
  }

  expect_failures = [aws_iam_role.caller]
}

run "reject_repository_without_id" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    repository_id = null
  }

  expect_failures = [aws_iam_role.caller]
}

run "reject_repository_beside_any_repository" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    allow_any_repository_of_owner = true
  }

  expect_failures = [aws_iam_role.caller]
}

run "reject_no_ref" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = []
  }

  expect_failures = [aws_iam_role.caller]
}

run "reject_no_ref_with_an_environment" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs         = []
    environments = ["production"]
  }

  expect_failures = [aws_iam_role.caller]
}

run "reject_ref_beside_any_branch" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    allow_any_branch = true
  }

  expect_failures = [aws_iam_role.caller]
}

run "reject_trust_policy_that_is_too_long" {
  command = plan

  module {
    source = "./modules/github-actions-caller"
  }

  variables {
    refs = [for n in range(50) : "refs/heads/a-branch-with-a-long-name-${n}"]
  }

  expect_failures = [aws_iam_role.caller]
}
