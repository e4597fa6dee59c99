# Alarms, when asked for. Each says in its description what to look at; the README says what to do.

locals {
  alarm_metrics = {
    errors = {
      metric      = "Errors"
      statistic   = "Sum"
      threshold   = 1
      description = "An invocation brought no token. A refused payload counts too: Lambda takes every error answer for an error. The log's error_type says which."
    }
    throttles = {
      metric      = "Throttles"
      statistic   = "Sum"
      threshold   = 1
      description = "Lambda turned callers away: the account's or the function's limit of concurrent invocations is reached."
    }
    duration = {
      metric      = "Duration"
      statistic   = "Maximum"
      threshold   = var.timeout * 700
      description = "An invocation took more than seven tenths of its ${var.timeout} s: SSM or GitHub is slow, and callers will soon get DeadlineExceeded."
    }
  }

  alarm_error_types = var.enable_alarms ? var.alarm_error_types : []
}

resource "aws_cloudwatch_metric_alarm" "function" {
  for_each = { for name, alarm in local.alarm_metrics : name => alarm if var.enable_alarms }

  alarm_name          = "${var.function_name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = aws_lambda_function.broker.function_name }
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_log_metric_filter" "error_type" {
  for_each = local.alarm_error_types

  name           = "${var.function_name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.lambda.name
  pattern        = "{ $.error_type = \"${each.key}\" }"

  metric_transformation {
    namespace = "github-token-broker"
    name      = "${var.function_name}-${each.key}"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "error_type" {
  for_each = local.alarm_error_types

  alarm_name          = "${var.function_name}-${each.key}"
  alarm_description   = "The broker logged the error_type ${each.key}. The log group ${aws_cloudwatch_log_group.lambda.name} has the text, the module's README what to do."
  namespace           = "github-token-broker"
  metric_name         = "${var.function_name}-${each.key}"
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  tags                = local.tags

  depends_on = [aws_cloudwatch_log_metric_filter.error_type]
}
