// Connections, API destinations, buses with their policies and a global endpoint as terraform keeps them: what was
// applied needs no change.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'
import { noTerraform, TerraformProject } from '../support/terraform.ts'

function configuration(password: string): string {
  return `
resource "aws_cloudwatch_event_connection" "basic" {
  name               = "basic"
  description        = "of the shop"
  authorization_type = "BASIC"
  auth_parameters {
    basic {
      username = "me"
      password = "${password}"
    }
    invocation_http_parameters {
      header {
        key             = "X-Open"
        value           = "seen"
        is_value_secret = false
      }
      header {
        key             = "X-Secret"
        value           = "unseen"
        is_value_secret = true
      }
      body {
        key   = "added"
        value = "by-connection"
      }
    }
  }
}
resource "aws_cloudwatch_event_connection" "key" {
  name               = "key"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "X-Api-Key"
      value = "${password}"
    }
  }
}
resource "aws_cloudwatch_event_connection" "oauth" {
  name               = "oauth"
  authorization_type = "OAUTH_CLIENT_CREDENTIALS"
  auth_parameters {
    oauth {
      authorization_endpoint = "https://127.0.0.1:1/token"
      http_method            = "POST"
      client_parameters {
        client_id     = "me"
        client_secret = "${password}"
      }
      oauth_http_parameters {
        query_string {
          key   = "tenant"
          value = "a"
        }
      }
    }
  }
}
resource "aws_cloudwatch_event_api_destination" "api" {
  name                             = "api"
  description                      = "where orders go"
  invocation_endpoint              = "https://127.0.0.1:1/orders/*"
  http_method                      = "PUT"
  invocation_rate_limit_per_second = 20
  connection_arn                   = aws_cloudwatch_event_connection.basic.arn
}
resource "aws_cloudwatch_event_bus" "orders" {
  name        = "orders"
  description = "of the shop"
  dead_letter_config {
    arn = "arn:aws:sqs:us-east-1:000000000000:dead"
  }
}
resource "aws_cloudwatch_event_permission" "partner" {
  principal      = "111122223333"
  statement_id   = "Partner"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
}
resource "aws_cloudwatch_event_permission" "organization" {
  principal      = "*"
  statement_id   = "Organization"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  condition {
    key   = "aws:PrincipalOrgID"
    type  = "StringEquals"
    value = "o-123456"
  }
  depends_on = [aws_cloudwatch_event_permission.partner]
}
resource "aws_cloudwatch_event_bus" "open" {
  name = "open"
}
resource "aws_cloudwatch_event_bus_policy" "open" {
  event_bus_name = aws_cloudwatch_event_bus.open.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Put"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = ["events:PutEvents", "events:PutRule"]
      Resource  = aws_cloudwatch_event_bus.open.arn
    }]
  })
}
resource "aws_cloudwatch_event_rule" "orders" {
  name           = "orders"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  event_pattern  = jsonencode({ source = ["shop"] })
}
resource "aws_cloudwatch_event_target" "api" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  target_id      = "api"
  arn            = aws_cloudwatch_event_api_destination.api.arn
  role_arn       = "arn:aws:iam::000000000000:role/any"
  http_target {
    path_parameter_values   = ["$.detail.id"]
    header_parameters       = { "X-Total" = "$.detail.total" }
    query_string_parameters = { fixed = "yes" }
  }
}
`
}

test(
  'terraform applies connections, an API destination, buses and their policies, and then finds nothing to do',
  { skip: noTerraform },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const project = new TerraformProject(signalbox, ['events'])
    project.write(configuration('first-password'))
    await project.init()
    await project.apply()
    assert.equal(await project.plan(), '')

    // Each further step loads the provider again.
    if (process.env['SIGNALBOX_SOAK'] !== '1') return
    project.write(configuration('second-password'))
    await project.apply()
    assert.equal(await project.plan(), '')
    await project.destroy()
    const { Connections } = await signalbox.aws<{ Connections: unknown[] }>(
      'events',
      'list-connections',
    )
    assert.deepEqual(Connections, [])
  },
)

test(
  'terraform applies a global endpoint, and then finds nothing to do',
  { skip: noTerraform },
  async (context) => {
    if (process.env['SIGNALBOX_SOAK'] !== '1') return
    const signalbox = await Signalbox.open(context)
    await signalbox.python(`
      for region in ['us-east-1', 'eu-west-1']:
          boto3.client('events', region_name=region).create_event_bus(Name='orders')
    `)
    const project = new TerraformProject(signalbox, ['events'])
    project.write(`
resource "aws_cloudwatch_event_endpoint" "orders" {
  name        = "orders"
  description = "in two regions"
  role_arn    = "arn:aws:iam::000000000000:role/any"
  event_bus { event_bus_arn = "arn:aws:events:us-east-1:000000000000:event-bus/orders" }
  event_bus { event_bus_arn = "arn:aws:events:eu-west-1:000000000000:event-bus/orders" }
  replication_config { state = "DISABLED" }
  routing_config {
    failover_config {
      primary { health_check = "arn:aws:route53:::healthcheck/abc" }
      secondary { route = "eu-west-1" }
    }
  }
}
`)
    await project.init()
    await project.apply()
    assert.equal(await project.plan(), '')
    await project.destroy()
  },
)
