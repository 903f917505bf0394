import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { isSameJson } from './same-json.ts'

test('values are the same exactly when their JSON is, whatever the order of members', () => {
  const value = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.constantFrom(undefined, null, true, 0, 1, -1, Number.NaN, Infinity, '', 'a', '__proto__'),
    ),
    node: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('node'), { maxKeys: 3 }),
    ),
  })).node
  fc.assert(
    fc.property(value, value, (one, other) => {
      assert.equal(isSameJson(one, other), isDeepStrictEqual(written(one), written(other)))
      assert.equal(isSameJson(one, structuredClone(one)), true)
    }),
    { numRuns: 2000 },
  )
})

test('what only one of them has makes a difference', () => {
  assert.equal(isSameJson({ a: 1 }, { a: 1, b: undefined }), true)
  assert.equal(isSameJson({ a: 1, b: null }, { a: 1 }), false)
  assert.equal(isSameJson([1], { 0: 1 }), false)
  assert.equal(isSameJson({}, { toString: 1 }), false)
})

function written(one: unknown): unknown {
  return JSON.parse(JSON.stringify([one]))
}
