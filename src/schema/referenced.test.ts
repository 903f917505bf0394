import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleReferences, unbundleReferences } from './referenced.ts'

const ADDRESS = JSON.stringify({
  $schema: 'http://json-schema.org/draft-04/schema#',
  id: 'http://example.com/address.json',
  type: 'object',
  properties: { zip: { $ref: '#/definitions/zip' }, next: { $ref: '#' } },
  definitions: { zip: { type: 'string' } },
})
const ORDER = JSON.stringify({
  type: 'object',
  properties: {
    to: { $ref: 'http://x/address.json' },
    zip: { $ref: 'http://x/address.json#/definitions/zip' },
    own: { $ref: '#/definitions/own' },
    other: { $ref: 'elsewhere.json' },
  },
  definitions: { own: { type: 'number' } },
})
const REFERENCE = { name: 'http://x/address.json', subject: 'address', version: 2 }

test('what a schema refers to lies among its definitions, and all its own references lead there', () => {
  const bundled = JSON.parse(bundleReferences(ORDER, [{ ...REFERENCE, content: ADDRESS }]))
  const pointer = '#/definitions/http%3A~1~1x~1address.json'
  assert.deepEqual(bundled.properties, {
    to: { $ref: pointer },
    zip: { $ref: `${pointer}/definitions/zip` },
    own: { $ref: '#/definitions/own' },
    other: { $ref: 'elsewhere.json' },
  })
  assert.deepEqual(bundled.definitions, {
    own: { type: 'number' },
    'http://x/address.json': {
      type: 'object',
      properties: { zip: { $ref: `${pointer}/definitions/zip` }, next: { $ref: pointer } },
      definitions: { zip: { type: 'string' } },
    },
  })
})

test('a bundled schema is given back as it came, with what it refers to', () => {
  const bundled = bundleReferences(ORDER, [{ ...REFERENCE, content: ADDRESS }])
  const { schema, references } = unbundleReferences(bundled)
  assert.deepEqual(JSON.parse(schema), JSON.parse(ORDER))
  assert.deepEqual(references, [REFERENCE])
  assert.deepEqual(unbundleReferences(ADDRESS), { schema: ADDRESS, references: [] })
  assert.equal(bundleReferences(ORDER, []), ORDER)
})

test('references of references come along', () => {
  const country = '{"type":"string"}'
  const address = bundleReferences('{"properties":{"country":{"$ref":"country"}}}', [
    { name: 'country', subject: 'country', version: 1, content: country },
  ])
  const bundled = JSON.parse(bundleReferences(ORDER, [{ ...REFERENCE, content: address }]))
  const inner = bundled.definitions[REFERENCE.name]
  assert.deepEqual(inner.definitions, { country: { type: 'string' } })
  assert.equal(
    inner.properties.country.$ref,
    '#/definitions/http%3A~1~1x~1address.json/definitions/country',
  )
})

test('a definition of the name of a reference, and what is no object, are refused', () => {
  const schema = JSON.stringify({ definitions: { [REFERENCE.name]: {} } })
  const referenced = [{ ...REFERENCE, content: ADDRESS }]
  const wrong = { code: 'SCHEMA_INVALID' }
  assert.throws(() => bundleReferences(schema, referenced), wrong)
  assert.throws(() => bundleReferences('[]', referenced), wrong)
  assert.throws(() => bundleReferences('{', referenced), wrong)
})
