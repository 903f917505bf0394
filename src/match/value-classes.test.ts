// What is known of values that came before must never show: each answer is held against that of patterns asked alone,
// which meet their first event, or against the oracle.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createMatcher, matchesPattern } from './matcher.ts'
import { oracleMatches } from './oracle.ts'
import { drawnGroups } from './pairs.conformance.ts'
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
  { n: [{ numeric: ['>', 1.5, '<=', 3] }] },
  { n: [2, 'x'], a: ['x'] },
  { n: [{ 'anything-but': 2 }], b: ['y'] },
  { c: { n: [{ numeric: ['<', 2] }], a: ['x'] } },
  { c: { n: [{ numeric: ['>=', 2] }] } },
  { a: [null, { prefix: 'sevent' }] },
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
/** As they are written: some lie so near to a bound that only their last digits tell. */
const number = fc.constantFrom(
  '1.5',
  '1.4999999999999998',
  '1.50000000000000022',
  '2',
  '2.0',
  '2.0000000000000004',
  '2.00000000000000000001',
  '20e-1',
  '1.9999999999999999',
  '-122.48867778460875',
  '2.7182818284590452',
  '2.718281828459045',
  '3',
  '1e400',
)
const members = fc.record({ a: value, b: value, n: number }, { requiredKeys: [] })
const event = fc
  .record(
    { a: value, b: value, c: fc.array(members, { maxLength: 2 }), n: number },
    { requiredKeys: [] },
  )
  .map((json) => Buffer.from(JSON.stringify(json).replaceAll(/"n":"([^"]*)"/g, '"n":$1')))
const step = fc.oneof(
  { weight: 5, arbitrary: event },
  { weight: 1, arbitrary: fc.nat(PATTERNS.length - 1) },
)

test('values that come again come to what they came to, whichever rules joined and left between', () => {
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

test('patterns asked together, again and again, answer as the oracle does for each', () => {
  let matches = 0
  fc.assert(
    fc.property(fc.array(drawnGroups(), { minLength: 2, maxLength: 6 }), (groups) => {
      let matcher = createMatcher<string>()
      const events = new Set<string>()
      for (const { pattern, event: each } of groups.flat()) {
        matcher = matcher.with(pattern, parsePattern(pattern))
        events.add(each)
      }
      const rounds = Math.ceil(matcher.size / Math.max(1, events.size)) + 2
      for (let round = 0; round < rounds; round += 1) {
        for (const each of events) {
          const found = new Set(matcher.match(Buffer.from(each)))
          for (const { pattern } of groups.flat()) {
            assert.equal(found.has(pattern), oracleMatches(pattern, each), `${pattern} ${each}`)
          }
          matches += found.size
        }
      }
    }),
    { numRuns: 60 },
  )
  assert.ok(matches > 1000, `only ${matches} matches`)
})

test('numbers between bounds are told by their last digit, however they are written', () => {
  const decimals = fc
    .tuple(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.nat(2), fc.nat(9))
    .map(([value, behind, digit]) => {
      const text = value.toFixed(behind === 0 ? 5 : 14)
      return behind === 2 ? text + String(digit) : text
    })
  const patterns = [
    { n: [{ numeric: ['<', -100.25] }] },
    { n: [{ numeric: ['>', -100.25, '<', 0.5] }] },
    { n: [{ numeric: ['>=', 0.5] }] },
    { n: [{ 'anything-but': 7 }] },
  ].map((pattern) => JSON.stringify(pattern))
  let matcher = createMatcher<number>()
  for (const [key, pattern] of patterns.entries()) {
    matcher = matcher.with(key, parsePattern(pattern))
  }
  let odd = 0
  fc.assert(
    fc.property(decimals, (text) => {
      const bytes = Buffer.from(`{"n":${text}}`)
      const expected = patterns.flatMap((pattern, key) =>
        matchesAlone(pattern, bytes) ? [key] : [],
      )
      assert.deepEqual(matcher.match(bytes, { names: 'plain' }), expected, text)
      if (expected.join() === '3') odd += 1
    }),
    { numRuns: 5000 },
  )
  assert.ok(odd > 100, `only ${odd} numbers that no double holds`)
})

test('values of one element and of two are told apart, though they are of the same classes', () => {
  const pattern = parsePattern('{"c":{"a":["x"],"n":[{"numeric":[">",5]}]}}')
  const matcher = createMatcher<string>().with('rule', pattern)
  const together = Buffer.from('{"c":[{"a":"x","n":7},{"a":"y","n":1}]}')
  const apart = Buffer.from('{"c":[{"a":"x","n":1},{"a":"y","n":7}]}')
  for (let round = 0; round < 5; round += 1) {
    assert.deepEqual(matcher.match(together, { names: 'plain' }), ['rule'])
    assert.deepEqual(matcher.match(apart, { names: 'plain' }), [])
  }
})

test('a condition that no index finds still tells values apart', () => {
  const patterns = [
    '{"a":["x"],"b":[{"wildcard":"*1*2*"}]}',
    '{"a":["x"],"b":[{"anything-but":["y12"]}]}',
  ]
  let matcher = createMatcher<number>()
  for (const [key, pattern] of patterns.entries()) {
    matcher = matcher.with(key, parsePattern(pattern))
  }
  for (let round = 0; round < 5; round += 1) {
    for (const [text, expected] of Object.entries({ y12: [0], y21: [1], 'y21-2': [0, 1] })) {
      const event = Buffer.from(`{"a":"x","b":"${text}"}`)
      assert.deepEqual(matcher.match(event, { names: 'plain' }), expected, text)
    }
  }
})

test('more matchers than the kernel has room for take turns and answer as each would by itself', () => {
  const words = ['x', 'xy', 'y', 'sixteen bytes xy', 'seventeen bytes y']
  const matchers = Array.from({ length: 40 }, (_, index) =>
    createMatcher<string>()
      .with('prefix', parsePattern(`{"f${index % 7}":[{"prefix":"${words[index % 5]!}"}]}`))
      .with('number', parsePattern(`{"n":[{"numeric":[">",${index}]}]}`)),
  )
  for (let round = 0; round < 400; round += 1) {
    // Mostly a few of them in turn, so that what they know is used, and now and then all.
    const index = round % 5 === 0 ? round % 40 : round % 3
    const word = words[round % 4]!
    const event = Buffer.from(`{"f${index % 7}":"${word}","n":${round % 50}}`)
    const expected = word.startsWith(words[index % 5]!) ? ['prefix'] : []
    if (round % 50 > index) expected.push('number')
    assert.deepEqual(matchers[index]!.match(event, { names: 'plain' }), expected)
  }
})

test('an answer that other events share cannot be changed by whoever gets it', () => {
  const matcher = createMatcher<string>().with('rule', parsePattern('{"a":["x"]}'))
  for (let round = 0; round < 4; round += 1) {
    const keys = matcher.match(Buffer.from('{"a":"x"}'), { names: 'plain' }) as string[]
    assert.throws(() => keys.push('another'), TypeError)
    assert.deepEqual(keys, ['rule'])
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
