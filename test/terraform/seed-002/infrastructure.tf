# Components of the document: bus, registry and archive.

resource "aws_cloudwatch_event_bus" "MediaDownloader" {
  name = "MediaDownloaderEvents"
}

resource "aws_schemas_registry" "MediaDownloader" {
  name        = "MediaDownloaderSchemas"
  description = "Event contracts of the media downloader"
}

resource "aws_schemas_schema" "MediaDownloader" {
  for_each      = local.schemas
  name          = each.key
  registry_name = aws_schemas_registry.MediaDownloader.name
  type          = "OpenApi3"
  content       = each.value
}

resource "aws_cloudwatch_event_archive" "MediaDownloader" {
  name             = "MediaDownloaderArchive"
  event_source_arn = aws_cloudwatch_event_bus.MediaDownloader.arn
  retention_days   = 90
}

# The document names the function and leaves it to the reader.
resource "aws_lambda_function" "SendPushNotification" {
  function_name    = "SendPushNotification"
  role             = "arn:aws:iam::123456789012:role/SendPushNotification"
  runtime          = "python3.12"
  handler          = "notify.handler"
  filename         = local.zip
  source_code_hash = filebase64sha256(local.zip)
}
