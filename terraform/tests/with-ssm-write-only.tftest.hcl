# This example plans as it is, with a mocked account.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "with_ssm_write_only" {
  command = plan
  module { source = "./examples/with-ssm-write-only" }
}
