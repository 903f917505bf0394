import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../structure/index.ts'
import { injectInto } from './inject.ts'
import { changeAt, type JsonObject, parsePath, valueAt } from './json-tree.ts'
import { readSteps } from './steps.ts'

/** `forProvider` after one injection of `value` as a template writes it. */
function inject(forProvider: JsonObject, how: JsonObject, value: Json): Json | undefined {
  const source = { name: 's', key: 'status.id' }
  const dependsOn = [{ ...how, source }]
  const spec = { apiVersion: 'a/v1', kind: 'K', spec: { forProvider } }
  const { steps, faults } = readSteps(
    [{ name: 'x', resources: [{ name: 'r', spec, dependsOn }] }],
    'spec.steps',
  )
  assert.deepEqual(faults, [])
  const { object, injections } = steps[0]!.resources[0]!
  return valueAt(injectInto(object, injections[0]!, value), ['spec', 'forProvider'])
}

test('without a type the value is set, through objects and lists', () => {
  assert.deepEqual(inject({ a: 1 }, { key: 'id' }, 'v'), { a: 1, id: 'v' })
  assert.deepEqual(inject({}, { key: 'in.0.settings.1.id' }, 'v'), {
    in: [{ settings: [null, { id: 'v' }] }],
  })
  assert.deepEqual(inject({ in: [{ a: 1 }] }, { key: 'in.0.id' }, 'v'), { in: [{ a: 1, id: 'v' }] })
})

test('a list gets the value, or an object of it, appended', () => {
  assert.deepEqual(inject({ l: ['a'] }, { key: 'l', type: 'list' }, 'b'), { l: ['a', 'b'] })
  assert.deepEqual(inject({}, { key: 'l', type: 'array', subKey: 'arn' }, 'b'), {
    l: [{ arn: 'b' }],
  })
  assert.deepEqual(inject({}, { key: 'l', type: 'list', subKey: 'a.b' }, 1), {
    l: [{ a: { b: 1 } }],
  })
})

test('with merge the first element of a list gets the member', () => {
  const how = { key: 'l', type: 'list', subKey: 'a.b', subKeyPatchMethod: 'merge' }
  assert.deepEqual(inject({ l: [{ a: { c: 2 } }, { d: 3 }] }, how, 1), {
    l: [{ a: { c: 2, b: 1 } }, { d: 3 }],
  })
  assert.deepEqual(inject({}, how, 1), { l: [{ a: { b: 1 } }] })
})

test('an object is merged', () => {
  assert.deepEqual(inject({ o: { a: 1 } }, { key: 'o', type: 'object' }, { b: 2 }), {
    o: { a: 1, b: 2 },
  })
  assert.deepEqual(inject({ o: { a: 1 } }, { key: 'o', type: 'object', subKey: 'b' }, 2), {
    o: { a: 1, b: 2 },
  })
})

test('what is put at a path is found there, and the value it was put into is as before', () => {
  const part = fc.oneof(
    fc.stringMatching(/^[a-z]{1,3}$/),
    fc.integer({ min: 0, max: 4 }).map(String),
  )
  const path = fc.array(part, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(path, { maxLength: 4 }), path, (others, parts) => {
      let before: Json = {}
      for (const other of others) before = changeAt(before, other, () => 'other')
      const copy = structuredClone(before)
      const after = changeAt(before, parts, () => 'v')
      assert.deepEqual(before, copy)
      // A name in a list is the place behind its end.
      if (valueAt(after, parts) !== undefined) assert.equal(valueAt(after, parts), 'v')
      else assert.ok(parts.some((one) => !/^\d+$/.test(one)))
    }),
  )
})

test('a path into a prototype or far into a list is none', () => {
  assert.equal(parsePath('a.__proto__.b'), undefined)
  assert.equal(parsePath('a.100000.b'), undefined)
  assert.equal(parsePath('a..b'), undefined)
  assert.deepEqual(parsePath('a[0].b'), ['a', '0', 'b'])
})
