resource "aws_sns_topic" "orders" {
  name         = "orders"
  display_name = "stage ${var.stage}"
  tags = {
    stage = var.stage
  }
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.orders.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.orders.arn
  raw_message_delivery = var.stage != "one"
  filter_policy        = jsonencode({ kind = ["order"] })
}
