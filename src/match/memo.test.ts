// What is known of texts that came before must never show: each answer is held against that of patterns asked alone,
// which meet their first event.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createMatcher, matchesPattern } from './matcher.ts'
import { parsePattern, type Pattern } from './pattern.ts'

const PATTERNS: readonly string[] = [
  { a: ['x'] },
  { a: ['x', 'xy'] },
  { a: [{ prefix: 'x' }] },
  { a: [{ prefix: 'x' }], b: ['y'] },
  { a: [{ suffix: 'y' }, 7] },
  { a: [{ wildcard: '*x*y*' }] },
  { a: [{ 'anything-but': 'x' }] },
  { a: [{ 'anything-but': { prefix: 'x' } }], b: [{ exists: true }] },
  { a: [{ 'equals-ignore-case': 'XY' }] },
  { a: [{ exists: true }] },
  { a: [{ exists: false }], b: ['y'] },
  { b: [{ prefix: 'y' }] },
  { $or: [{ a: [{ suffix: 'y' }] }, { b: [{ suffix: 'y' }] }] },
  { c: { a: [{ prefix: 'x' }], b: [{ prefix: 'y' }] } },
].map((pattern) => JSON.stringify(pattern))

const text = fc.constantFrom(
  '',
  'x',
  'xy',
  'xyy',
  'y',
  'Xy',
  'sixteen bytes xy',
  'seventeen bytes y',
)
const value = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(7, null, 'a "quoted" y') },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 3 }) },
)
const members = fc.record({ a: value, b: value }, { requiredKeys: [] })
const event = fc
  .record({ a: value, b: value, c: fc.array(members, { maxLength: 2 }) }, { requiredKeys: [] })
  .map((json) => Buffer.from(JSON.stringify(json)))
const step = fc.oneof(
  { weight: 5, arbitrary: event },
  { weight: 1, arbitrary: fc.nat(PATTERNS.length - 1) },
)

test('texts that come again come to what they came to, whichever rules joined and left between', () => {
  let matches = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
      let matcher = createMatcher<number>()
      const joined = new Map<number, Pattern>()
      for (const [key, pattern] of PATTERNS.entries()) {
        if (key % 2 === 0) joined.set(key, parsePattern(pattern))
      }
      for (const [key, pattern] of joined) matcher = matcher.with(key, pattern)
      for (const each of steps) {
        if (typeof each !== 'number') {
          const alone = [...joined].filter(([key]) => matchesAlone(PATTERNS[key]!, each))
          const expected = alone.map(([key]) => key)
          assert.deepEqual(matcher.match(each, { names: 'plain' }), expected, each.toString())
          matches += expected.length
        } else if (joined.delete(each)) matcher = matcher.without(each)
        else {
          const pattern = parsePattern(PATTERNS[each]!)
          joined.set(each, pattern)
          matcher = matcher.with(each, pattern)
        }
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(matches > 10_000, `only ${matches} matches`)
})

function matchesAlone(pattern: string, bytes: Buffer): boolean {
  return matchesPattern(parsePattern(pattern), bytes)
}

test('texts of which too many come to be known are answered all the same, and so are those that come after', () => {
  const patterns = [{ a: [{ prefix: 'x1' }] }, { a: [{ suffix: '7' }] }, { a: ['y'] }]
  let matcher = createMatcher<number>()
  for (const [key, pattern] of patterns.entries()) {
    matcher = matcher.with(key, parsePattern(JSON.stringify(pattern)))
  }
  for (let index = 0; index < 20_000; index += 1) {
    const isRare = index < 10_000 || index % 5 === 0
    const value = isRare ? `x${index}` : ['y', 'x17', 'z'][index % 3]!
    const expected = [value.startsWith('x1'), value.endsWith('7'), value === 'y'].flatMap(
      (isMatch, key) => (isMatch ? [key] : []),
    )
    assert.deepEqual(matcher.match(Buffer.from(`{"a":"${value}"}`)), expected, value)
  }
})

test('a text that satisfies very many rules is answered in full each time', () => {
  let matcher = createMatcher<number>()
  for (let key = 0; key < 200; key += 1) {
    matcher = matcher.with(key, parsePattern(`{"a":[{"anything-but":"x${key}"}]}`))
  }
  for (let round = 0; round < 3; round += 1) {
    assert.equal(matcher.match(Buffer.from('{"a":"y"}')).length, 200)
    assert.equal(matcher.match(Buffer.from('{"a":"x7"}')).length, 199)
  }
})
