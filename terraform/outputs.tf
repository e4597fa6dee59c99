output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.broker.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.broker.function_name
}

output "function_invoke_arn" {
  description = "ARN under which API Gateway and the like invoke the function. The broker refuses whatever they send, so this is of use to tools only."
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
  description = "The deployed release, or null when the code comes from a local zip or from S3. After an apply that failed, still the release that runs."
  value       = terraform_data.deployed_version.output
}

output "caller_policy_json" {
  description = "A policy of one statement that allows the identity it is attached to only to invoke this broker. In this account it suffices; a caller in another account needs it and an entry in `invokers`."
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
