# This example plans as it is, with a mocked account; it has a second provider.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "ireland"
  source = "./tests/mocks"
}

run "two_regions" {
  command = plan
  module { source = "./examples/two-regions" }
}
