import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldText, formatDetail, readFields } from './event-fields.ts'

const SCHEMA = JSON.stringify({
  openapi: '3.0.0',
  info: { version: '1', title: 'Order' },
  components: {
    schemas: {
      AWSEvent: { type: 'object', properties: { detail: { $ref: '#/components/schemas/Order' } } },
      Order: {
        type: 'object',
        required: ['id', 'size'],
        properties: {
          id: { type: 'string', description: 'its number' },
          size: { type: 'integer' },
          state: { type: 'string', enum: ['new', 'paid'] },
          isGift: { type: 'boolean' },
          lines: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
})

test('the fields are the properties of the detail, each of its kind', () => {
  const fields = readFields(SCHEMA)
  assert.deepEqual(
    fields.map(({ name, kind, isRequired }) => `${name} ${kind} ${isRequired}`),
    [
      'id text true',
      'size number true',
      'state choice false',
      'isGift boolean false',
      'lines json false',
    ],
  )
  assert.equal(fields[0]!.description, 'its number')
  assert.deepEqual(fields[2]!.choices, ['new', 'paid'])
})

test('a schema of the detail alone has the same fields', () => {
  const { components } = JSON.parse(SCHEMA) as { components: { schemas: { Order: object } } }
  const draft = readFields(JSON.stringify(components.schemas.Order))
  assert.deepEqual(draft, readFields(SCHEMA))
})

test('what the fields hold makes the detail; what is empty and optional is left out', () => {
  const fields = readFields(SCHEMA)
  assert.equal(
    formatDetail(fields, { id: 'a', size: '3', lines: '["x"]' }),
    '{"id":"a","size":3,"lines":["x"]}',
  )
  assert.deepEqual(formatDetail(fields, { id: 'a', size: 'three' }), {
    name: 'size',
    message: 'expected `size` to be a number',
  })
  assert.equal(fieldText(fields[4]!, ['x']), '["x"]')
  assert.equal(fieldText(fields[1]!, 3), '3')
})

test('a schema that refers to itself, or to nothing, ends', () => {
  assert.deepEqual(readFields('{"$ref":"#"}'), [])
  assert.deepEqual(readFields('{"$ref":"#/nowhere"}'), [])
})
