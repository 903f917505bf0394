resource "aws_cloudwatch_event_rule" "FileDownloadCompleted" {
  name           = "FileDownloadCompleted"
  description    = "Trigger notification when file download completes"
  event_bus_name = aws_cloudwatch_event_bus.MediaDownloader.name

  event_pattern = jsonencode({
    source      = ["aws.mediadownloader.download"]
    detail-type = ["FileDownloadCompleted"]
  })
}

resource "aws_cloudwatch_event_target" "NotifyUsers" {
  rule           = aws_cloudwatch_event_rule.FileDownloadCompleted.name
  event_bus_name = aws_cloudwatch_event_bus.MediaDownloader.name
  arn            = aws_lambda_function.SendPushNotification.arn
}
