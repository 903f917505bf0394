resource "aws_cloudwatch_event_bus" "orders" {
  name        = "orders"
  description = "orders, stage ${var.stage}"
  tags = {
    team = "shop"
  }
}

resource "aws_cloudwatch_event_rule" "placed" {
  name           = "placed"
  description    = "orders that were placed"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  event_pattern = jsonencode({
    source      = ["shop"]
    detail-type = ["Order Placed"]
    detail      = { total = [{ numeric = [">", var.stage == "one" ? 10 : 20] }] }
  })
  tags = {
    stage = var.stage
  }
}

resource "aws_cloudwatch_event_target" "queue" {
  rule           = aws_cloudwatch_event_rule.placed.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "queue"
  arn            = aws_sqs_queue.orders.arn
  input_transformer {
    input_paths = {
      id = "$.detail.id"
    }
    input_template = "{\"order\": <id>, \"stage\": \"${var.stage}\"}"
  }
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 5
  }
  dead_letter_config {
    arn = aws_sqs_queue.letters.arn
  }
}

resource "aws_cloudwatch_event_target" "group" {
  rule           = aws_cloudwatch_event_rule.placed.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "group"
  arn            = aws_sqs_queue.ordered.arn
  sqs_target {
    message_group_id = "orders"
  }
}

resource "aws_cloudwatch_event_target" "call" {
  rule           = aws_cloudwatch_event_rule.placed.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "call"
  arn            = aws_cloudwatch_event_api_destination.hook.arn
  role_arn       = "arn:aws:iam::000000000000:role/events"
  input_path     = "$.detail"
  http_target {
    header_parameters       = { "X-Stage" = var.stage }
    path_parameter_values   = ["orders"]
    query_string_parameters = { all = "yes" }
  }
}

resource "aws_cloudwatch_event_permission" "other" {
  principal      = "111122223333"
  statement_id   = "other"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
}

resource "aws_cloudwatch_event_connection" "key" {
  name               = "key"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "X-Key"
      value = "secret-${var.stage}"
    }
    invocation_http_parameters {
      header {
        key             = "X-Kind"
        value           = "order"
        is_value_secret = false
      }
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hook" {
  name                             = "hook"
  description                      = "stage ${var.stage}"
  invocation_endpoint              = "https://hooks.example.com/*"
  http_method                      = "POST"
  invocation_rate_limit_per_second = 20
  connection_arn                   = aws_cloudwatch_event_connection.key.arn
}
