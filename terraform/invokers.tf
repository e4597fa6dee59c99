# Who may call the function, besides those whom their own policy lets (the output caller_policy_json).

resource "aws_lambda_permission" "invoker" {
  for_each = var.invokers

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.broker.function_name
  # AWS keeps an account's ID as the ARN of its root; the provider would take that for a change that replaces.
  principal = can(regex("^[0-9]{12}$", each.value)) ? "arn:${local.partition}:iam::${each.value}:root" : each.value

  # It goes with the function, whose name stays the same.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.broker.arn]
  }
}
