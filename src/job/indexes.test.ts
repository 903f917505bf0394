import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { parseQuantity } from './quantity.ts'

test('indexes are written as the real controller writes them', () => {
  assert.equal(formatIndexes([5, 0, 3, 4]), '0,3-5')
  assert.equal(formatIndexes([0, 1]), '0,1')
  assert.equal(formatIndexes([]), '')
})

test('what is written is read again', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200)), (indexes) => {
      const read = parseIndexes(formatIndexes(indexes))
      assert.deepEqual(
        Array.from(read),
        indexes.toSorted((a, b) => a - b),
      )
    }),
  )
})

test('amounts are read in their base unit', () => {
  assert.equal(parseQuantity('64Mi'), 64 * 1024 * 1024)
  assert.equal(parseQuantity('500m'), 0.5)
  assert.equal(parseQuantity('1e3'), 1000)
  assert.ok(Number.isNaN(parseQuantity('much')))
})
