resource "aws_scheduler_schedule_group" "shop" {
  name = "shop"
  tags = {
    stage = var.stage
  }
}

resource "aws_scheduler_schedule" "nightly" {
  name                         = "nightly"
  group_name                   = aws_scheduler_schedule_group.shop.name
  description                  = "stage ${var.stage}"
  schedule_expression          = "cron(0 2 * * ? *)"
  schedule_expression_timezone = "Europe/Berlin"
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }
  target {
    arn      = aws_sqs_queue.orders.arn
    role_arn = "arn:aws:iam::000000000000:role/scheduler"
    input    = jsonencode({ stage = var.stage })
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}

resource "aws_cloudwatch_event_rule" "hourly" {
  name                = "hourly"
  schedule_expression = var.stage == "one" ? "rate(1 hour)" : "rate(2 hours)"
}
