import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileRanges, type Range } from './range.ts'

const bound = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(-Infinity, Infinity))

const range = fc
  .record({ low: bound, lowOpen: fc.boolean(), high: bound, highOpen: fc.boolean() })
  .filter(({ low, high }) => low < high)

function isInside(each: Range, value: number): boolean {
  return (
    (each.lowOpen ? value > each.low : value >= each.low) &&
    (each.highOpen ? value < each.high : value <= each.high)
  )
}

test('a number is in the ranges when it is in one of them', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
      const compiled = compileRanges(ranges)
      for (let value = -5; value <= 5; value += 0.5) {
        assert.equal(
          compiled(value),
          ranges.some((each) => isInside(each, value)),
          String(value),
        )
      }
    }),
    { numRuns: 3000 },
  )
})
