output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.broker.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.broker.function_name
}

output "function_invoke_arn" {
  description = "ARN with which API Gateway and similar services invoke the function. The broker refuses their payload, so only tools need this ARN."
  value       = aws_lambda_function.broker.invoke_arn
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = aws_iam_role.lambda.arn
}

output "role_name" {
  description = "Name of the function's role."
  value       = aws_iam_role.lambda.name
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.lambda.name
}

output "deployed_version" {
  description = "The running release, even after a failed apply. Null if the code comes from a local zip or from S3."
  value       = terraform_data.deployed_version.output
}

output "caller_policy_json" {
  description = "Policy with one statement that allows an identity to invoke this broker. A caller in the function's account needs only this policy; a caller in another account also needs an entry in `invokers`."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "InvokeGitHubTokenBroker"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = local.function_arn
    }]
  })
}
