resource "aws_lambda_function" "hello" {
  function_name    = "hello"
  role             = "arn:aws:iam::000000000000:role/lambda"
  runtime          = "python3.12"
  handler          = "hello.handler"
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  description      = "stage ${var.stage}"
  timeout          = 10
  environment {
    variables = {
      STAGE = var.stage
    }
  }
}

resource "aws_lambda_permission" "events" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.hello.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.placed.arn
}

resource "aws_cloudwatch_event_target" "hello" {
  rule           = aws_cloudwatch_event_rule.placed.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "hello"
  arn            = aws_lambda_function.hello.arn
}
