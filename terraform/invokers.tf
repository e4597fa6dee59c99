# Who may call the function, besides those whom their own policy lets (the output caller_policy_json).

resource "aws_lambda_permission" "invoker" {
  for_each = var.invokers

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.broker.function_name
  principal     = each.value
}
