import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import type { SchemaType } from '../model/index.ts'
import {
  detailSchema,
  exportDraft4,
  eventTypeKey,
  parseDocument,
  type SchemaDocument,
} from './document.ts'
import { openApiOf, REGISTRATION } from './testing.ts'

function parse(content: unknown, type: SchemaType = 'OpenApi3', name = 'Order'): SchemaDocument {
  return parseDocument({
    name,
    type,
    content: typeof content === 'string' ? content : JSON.stringify(content),
  })
}

function refusal(content: unknown, type: SchemaType = 'OpenApi3'): string {
  try {
    parse(content, type)
  } catch (error) {
    assert.ok(isAppError(error, 'SCHEMA_INVALID'))
    return error.message
  }
  return assert.fail('it was taken')
}

test('an OpenAPI document without an envelope speaks of the detail', () => {
  const document = parse(REGISTRATION, 'OpenApi3', 'UserRegistrationEvent')
  assert.equal(document.form, 'detail')
  assert.equal(document.detailType, 'UserRegistrationEvent')
  assert.equal(document.source, undefined)
  assert.deepEqual(document.root['required'], [
    'user_id',
    'email',
    'registration_type',
    'timestamp',
  ])
})

test('an envelope says source and type, and its detail stands alone with what it refers to', () => {
  const envelope = {
    type: 'object',
    'x-amazon-events-source': 'my.orders',
    'x-amazon-events-detail-type': 'Order Created',
    properties: {
      detail: { $ref: '#/components/schemas/OrderCreated' },
      'detail-type': { type: 'string' },
    },
  }
  const document = parse(
    openApiOf(
      'OrderCreated',
      { type: 'object', properties: { line: { $ref: '#/components/schemas/Line' } } },
      {
        AWSEvent: envelope,
        Line: { type: 'string', nullable: true, enum: ['a'] },
      },
    ),
  )
  assert.equal(document.form, 'envelope')
  assert.equal(document.source, 'my.orders')
  assert.equal(document.detailType, 'Order Created')
  const detail = detailSchema(document)
  assert.deepEqual(detail['properties'], { line: { $ref: '#/definitions/Line' } })
  const { definitions } = detail as { definitions: Record<string, unknown> }
  assert.deepEqual(definitions['Line'], { type: ['string', 'null'], enum: ['a', null] })
})

test('the name says what the document does not', () => {
  const document = parse({ type: 'object' }, 'JSONSchemaDraft4', 'my.orders@OrderCreated')
  assert.equal(document.source, 'my.orders')
  assert.equal(document.detailType, 'OrderCreated')
  assert.equal(eventTypeKey('s', 'OrderCreated'), eventTypeKey('s', 'order-created'))
  assert.notEqual(eventTypeKey(undefined, 'OrderCreated'), eventTypeKey('s', 'OrderCreated'))
})

test('a document that refers to itself keeps the whole of it', () => {
  const tree = { type: 'object', properties: { next: { $ref: '#/components/schemas/Tree' } } }
  const { root } = parse(openApiOf('Tree', tree))
  assert.deepEqual(root['properties'], { next: { $ref: '#/definitions/Tree' } })
  assert.ok('Tree' in (root['definitions'] as object))
})

test('an exported document is draft 4, with a title, and is taken again', () => {
  const exported = exportDraft4(parse(REGISTRATION))
  const { $schema, title } = JSON.parse(exported) as Record<string, unknown>
  assert.equal($schema, 'http://json-schema.org/draft-04/schema#')
  assert.equal(title, 'UserRegistrationEvent')
  assert.deepEqual(detailSchema(parse(exported, 'JSONSchemaDraft4')), {
    ...detailSchema(parse(REGISTRATION)),
    title: 'UserRegistrationEvent',
  })
})

test('what is wrong with a document is said, all of it', () => {
  assert.match(refusal('{'), /expected the schema to be JSON/)
  assert.match(refusal('[]'), /JSON object/)
  assert.match(refusal({ openapi: '2.0', info: {} }), /`openapi`.*`2.0`.*`info`/)
  assert.match(
    refusal({ $schema: 'http://json-schema.org/draft-07/schema#' }, 'JSONSchemaDraft4'),
    /draft-04/,
  )
  const bad = {
    type: 'object',
    properties: {
      a: { $ref: '#/definitions/Nowhere' },
      b: { type: 'text' },
      c: { pattern: '(?=a)' },
    },
  }
  const message = refusal(bad, 'JSONSchemaDraft4')
  assert.match(message, /#\/properties\/a: `#\/definitions\/Nowhere` is no schema/)
  assert.match(message, /#\/properties\/b\/type: expected a type of JSON, got `text`/)
  assert.match(message, /#\/properties\/c\/pattern: .*looks ahead/)
  assert.match(
    refusal({ properties: { a: { $ref: 'http://other.test/x' } } }, 'JSONSchemaDraft4'),
    /no schema of this document/,
  )
  assert.match(refusal(`{"a":"${'x'.repeat(100_000)}"}`), /at most 100000 characters/)
})

test('a document of any depth is refused, not followed', () => {
  const depth = 5000
  const content = `${'{"not":'.repeat(depth)}{}${'}'.repeat(depth)}`
  assert.match(refusal(content, 'JSONSchemaDraft4'), /deeper than/)
})
