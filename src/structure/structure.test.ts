import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyDefaults, type Json, pruneUnknown, type Schema, validateStructure } from './index.ts'

function texts(value: Json, schema: Schema, previous?: Json): readonly string[] {
  const wrapped: Schema = { type: 'object', properties: { spec: schema } }
  const before = previous === undefined ? undefined : { spec: previous }
  const faults = validateStructure({ spec: value }, wrapped, { previous: before })
  return faults.map(({ field, message }) => `${field}: ${message}`)
}

test('each rule has the real server’s words', () => {
  const cases: readonly (readonly [Json, Schema, string])[] = [
    [
      'x',
      { type: 'integer' },
      'Invalid value: "string": spec in body must be of type integer: "string"',
    ],
    [
      null,
      { type: 'string' },
      'Invalid value: "null": spec in body must be of type string: "null"',
    ],
    [
      [],
      { type: 'object' },
      'Invalid value: "array": spec in body must be of type object: "array"',
    ],
    [
      1.5,
      { type: 'integer' },
      'Invalid value: "number": spec in body must be of type integer: "number"',
    ],
    [
      0,
      { type: 'integer', minimum: 1 },
      'Invalid value: 0: spec in body should be greater than or equal to 1',
    ],
    [
      1,
      { minimum: 1, exclusiveMinimum: true },
      'Invalid value: 1: spec in body should be greater than 1',
    ],
    [9, { maximum: 5 }, 'Invalid value: 9: spec in body should be less than or equal to 5'],
    [3, { multipleOf: 2 }, 'Invalid value: 3: spec in body should be a multiple of 2'],
    ['c', { enum: ['a', 'b'] }, 'Unsupported value: "c": supported values: "a", "b"'],
    ['ab', { type: 'string', maxLength: 1 }, 'Too long: may not be more than 1 bytes'],
    [
      'a',
      { type: 'string', minLength: 2 },
      'Invalid value: "a": spec in body should be at least 2 chars long',
    ],
    [
      'A',
      { type: 'string', pattern: '^[a-z]$' },
      'Invalid value: "A": spec in body should match \'^[a-z]$\'',
    ],
    [
      'x',
      { type: 'string', format: 'date-time' },
      'Invalid value: "x": spec in body must be of type date-time: "x"',
    ],
    [[1, 2], { type: 'array', maxItems: 1 }, 'Too many: 2: must have at most 1 items'],
    [
      [],
      { type: 'array', minItems: 1 },
      'Invalid value: 0: spec in body should have at least 1 items',
    ],
    [
      {},
      { type: 'object', minProperties: 1 },
      'Invalid value: 0: spec in body should have at least 1 properties',
    ],
    [
      1,
      { not: { type: 'integer' } },
      'Invalid value: "": "spec" must not validate the schema (not)',
    ],
    [
      1,
      { anyOf: [{ type: 'string' }] },
      'Invalid value: "": "spec" must validate at least one schema (anyOf)',
    ],
    [
      1,
      { oneOf: [{ type: 'string' }] },
      'Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
    ],
  ]
  for (const [value, schema, text] of cases)
    assert.deepEqual(texts(value, schema), [`spec: ${text}`])
})

test('faults name the place, and all of them are told', () => {
  const schema: Schema = {
    type: 'object',
    required: ['name', 'size'],
    properties: {
      items: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } },
    },
    additionalProperties: { type: 'string' },
  }
  assert.deepEqual(texts({ items: [{ n: 1 }, { n: 'x' }], size: 4 }, schema), [
    'spec.name: Required value',
    'spec.items[1].n: Invalid value: "string": spec.items[1].n in body must be of type integer: "string"',
    'spec.size: Invalid value: "integer": spec.size in body must be of type string: "integer"',
  ])
})

test('sets and maps have no item twice', () => {
  const set: Schema = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } }
  assert.deepEqual(texts(['a', 'b', 'a'], set), ['spec[2]: Duplicate value: "a"'])
  const map: Schema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object' },
  }
  assert.deepEqual(texts([{ name: 'a' }, { name: 'a', v: 1 }], map), [
    'spec[1]: Duplicate value: {"name":"a"}',
  ])
})

test('what an update does not touch is not held against it', () => {
  const schema: Schema = { type: 'object', additionalProperties: { type: 'integer' } }
  assert.deepEqual(texts({ old: 'x', n: 2 }, schema, { old: 'x', n: 1 }), [])
  assert.equal(texts({ old: 'y' }, schema, { old: 'x' }).length, 1)
})

test('an int-or-string is either, and a nullable may be null', () => {
  const either: Schema = { 'x-kubernetes-int-or-string': true }
  assert.deepEqual([texts(1, either), texts('1', either)], [[], []])
  assert.equal(texts(1.5, either).length, 1)
  assert.deepEqual(texts(null, { type: 'string', nullable: true }), [])
})

test('unknown members are taken away and named', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { items: { type: 'array', items: { type: 'object', properties: { a: {} } } } },
      },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  }
  const value = { spec: { items: [{ a: 1, b: 2 }], x: 1 }, free: { y: 1 }, z: 1 }
  assert.deepEqual(pruneUnknown(value, schema), {
    value: { spec: { items: [{ a: 1 }] }, free: { y: 1 } },
    unknown: ['spec.items[0].b', 'spec.x', 'z'],
  })
})

test('defaults fill in what is absent, at every depth, and null where null may not be', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      a: { type: 'integer', default: 1 },
      b: { type: 'object', default: {}, properties: { c: { type: 'string', default: 'x' } } },
      n: { type: 'string', nullable: true, default: 'd' },
    },
  }
  assert.deepEqual(applyDefaults({}, schema), { a: 1, b: { c: 'x' }, n: 'd' })
  assert.deepEqual(applyDefaults({ a: null, n: null }, schema), { b: { c: 'x' }, n: null, a: 1 })
})

test('no value breaks them, and none is changed', () => {
  const schema: Schema = {
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string', default: 'x' } },
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = structuredClone(value)
      pruneUnknown(value, schema)
      applyDefaults(value, schema)
      validateStructure(value, schema)
      assert.deepEqual(value, copy)
    }),
  )
})
