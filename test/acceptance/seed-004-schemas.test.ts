// The learning platform's schema registry, as its document sets it up; the catalogue of it in the console is in
// the console's own test.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../../tools/tree.ts'
import { Signalbox } from '../support/signalbox.ts'

const PROGRAM = readFileSync(join(ROOT, 'test/acceptance/seed-004/schemas.py'), 'utf8')

test('004.5 the program run here is that of the document', (context) => {
  const [path] = globSync(join(ROOT, '../shared/seeds/004*'))
  if (path === undefined) return context.skip('the document is not beside this checkout')
  assert.ok(readFileSync(path, 'utf8').includes(`\`\`\`python\n${PROGRAM}\`\`\``))
})

test('004.5 the registry and its schema are made as printed, and hold events from then on', async (context) => {
  const signalbox = await Signalbox.open(context, { account: '123456789012', region: 'ap-south-1' })
  // The document's block has neither its imports nor its call.
  const program = `import boto3, json\n${PROGRAM}\nsetup_schema_registry()\n`
  const { code, stdout, stderr } = await signalbox.program(program)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /Schema registry and schemas created successfully/)
  const { schema, registry } = await signalbox.python<{
    schema: Record<string, unknown>
    registry: Record<string, unknown>
  }>(
    `
    schemas = boto3.client('schemas')
    result = dict(registry=schemas.describe_registry(RegistryName='MyLearning-EventSchemas'),
                  schema=schemas.describe_schema(RegistryName='MyLearning-EventSchemas',
                                                 SchemaName='UserRegistrationEvent'))
    `,
  )
  assert.deepEqual(registry['Tags'], { Environment: 'production', Application: 'MyLearning' })
  assert.equal(schema['Type'], 'OpenApi3')
  assert.equal(schema['Description'], 'Schema for user registration events')
  const { components } = JSON.parse(String(schema['Content'])) as {
    components: { schemas: object }
  }
  assert.deepEqual(Object.keys(components.schemas), ['UserRegistrationEvent'])
})
