import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, asyncProperty, pre, tuple } from 'fast-check'
import { compareDocuments, type Comparison, faultsOf } from './compare.ts'
import { parseDocument, type SchemaDocument } from './document.ts'
import type { JsonSchema } from './json-schema.ts'
import { anyBounds, anySchema, openApiOf } from './testing.ts'
import { compileValidator } from './validator.ts'
import { valuesOf } from './testing.ts'

function document(schema: JsonSchema): SchemaDocument {
  return parseDocument({ name: 'Order', type: 'JSONSchemaDraft4', content: JSON.stringify(schema) })
}

function compare(before: JsonSchema, after: JsonSchema): Comparison {
  return compareDocuments(document(before), document(after))
}

function tell({ changes }: Comparison): string[] {
  return changes.map(({ path, message, breaks }) => `${path} ${message} (${breaks.join(' ')})`)
}

const ORDER = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string' },
    size: { type: 'integer' },
    state: { enum: ['new', 'paid'] },
  },
} as const

function order(properties: object, required: readonly string[] = ['id']): JsonSchema {
  return { type: 'object', required, properties: { ...ORDER.properties, ...properties } }
}

test('words that say nothing of values are a patch', () => {
  const described = { ...ORDER, description: 'an order', title: 'Order' }
  assert.deepEqual(compare(ORDER, described), { level: 'patch', changes: [] })
})

test('an optional property is an addition, and breaks nobody', () => {
  const comparison = compare(ORDER, order({ note: { type: 'string' } }))
  assert.equal(comparison.level, 'minor')
  assert.deepEqual(tell(comparison), ['$.detail.note is new ()'])
  assert.deepEqual(faultsOf('full', comparison), [])
})

const BREAKING: readonly (readonly [JsonSchema, JsonSchema, string])[] = [
  [ORDER, order({ note: {} }, ['id', 'note']), '$.detail.note is new and required (backward)'],
  [ORDER, order({}, ['id', 'size']), '$.detail.size is required now (backward)'],
  [ORDER, order({}, []), '$.detail.id is no longer required (forward)'],
  [ORDER, { ...ORDER, properties: { id: { type: 'string' } } }, '$.detail.size is gone (forward)'],
  [ORDER, order({ id: { type: 'integer' } }), '$.detail.id no longer allows `string` (backward)'],
  [ORDER, order({ size: { type: 'number' } }), '$.detail.size now allows `number` (forward)'],
  [
    ORDER,
    order({ state: { enum: ['new'] } }),
    '$.detail.state no longer allows `"paid"` (backward)',
  ],
  [
    ORDER,
    order({ state: { enum: ['new', 'paid', 'sent'] } }),
    '$.detail.state now allows `"sent"` (forward)',
  ],
  [
    ORDER,
    order({ id: { type: 'string', maxLength: 5 } }),
    '$.detail.id `maxLength` was not given and is `5` (backward)',
  ],
  [
    order({ size: { minimum: 1 } }),
    order({ size: { minimum: 0 } }),
    '$.detail.size `minimum` was `1` and is `0` (forward)',
  ],
  [
    ORDER,
    order({ id: { type: 'string', format: 'uuid' } }),
    '$.detail.id `format` is asked now (backward)',
  ],
  [
    ORDER,
    { ...ORDER, additionalProperties: false },
    '$.detail allows named properties only (backward)',
  ],
  [
    order({ lines: { items: { type: 'string' } } }),
    order({ lines: { items: { type: 'number' } } }),
    '$.detail.lines[] no longer allows `string` (backward)',
  ],
]

test('each change that breaks somebody is told with its path and its direction, and is major', () => {
  for (const [before, after, wanted] of BREAKING) {
    const comparison = compare(before, after)
    assert.ok(tell(comparison).includes(wanted), `${wanted}\n${tell(comparison).join('\n')}`)
    assert.equal(comparison.level, 'major')
  }
})

test('every fault is listed, and a mode picks its own', () => {
  const comparison = compare(ORDER, order({ id: { type: 'integer' }, note: {} }, ['id', 'note']))
  assert.deepEqual(
    faultsOf('backward', comparison).map(({ path }) => path),
    ['$.detail.note', '$.detail.id'],
  )
  assert.deepEqual(
    faultsOf('forward', comparison).map(({ path }) => path),
    ['$.detail.id'],
  )
  assert.deepEqual(faultsOf('none', comparison), [])
})

test('another type of event is another contract', () => {
  const content = openApiOf('Order', ORDER)
  const [before, after] = ['a@Order', 'b@Order'].map((name) =>
    parseDocument({ name, type: 'OpenApi3', content }),
  )
  assert.equal(compareDocuments(before!, after!).level, 'major')
})

test('the form does not count: OpenAPI and draft 4 of one meaning are the same', () => {
  const open = openApiOf('Order', {
    ...ORDER,
    properties: { ...ORDER.properties, note: { type: 'string', nullable: true } },
  })
  const draft = {
    ...ORDER,
    properties: { ...ORDER.properties, note: { type: ['null', 'string'] } },
  }
  const before = parseDocument({ name: 'Order', type: 'OpenApi3', content: open })
  assert.deepEqual(compareDocuments(before, document(draft)), { level: 'patch', changes: [] })
})

function tree(leaf: JsonSchema): JsonSchema {
  const properties = { leaf, next: { $ref: '#/definitions/Tree' } }
  return { $ref: '#/definitions/Tree', definitions: { Tree: { type: 'object', properties } } }
}

test('a schema that contains itself is compared, and what changed inside is found', () => {
  assert.equal(compare(tree({ type: 'string' }), tree({ type: 'string' })).level, 'patch')
  assert.deepEqual(tell(compare(tree({ type: 'string' }), tree({ type: 'boolean' }))), [
    '$.detail.leaf no longer allows `string` (backward)',
    '$.detail.leaf now allows `boolean` (forward)',
  ])
})

test('alternatives inside alternatives end in bounded time', () => {
  const definitions: Record<string, JsonSchema> = {}
  for (let level = 0; level < 30; level += 1) {
    const next = { $ref: `#/definitions/L${level + 1}` }
    definitions[`L${level}`] = {
      anyOf: Array.from({ length: 8 }, (_, at) => ({ properties: { [`p${at}`]: next } })),
    }
  }
  const before = {
    $ref: '#/definitions/L0',
    definitions: { ...definitions, L30: { type: 'string' } },
  }
  const after = {
    $ref: '#/definitions/L0',
    definitions: { ...definitions, L30: { type: 'number' } },
  }
  assert.equal(compare(before, after).level, 'major')
})

test('where nothing breaks backward, what the old schema describes is valid under the new one', async () => {
  await checkDirection('backward')
})

test('where nothing breaks forward, what the new schema describes is valid under the old one', async () => {
  await checkDirection('forward')
})

async function checkDirection(direction: 'backward' | 'forward'): Promise<void> {
  await check(
    asyncProperty(
      tuple(anySchema, anySchema, anySchema),
      tuple(anyBounds, anyBounds),
      async ([first, second, mixed], bounds) => {
        // Two schemas at random hardly ever fit: one that shares properties with the other often does.
        const [mine, other] = [first, second].map(({ properties }) => properties as object)
        const wider = { ...first, properties: { ...other, ...mine } }
        const changed = { ...first, properties: { ...mine, ...other } }
        const [tight, loose] = bounds
        const pairs = [
          [first, wider],
          [wider, first],
          [first, changed],
          [changed, first],
          [first, second],
          [mixed, { anyOf: [mixed, second] }],
          [{ properties: { a: tight } }, { properties: { a: loose } }],
        ] as const
        const fitting = pairs.filter(
          ([before, after]) => faultsOf(direction, compare(before, after)).length === 0,
        )
        pre(fitting.length > 0)
        for (const [before, after] of fitting) {
          const [from, to] = direction === 'backward' ? [before, after] : [after, before]
          const [isFrom, isTo] = await Promise.all(
            [from, to].map((one) => compileValidator(document(one))),
          )
          for (const detail of valuesOf(from)) {
            if (isFrom!({ detail }).length > 0) continue
            assert.deepEqual(isTo!({ detail }), [], JSON.stringify({ before, after, detail }))
          }
        }
      },
    ),
    { numRuns: 25 },
  )
}
