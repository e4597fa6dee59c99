# Every example plans as it is, with a mocked account. with-ssm-write-only has a file of its own, since it needs a newer
# Terraform and provider than the module.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "basic" {
  command = plan
  module { source = "./examples/basic" }
}

run "fleet" {
  command = plan
  module { source = "./examples/fleet" }
}

run "github_actions" {
  command = plan
  module { source = "./examples/github-actions" }
}

run "github_enterprise_server" {
  command = plan
  module { source = "./examples/github-enterprise-server" }
}

run "with_ssm_bootstrap" {
  command = plan
  module { source = "./examples/with-ssm-bootstrap" }
}
