import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isAppError } from '../base/index.ts'
import { createMatcher, matchesPattern } from './matcher.ts'
import { drawnGroups, drawnPairs, Raw, write, type DrawnPair } from './pairs.conformance.ts'
import { parsePattern, type Pattern } from './pattern.ts'
import { oracleMatches } from './testing.ts'

const PAIRS = Number(process.env['SIGNALBOX_MATCH_PAIRS'] ?? 20_000)
/** Some patterns are refused as too complex, so more are drawn than counted. */
const PLENTY = 1.05

function matches(pattern: string, event: string): boolean {
  return matchesPattern(parsePattern(pattern), Buffer.from(event))
}

test('agrees with the oracle on drawn pairs, a quarter of which match', () => {
  const counts = { pairs: 0, matched: 0 }
  fc.assert(
    fc.property(drawnGroups(), (group) => checkGroup(group, counts)),
    { numRuns: (PAIRS * PLENTY) / 8 },
  )
  assert.ok(counts.pairs >= PAIRS, `only ${counts.pairs} pairs were drawn`)
  assert.ok(counts.matched >= counts.pairs / 4, `only ${counts.matched} of ${counts.pairs} match`)
})

function checkGroup(group: readonly DrawnPair[], counts: { pairs: number; matched: number }): void {
  let matcher = createMatcher<number>()
  for (const [index, { pattern }] of group.entries()) {
    matcher = matcher.with(index, parsePattern(pattern))
  }
  const [first] = group
  const found = first === undefined ? [] : matcher.match(Buffer.from(first.event))
  for (const [index, { event, pattern }] of group.entries()) {
    const expected = oracleMatches(pattern, event)
    assert.equal(found.includes(index), expected, `${pattern} against ${event}`)
    counts.pairs += 1
    if (expected) counts.matched += 1
  }
}

test('in an envelope reading may stop early, and changes nothing', () => {
  fc.assert(
    fc.property(drawnPairs(), fc.boolean(), ({ event, pattern }, isLast) => {
      // Distinct outermost names without dots, as ingress writes them; the detail stands last, or does not.
      const rest = '"source":"x","a":["xy",{"b":1}]'
      const envelope = isLast ? `{${rest},"detail":${event}}` : `{"detail":${event},${rest}}`
      const compiled = tryParse(`{"detail":${pattern}}`)
      if (compiled === undefined) return
      const bytes = Buffer.from(envelope)
      const matcher = createMatcher<string>().with('drawn', compiled).with('source', SOURCE_X)
      assert.deepEqual(matcher.match(bytes, { names: 'envelope' }), matcher.match(bytes))
      assert.deepEqual(
        matcher.match(bytes).includes('drawn'),
        oracleMatches(`{"detail":${pattern}}`, envelope),
      )
    }),
    { numRuns: PAIRS / 4 },
  )
})

const SOURCE_X = parsePattern('{"source":["x"]}')

/** Undefined for a pattern that is too deep or too complex once it stands below `detail`. */
function tryParse(text: string): Pattern | undefined {
  try {
    return parsePattern(text)
  } catch (error) {
    if (isAppError(error, 'PATTERN_INVALID')) return undefined
    throw error
  }
}

test('the order of keys and keys nobody asks for change nothing', () => {
  fc.assert(
    fc.property(drawnPairs(), ({ event, pattern }) => {
      const expected = matches(pattern, event)
      const value = JSON.parse(event) as object
      const members = Object.entries(value).map(([key]) => memberOf(event, key))
      const turned = `{"unasked":[{"a":1}],${members.toReversed().join(',')}}`.replace(',}', '}')
      assert.equal(matches(pattern, turned), expected, `${pattern} against ${turned}`)
    }),
    { numRuns: 1000 },
  )
})

// A top-level member as written; reviving keeps numbers and escapes as they stand.
function memberOf(event: string, key: string): string {
  const parsed = JSON.parse(event, function (_key, value: unknown, context?: unknown) {
    const { source } = (context ?? {}) as { source?: string }
    if (source !== undefined) return new Raw(source)
    return value
  }) as Record<string, unknown>
  return `${JSON.stringify(key)}:${write(Object.entries(parsed).find(([name]) => name === key)?.[1])}`
}

test('of an event without repeated or dotted names reading may stop anywhere, and changes nothing', () => {
  fc.assert(
    fc.property(drawnGroups({ isPlain: true }), (group) => {
      let matcher = createMatcher<number>()
      for (const [index, { pattern }] of group.entries()) {
        matcher = matcher.with(index, parsePattern(pattern))
      }
      for (const { event } of group) {
        const bytes = Buffer.from(event)
        assert.deepEqual(matcher.match(bytes, { names: 'plain' }), matcher.match(bytes), event)
      }
    }),
    { numRuns: PAIRS / 8 },
  )
})

test('a set of rules answers as its rules do one by one', () => {
  fc.assert(
    fc.property(fc.array(drawnPairs(), { minLength: 1, maxLength: 8 }), (drawn) => {
      let matcher = createMatcher<number>()
      for (const [index, { pattern }] of drawn.entries())
        matcher = matcher.with(index, parsePattern(pattern))
      for (const { event } of drawn) {
        const expected = drawn.flatMap(({ pattern }, index) =>
          matches(pattern, event) ? [index] : [],
        )
        assert.deepEqual(matcher.match(Buffer.from(event)), expected, event)
      }
    }),
    { numRuns: 1000 },
  )
})
