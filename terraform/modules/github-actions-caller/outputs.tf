output "role_arn" {
  description = "ARN of the role, for `role-to-assume` of `aws-actions/configure-aws-credentials`."
  value       = aws_iam_role.caller.arn
}

output "role_name" {
  description = "Name of the role."
  value       = aws_iam_role.caller.name
}

output "oidc_provider_arn" {
  description = "ARN of the account's OIDC provider for the issuer."
  value       = local.oidc_provider_arn
}
