resource "aws_schemas_registry" "shop" {
  name        = "shop"
  description = "stage ${var.stage}"
  tags = {
    stage = var.stage
  }
}

resource "aws_schemas_schema" "placed" {
  name          = "OrderPlaced"
  registry_name = aws_schemas_registry.shop.name
  type          = "OpenApi3"
  description   = "an order that was placed"
  content = jsonencode({
    openapi = "3.0.0"
    info    = { version = "1.0.0", title = "OrderPlaced" }
    paths   = {}
    components = {
      schemas = {
        OrderPlaced = {
          type     = "object"
          required = ["id"]
          properties = merge(
            { id = { type = "string" } },
            var.stage == "one" ? {} : { note = { type = "string" } },
          )
        }
      }
    }
  })
}

resource "aws_schemas_schema" "draft" {
  name          = "OrderShipped"
  registry_name = aws_schemas_registry.shop.name
  type          = "JSONSchemaDraft4"
  content = jsonencode({
    "$schema"  = "http://json-schema.org/draft-04/schema#"
    type       = "object"
    properties = { id = { type = "string" } }
  })
}

resource "aws_schemas_discoverer" "orders" {
  source_arn  = aws_cloudwatch_event_bus.orders.arn
  description = "stage ${var.stage}"
}
