import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createMatcher, matchesPattern } from './matcher.ts'
import { parsePattern } from './pattern.ts'

// Few values, so that many rules have them in common and lists are split.
const text = fc.constantFrom('x', 'y')
const number = fc.integer({ min: 0, max: 20 })
const exact = fc.subarray(['x', 'y'], { minLength: 1 })
const range = fc
  .tuple(number, number)
  .map(([low, more]) => [{ numeric: ['>=', low, '<', low + more + 1] }])
const part = fc.constantFrom('xx', 'xyx', 'y', 'yyx').map((prefix) => [{ prefix }])
const wildcard = fc
  .constantFrom('*xyx*', 'y*xyxyx*y', '*xxy*yyx*', '*y', 'x*')
  .map((each) => [{ wildcard: each }])
const ruled = fc.record(
  { a: exact, b: exact, c: range, d: range, e: part, f: wildcard },
  { requiredKeys: ['a'] },
)
const event = fc.record(
  {
    a: fc.oneof(text, fc.array(text, { maxLength: 3 })),
    b: text,
    c: fc.oneof(number, fc.array(number, { maxLength: 3 })),
    d: number,
    e: fc.stringMatching(/^[xy]{0,6}$/),
    f: fc.stringMatching(/^[xy]{0,12}$/),
  },
  { requiredKeys: ['a'] },
)

test('rules that have much in common are told apart, also after others have left', () => {
  const rules = fc.array(ruled, { minLength: 60, maxLength: 120 })
  const events = fc.array(event, { minLength: 3, maxLength: 6 })
  fc.assert(
    fc.property(rules, events, fc.nat(), (drawn, given, leaving) => {
      const patterns = drawn.map((each) => parsePattern(JSON.stringify(each)))
      let matcher = createMatcher<number>()
      for (const [index, pattern] of patterns.entries()) matcher = matcher.with(index, pattern)
      const kept = patterns.map((_, index) => index).filter((index) => (index + leaving) % 3 > 0)
      let fewer = matcher
      for (const index of patterns.keys()) if (!kept.includes(index)) fewer = fewer.without(index)
      for (const each of given) {
        const bytes = Buffer.from(JSON.stringify(each))
        const expected = [...patterns.keys()].filter((index) =>
          matchesPattern(patterns[index]!, bytes),
        )
        assert.deepEqual(
          fewer.match(bytes),
          expected.filter((index) => kept.includes(index)),
        )
        assert.deepEqual(matcher.match(bytes), expected)
        // Back again, so that what left joins anew.
        assert.deepEqual(
          fewer.match(bytes).length,
          expected.filter((index) => kept.includes(index)).length,
        )
      }
    }),
    { numRuns: 25 },
  )
})
