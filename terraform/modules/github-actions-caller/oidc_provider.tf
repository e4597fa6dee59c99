# The account's only provider for the issuer. Its ARN follows from the issuer, so nothing is looked up: a role can be planned
# before the provider exists, and destroyed after the provider is deleted.

locals {
  # AWS verifies GitHub's certificate with its own trust store and ignores these; older provider versions require them.
  thumbprints = [
    "1c58a3a8518e8759bf075b76b750d4f2df264fcd",
    "6938fd4d98bab03faadb97b34396831e3780aea1",
  ]

  oidc_provider_arn = (
    var.create_oidc_provider
    ? one(aws_iam_openid_connect_provider.github[*].arn)
    : coalesce(
      var.oidc_provider_arn,
      "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${local.issuer}",
    )
  )
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 1 : 0

  url             = var.issuer
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = local.thumbprints
  tags            = local.tags
}
