# Another partition.

mock_data "aws_caller_identity" {
  defaults = { account_id = "444455556666" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws-us-gov" }
}

mock_data "aws_region" {
  defaults = { name = "us-gov-west-1", region = "us-gov-west-1" }
}
