# The alarms of enable_alarms. Each description links to a page of the documentation, the only place with remedies.

locals {
  alarm_settings = {
    for alarm, threshold in { errors = 1, throttles = 1, duration = var.timeout * 700, error_types = 1 } :
    alarm => merge({ threshold = threshold, period = 300, evaluation_periods = 1 }, lookup(var.alarm_settings, alarm, {}))
  }

  alarm_metrics = {
    errors = {
      metric      = "Errors"
      statistic   = "Sum"
      description = "An invocation failed, or a caller's payload was refused: Lambda counts every error response. The error_type in the log group ${aws_cloudwatch_log_group.lambda.name} is the cause. https://github-token-broker.meigma.dev/reference/errors.html"
    }
    throttles = {
      metric      = "Throttles"
      statistic   = "Sum"
      description = "Lambda throttled invocations: the concurrency limit of the account or of the function is reached. https://github-token-broker.meigma.dev/how-to/alarms.html#the-alarms"
    }
    duration = {
      metric      = "Duration"
      statistic   = "Maximum"
      description = "An invocation took ${local.alarm_settings.duration.threshold} ms or more; the timeout is ${var.timeout} s. SSM or GitHub is slow. https://github-token-broker.meigma.dev/reference/errors.html#deadlineexceeded"
    }
  }

  # The error types of each metric filter and its alarm, by the suffix of their names.
  alarm_error_types = (
    !var.enable_alarms || length(var.alarm_error_types) == 0 ? {} :
    var.alarm_per_error_type ? { for type in var.alarm_error_types : type => [type] } :
    { error-types = sort(var.alarm_error_types) }
  )
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
  threshold           = local.alarm_settings[each.key].threshold
  period              = local.alarm_settings[each.key].period
  evaluation_periods  = local.alarm_settings[each.key].evaluation_periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.ok_actions
  tags                = local.tags
}

# A pattern has at most 1,024 characters; all error types together fit.
resource "aws_cloudwatch_log_metric_filter" "error_type" {
  for_each = local.alarm_error_types

  name           = "${var.function_name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.lambda.name
  pattern        = "{ ${join(" || ", [for type in each.value : "($.error_type = \"${type}\")"])} }"

  metric_transformation {
    namespace = "github-token-broker"
    name      = "${var.function_name}-${each.key}"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "error_type" {
  for_each = local.alarm_error_types

  alarm_name          = "${var.function_name}-${each.key}"
  alarm_description   = "The log group ${aws_cloudwatch_log_group.lambda.name} has a line with the error_type ${join(" or ", each.value)}. https://github-token-broker.meigma.dev/reference/errors.html${var.alarm_per_error_type ? "#${lower(each.key)}" : ""}"
  namespace           = "github-token-broker"
  metric_name         = "${var.function_name}-${each.key}"
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = local.alarm_settings.error_types.threshold
  period              = local.alarm_settings.error_types.period
  evaluation_periods  = local.alarm_settings.error_types.evaluation_periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.ok_actions
  tags                = local.tags

  depends_on = [aws_cloudwatch_log_metric_filter.error_type]
}
