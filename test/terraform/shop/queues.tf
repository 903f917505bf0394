resource "aws_sqs_queue" "orders" {
  name                       = "orders"
  visibility_timeout_seconds = var.stage == "one" ? 30 : 60
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.letters.arn
    maxReceiveCount     = 3
  })
  tags = {
    stage = var.stage
  }
}

resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}

resource "aws_sqs_queue" "letters" {
  name = "letters"
}

# Read by the pipe, which deletes what its filter does not want.
resource "aws_sqs_queue" "inbox" {
  name = "inbox"
}
