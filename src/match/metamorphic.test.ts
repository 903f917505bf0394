// What must stay the same when an event or a pattern is written in another way, and what must follow from what. None
// of it asks the oracle, so a misreading that both share would show here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createMatcher, matchesPattern } from './matcher.ts'
import { drawnGroups, drawnPairs, isTooComplex, Raw, write } from './pairs.conformance.ts'
import { parsePattern } from './pattern.ts'

const RUNS = { numRuns: 1000 }

function matches(pattern: string, event: string): boolean {
  return matchesPattern(parsePattern(pattern), Buffer.from(event))
}

/** JSON whose numbers and literals stay as written. Of names that come twice the last is left. */
function read(text: string): unknown {
  return JSON.parse(text, function (_key, value: unknown, context?: unknown) {
    const { source } = (context ?? {}) as { source?: string }
    return source !== undefined && typeof value !== 'string' ? new Raw(source) : value
  })
}

type Members = [key: string, value: unknown][]

interface Rewriting {
  readonly members?: (members: Members) => Members
  readonly elements?: (elements: unknown[]) => unknown[]
}

/** The text of a value with the members of all objects and the elements of all arrays put differently. */
function rewrite(value: unknown, how: Rewriting): string {
  if (value instanceof Raw) return value.source
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) {
    const elements = value.map((each) => new Raw(rewrite(each, how)))
    return write(how.elements?.(elements) ?? elements)
  }
  const members: Members = Object.entries(value as object).map(([key, each]) => [
    key,
    new Raw(rewrite(each, how)),
  ])
  return `{${(how.members?.(members) ?? members)
    .map(([key, each]) => `${JSON.stringify(key)}:${write(each)}`)
    .join(',')}}`
}

// What is refused, as a list takes it, too; with what a value is drawn from.
const word = fc.constantFrom('', 'x', 'xy', 'xyz', 'XY', 'yx', 'é', '😀x', '10.0.0.1')
const scalar = fc.oneof(word, fc.constantFrom(0, 1, -3.5, 1e3), fc.constantFrom(true, false, null))
const someWord = word.filter((text) => text !== '')
const refused = fc.oneof(
  word.filter((text) => text !== '10.0.0.1').map((text) => ({ positive: text, negated: text })),
  fc.constantFrom(0, 1, -3.5, 1e3).map((number) => ({ positive: number, negated: number })),
  fc
    .tuple(fc.constantFrom('prefix', 'suffix', 'equals-ignore-case'), someWord)
    .map(([operator, text]) => ({
      positive: { [operator]: text },
      negated: { [operator]: text },
    })),
  fc.constantFrom('*', 'x*', '*y', 'x*z', '*é*').map((wildcard) => ({
    positive: { wildcard },
    negated: { wildcard },
  })),
)

test('of one value anything-but is not, and of no value neither holds', () => {
  fc.assert(
    fc.property(refused, scalar, ({ positive, negated }, value) => {
      const is = JSON.stringify({ a: [positive] })
      const isNot = JSON.stringify({ a: [{ 'anything-but': negated }] })
      const event = JSON.stringify({ a: value, b: 'x' })
      assert.equal(matches(isNot, event), !matches(is, event), `${isNot} against ${event}`)
      assert.equal(matches(is, '{"b":"x"}') || matches(isNot, '{"b":"x"}'), false)
    }),
    RUNS,
  )
})

test('of many values anything-but holds when there is one that is something else', () => {
  fc.assert(
    fc.property(refused, fc.array(scalar, { maxLength: 4 }), ({ positive, negated }, values) => {
      const is = JSON.stringify({ a: [positive] })
      const isNot = JSON.stringify({ a: [{ 'anything-but': negated }] })
      const others = values.filter((value) => !matches(is, JSON.stringify({ a: value })))
      assert.equal(matches(isNot, JSON.stringify({ a: values })), others.length > 0)
    }),
    RUNS,
  )
})

test('anything-but a list is anything-but each of it, of one value', () => {
  const words = fc.array(someWord, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(words, scalar, (list, value) => {
      const event = JSON.stringify({ a: value })
      const one = (each: string): boolean =>
        matches(JSON.stringify({ a: [{ 'anything-but': each }] }), event)
      assert.equal(
        matches(JSON.stringify({ a: [{ 'anything-but': list }] }), event),
        list.every(one),
      )
    }),
    RUNS,
  )
})

test('an $or of patterns matches what one of them matches', () => {
  fc.assert(
    fc.property(drawnGroups(), (group) => {
      const [one, other] = group
      if (one === undefined || other === undefined) return
      const pattern = `{"$or":[${one.pattern},${other.pattern}]}`
      if (isTooComplex(pattern)) return
      const expected = matches(one.pattern, one.event) || matches(other.pattern, one.event)
      assert.equal(matches(pattern, one.event), expected, `${pattern} against ${one.event}`)
    }),
    RUNS,
  )
})

const field = fc.subarray([0, 1, 2], { minLength: 1 })
const element = fc.record(
  { a: fc.nat(2), b: fc.nat(2), c: fc.nat(2), d: fc.array(fc.nat(2), { maxLength: 2 }) },
  { requiredKeys: [] },
)

test('$or distributes over what stands beside it, within the elements of arrays, too', () => {
  const both = fc.record({ a: field, b: field }, { requiredKeys: ['a'] })
  const event = fc.record({ r: fc.oneof(element, fc.array(element, { maxLength: 4 })) })
  fc.assert(
    fc.property(both, field, field, event, (beside, c, d, given) => {
      const text = JSON.stringify(given)
      const joined = JSON.stringify({ r: { ...beside, $or: [{ c }, { d }] } })
      const apart = [{ c }, { d }].map((option) => JSON.stringify({ r: { ...beside, ...option } }))
      const expected = apart.some((pattern) => matches(pattern, text))
      assert.equal(matches(joined, text), expected, `${joined} against ${text}`)
    }),
    RUNS,
  )
})

const UNASKED: Members = [['un asked', new Raw('[{"a":"x","b":[1]},null,"\\u0022}"]')]]

test('a field that no pattern asks for changes nothing, wherever it is added', () => {
  fc.assert(
    fc.property(drawnPairs({ isPlain: true }), fc.boolean(), ({ event, pattern }, isFirst) => {
      const added = rewrite(read(event), {
        members: (members) => (isFirst ? [...UNASKED, ...members] : [...members, ...UNASKED]),
      })
      assert.equal(matches(pattern, added), matches(pattern, event), `${pattern} against ${added}`)
    }),
    RUNS,
  )
})

test('the order of members and of elements in an event changes nothing', () => {
  fc.assert(
    fc.property(drawnPairs({ isPlain: true }), ({ event, pattern }) => {
      const turned = rewrite(read(event), {
        members: (members) => members.toReversed(),
        elements: (elements) => elements.toReversed(),
      })
      assert.equal(
        matches(pattern, turned),
        matches(pattern, event),
        `${pattern} against ${turned}`,
      )
    }),
    RUNS,
  )
})

test('the order of fields and of alternatives in a pattern changes nothing', () => {
  fc.assert(
    fc.property(drawnPairs(), ({ event, pattern }) => {
      // Of an $or and a field beside it of the same name the last counts, and the members of a range have their order.
      if (pattern.includes('"$or"') || pattern.includes('"numeric"')) return
      const turned = rewrite(read(pattern), {
        members: (members) => members.toReversed(),
        elements: (elements) => elements.toReversed(),
      })
      assert.equal(matches(turned, event), matches(pattern, event), `${turned} against ${event}`)
    }),
    RUNS,
  )
})

function escapeAll(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

/** JSON with a blank wherever there may be one, and every character of its strings escaped. */
function writeOddly(value: unknown): string {
  if (value instanceof Raw) return value.source
  if (typeof value === 'string') return escapeAll(value)
  if (Array.isArray(value)) return `[ ${value.map(writeOddly).join('\t,\n')}\r]`
  return ` { ${Object.entries(value as object)
    .map(([key, each]) => `${escapeAll(key)} : ${writeOddly(each)}`)
    .join(' , ')} } `
}

test('blanks and escapes change nothing, in a pattern nor in an event', () => {
  fc.assert(
    fc.property(drawnPairs({ isPlain: true }), ({ event, pattern }) => {
      const expected = matches(pattern, event)
      const odd = writeOddly(read(pattern))
      assert.equal(matches(odd, event), expected, `${odd} against ${event}`)
      const oddEvent = writeOddly(read(event))
      assert.equal(matches(pattern, oddEvent), expected, `${pattern} against ${oddEvent}`)
    }),
    RUNS,
  )
})

test('a pattern parsed from its own source is the same pattern', () => {
  fc.assert(
    fc.property(drawnPairs(), ({ pattern }) => {
      const once = parsePattern(pattern)
      assert.deepEqual(parsePattern(once.source), once)
    }),
    RUNS,
  )
})

test('which rules match hangs on no order in which they came', () => {
  fc.assert(
    fc.property(drawnGroups(), fc.nat(), (group, turn) => {
      const [first] = group
      if (first === undefined) return
      const event = Buffer.from(first.event)
      const answers = [0, turn % group.length].map((by) => {
        const turned = [...group.keys()].map((index) => (index + by) % group.length)
        let matcher = createMatcher<number>()
        for (const index of by === 0 ? turned : turned.toReversed()) {
          matcher = matcher.with(index, parsePattern(group[index]!.pattern))
        }
        return matcher.match(event).toSorted((left, right) => left - right)
      })
      assert.deepEqual(answers[1], answers[0])
    }),
    RUNS,
  )
})
