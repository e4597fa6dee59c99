# Who may call the function, besides those whom their own policy lets (the output caller_policy_json).

locals {
  # AWS keeps an account's ID as the ARN of its root; the provider would take that for a change that replaces.
  invokers = {
    for name, invoker in var.invokers : name => can(regex("^[0-9]{12}$", invoker)) ? "iam::${invoker}:root" : invoker
  }

  # Of the policy as Lambda keeps it, without what others add to it: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
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
  # A changed principal replaces the permission, so nothing here may be unknown while the function exists. A data source
  # is, whenever something in depends_on of the module changes; hence the partition in the function's own ARN.
  principal = startswith(each.value, "arn:") ? each.value : "arn:${split(":", aws_lambda_function.broker.arn)[1]}:${each.value}"

  # It goes with the function, whose name stays the same.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.broker.arn]
  }
}
