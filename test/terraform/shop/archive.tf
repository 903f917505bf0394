resource "aws_cloudwatch_event_archive" "orders" {
  name             = "orders"
  description      = "stage ${var.stage}"
  event_source_arn = aws_cloudwatch_event_bus.orders.arn
  retention_days   = var.stage == "one" ? 90 : 30
  event_pattern    = jsonencode({ source = ["shop"] })
}
