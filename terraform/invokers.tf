# Callers of the function, in addition to those whose own policy allows it (the output caller_policy_json).

locals {
  # AWS stores an account's ID as the ARN of its root, which the provider would show as a change that forces replacement.
  invokers = {
    for name, invoker in var.invokers : name => can(regex("^[0-9]{12}$", invoker)) ? "iam::${invoker}:root" : invoker
  }

  # The size of the policy as Lambda stores it, without statements that others add: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  resource_policy_size = length(jsonencode({
    Version = "2012-10-17"
    Id      = "default"
    Statement = [for name, invoker in local.invokers : {
      Sid       = name
      Effect    = "Allow"
      Principal = { AWS = startswith(invoker, "arn:") ? invoker : "arn:${local.partition}:${invoker}" }
      Action    = "lambda:InvokeFunction"
      Resource  = local.function_arn
    }]
  }))
}

resource "aws_lambda_permission" "invoker" {
  for_each = local.invokers

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.broker.function_name
  # A changed principal replaces the permission, so no part of it may be unknown while the function exists. A data source is
  # unknown whenever something in the module's depends_on changes, so the partition is that of the function's own ARN.
  principal = startswith(each.value, "arn:") ? each.value : "arn:${split(":", aws_lambda_function.broker.arn)[1]}:${each.value}"

  # Lambda deletes the permission with the function, whose name does not change.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.broker.arn]
  }
}
