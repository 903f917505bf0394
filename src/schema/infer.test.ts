import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, asyncProperty, property } from 'fast-check'
import { exportDraft4, parseDocument } from './document.ts'
import { formatInferred, readInferred } from './infer.ts'
import { fitsShape, mergeShapes, shapeOf } from './shape.ts'
import { anyDetail } from './testing.ts'
import { compileValidator } from './validator.ts'

const EVENT = { source: 'my.orders', detailType: 'Order Created' }

function infer(details: readonly unknown[]): string {
  return formatInferred({
    ...EVENT,
    detail: details.map((detail) => shapeOf(detail)).reduce(mergeShapes),
  })
}

function schemasOf(content: string): Record<string, unknown> {
  return (JSON.parse(content) as { components: { schemas: Record<string, unknown> } }).components
    .schemas
}

test('the document has the form that the discoverer of AWS gives it', () => {
  const content = infer([
    {
      id: 1,
      customer: { name: 'a', since: '2026-01-31T12:00:00Z' },
      lines: [{ sku: 'x' }],
      tags: [],
    },
  ])
  const { AWSEvent, ...others } = schemasOf(content)
  assert.deepEqual(AWSEvent, {
    type: 'object',
    required: [
      'detail-type',
      'resources',
      'detail',
      'id',
      'source',
      'time',
      'region',
      'version',
      'account',
    ],
    'x-amazon-events-detail-type': 'Order Created',
    'x-amazon-events-source': 'my.orders',
    properties: {
      detail: { $ref: '#/components/schemas/OrderCreated' },
      account: { type: 'string' },
      'detail-type': { type: 'string' },
      id: { type: 'string' },
      region: { type: 'string' },
      resources: { type: 'array', items: { type: 'string' } },
      source: { type: 'string' },
      time: { type: 'string', format: 'date-time' },
      version: { type: 'string' },
    },
  })
  assert.deepEqual(others, {
    OrderCreated: {
      type: 'object',
      required: ['customer', 'id', 'lines', 'tags'],
      properties: {
        customer: { $ref: '#/components/schemas/Customer' },
        id: { type: 'number' },
        lines: { type: 'array', items: { $ref: '#/components/schemas/LinesItem' } },
        tags: { type: 'array', items: {} },
      },
    },
    Customer: {
      type: 'object',
      required: ['name', 'since'],
      properties: { name: { type: 'string' }, since: { type: 'string', format: 'date-time' } },
    },
    LinesItem: {
      type: 'object',
      required: ['sku'],
      properties: { sku: { type: 'string' } },
    },
  })
})

test('what one sample lacks is optional, what differs is either, what is null may be', () => {
  const { OrderCreated } = schemasOf(
    infer([
      { a: 1, b: null },
      { a: 'x', b: true, c: 1 },
    ]),
  )
  assert.deepEqual(OrderCreated, {
    type: 'object',
    required: ['a', 'b'],
    properties: {
      a: { anyOf: [{ type: 'number' }, { type: 'string' }] },
      b: { type: 'boolean', nullable: true },
      c: { type: 'number' },
    },
  })
})

test('an object with very many names is a map', () => {
  const many = Object.fromEntries(
    Array.from({ length: 600 }, (_, index) => [`user-${index}`, index]),
  )
  const { OrderCreated } = schemasOf(infer([{ many }])) as { OrderCreated: { properties: object } }
  assert.deepEqual(OrderCreated.properties, {
    many: { type: 'object', additionalProperties: { type: 'number' } },
  })
})

test('255 levels are followed, and what lies deeper is not', () => {
  let detail: unknown = 1
  for (let depth = 0; depth < 400; depth += 1) detail = { deeper: detail }
  const content = infer([detail])
  assert.equal(Object.keys(schemasOf(content)).length, 257)
  assert.doesNotThrow(() => exportDraft4(parseDocument({ name: 'x', type: 'OpenApi3', content })))
})

test('an inferred schema finds its samples valid', async () => {
  await check(
    asyncProperty(array(anyDetail, { minLength: 1, maxLength: 5 }), async (samples) => {
      const content = infer(samples)
      const validate = await compileValidator(
        parseDocument({ name: 'x', type: 'OpenApi3', content }),
      )
      for (const sample of samples) {
        const detail: unknown = JSON.parse(JSON.stringify(sample))
        const envelope = {
          version: '0',
          id: 'i',
          'detail-type': 't',
          source: 's',
          account: 'a',
          region: 'r',
          time: '2026-01-31T12:00:00Z',
          resources: [],
          detail,
        }
        assert.deepEqual(validate(envelope), [], content)
      }
    }),
    { numRuns: 100 },
  )
})

test('a document says all that is known of the shape, so that learning can go on from it', () => {
  check(
    property(array(anyDetail, { minLength: 1, maxLength: 3 }), anyDetail, (samples, next) => {
      const plain = JSON.parse(JSON.stringify([...samples, next])) as unknown[]
      const before = infer(plain.slice(0, -1))
      const read = readInferred(before, 'x')
      assert.ok(read !== undefined)
      assert.equal(formatInferred(read), before)
      const after = formatInferred({
        ...read,
        detail: mergeShapes(read.detail, shapeOf(plain.at(-1))),
      })
      assert.equal(after, infer(plain))
      assert.equal(fitsShape(read.detail, plain.at(-1)), after === before)
    }),
    { numRuns: 300 },
  )
})
