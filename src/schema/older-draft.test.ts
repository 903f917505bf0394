import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { toDraft4 } from './older-draft.ts'

const DRAFT_7 = 'http://json-schema.org/draft-07/schema#'

function translated(schema: object): unknown {
  const { $schema, ...rest } = JSON.parse(
    toDraft4(JSON.stringify({ $schema: DRAFT_7, ...schema })),
  ) as Record<string, unknown>
  assert.equal($schema, 'http://json-schema.org/draft-04/schema#')
  return rest
}

test('what draft 7 says in other words is said in those of draft 4', () => {
  assert.deepEqual(
    translated({
      $id: 'https://shop.test/order',
      type: 'object',
      properties: {
        kind: { const: 'order' },
        const: { type: 'string' },
        price: { exclusiveMinimum: 0 },
        size: { minimum: 5, exclusiveMinimum: 3, exclusiveMaximum: 9, maximum: 9 },
        any: true,
        none: false,
      },
      additionalProperties: false,
      dependencies: { price: ['kind'] },
    }),
    {
      id: 'https://shop.test/order',
      type: 'object',
      properties: {
        kind: { enum: ['order'] },
        const: { type: 'string' },
        price: { minimum: 0, exclusiveMinimum: true },
        size: { minimum: 5, exclusiveMaximum: true, maximum: 9 },
        any: {},
        none: { not: {} },
      },
      additionalProperties: false,
      dependencies: { price: ['kind'] },
    },
  )
})

test('values stay as they are, whatever they look like', () => {
  const values = { default: { const: 1, if: 2 }, enum: [{ if: true }], examples: [false] }
  assert.deepEqual(translated({ ...values }), values)
})

test('what draft 4 cannot say is refused, with its place', () => {
  const schema = { $schema: DRAFT_7, properties: { a: { if: {}, contains: {} } } }
  assert.throws(
    () => toDraft4(JSON.stringify(schema)),
    (error) =>
      isAppError(error, 'SCHEMA_INVALID') &&
      /#\/properties\/a\/if/.test(error.message) &&
      /#\/properties\/a\/contains/.test(error.message),
  )
})

test('a schema of draft 4, of no draft, and what is no JSON are left as they are', () => {
  for (const text of ['{"exclusiveMinimum":3}', 'no', '{"$schema":"http://x"}'])
    assert.equal(toDraft4(text), text)
})
