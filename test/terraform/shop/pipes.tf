resource "aws_pipes_pipe" "orders" {
  name        = "orders"
  description = "stage ${var.stage}"
  role_arn    = "arn:aws:iam::000000000000:role/pipes"
  source      = aws_sqs_queue.inbox.arn
  target      = aws_cloudwatch_event_bus.orders.arn
  source_parameters {
    filter_criteria {
      filter {
        pattern = jsonencode({ body = { kind = [var.stage == "one" ? "order" : "refund"] } })
      }
    }
    sqs_queue_parameters {
      batch_size                         = 5
      maximum_batching_window_in_seconds = 1
    }
  }
  target_parameters {
    input_template = "{\"id\": <$.body.id>}"
    eventbridge_event_bus_parameters {
      detail_type = "Order"
      source      = "shop.pipe"
    }
  }
  log_configuration {
    level = "ERROR"
    cloudwatch_logs_log_destination {
      log_group_arn = "arn:aws:logs:us-east-1:000000000000:log-group:pipes"
    }
  }
  tags = {
    stage = var.stage
  }
}
