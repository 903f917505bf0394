// The schema registry as terraform keeps it: what was applied needs no change; in full size, a changed schema is a
// new version, and everything goes again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REGISTRATION } from '../../src/schema/testing.ts'
import { Signalbox } from '../support/signalbox.ts'
import { noTerraform, TerraformProject } from '../support/terraform.ts'

function configuration(content: string): string {
  return `
resource "aws_cloudwatch_event_bus" "orders" {
  name = "orders"
}
resource "aws_schemas_registry" "shop" {
  name        = "shop"
  description = "of the shop"
  tags        = { team = "a" }
}
resource "aws_schemas_schema" "registration" {
  name          = "UserRegistrationEvent"
  registry_name = aws_schemas_registry.shop.name
  type          = "OpenApi3"
  description   = "of users"
  content       = jsonencode(${content})
}
resource "aws_schemas_discoverer" "orders" {
  source_arn  = aws_cloudwatch_event_bus.orders.arn
  description = "learns"
  tags        = { team = "a" }
}
resource "aws_schemas_registry_policy" "shop" {
  registry_name = aws_schemas_registry.shop.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Read"
      Effect    = "Allow"
      Principal = { AWS = "111122223333" }
      Action    = ["schemas:DescribeRegistry"]
      Resource  = [aws_schemas_registry.shop.arn]
    }]
  })
}
`
}

test(
  'terraform applies registry, schema, discoverer and policy, and then finds nothing to do',
  { skip: noTerraform },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const project = new TerraformProject(signalbox, ['events', 'schemas'])
    project.write(configuration(REGISTRATION))
    await project.init()
    await project.apply()
    assert.equal(await project.plan(), '')

    // Each further step loads the provider again.
    if (process.env['SIGNALBOX_SOAK'] !== '1') return
    project.write(configuration(REGISTRATION.replace('"premium"', '"premium","gold"')))
    await project.apply()
    assert.equal(await project.plan(), '')
    const name = { 'registry-name': 'shop', 'schema-name': 'UserRegistrationEvent' }
    const { SchemaVersion } = await signalbox.aws<{ SchemaVersion: string }>(
      'schemas',
      'describe-schema',
      name,
    )
    assert.equal(SchemaVersion, '2')

    await project.destroy()
    const { Registries } = await signalbox.aws<{ Registries: { RegistryName: string }[] }>(
      'schemas',
      'list-registries',
    )
    assert.deepEqual(
      Registries.map(({ RegistryName }) => RegistryName),
      ['aws.events', 'discovered-schemas'],
    )
  },
)
