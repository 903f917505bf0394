import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isAppError } from '../base/index.ts'
import { PATTERN_BRANCHES_MAX, PATTERN_DEPTH_MAX, PATTERN_LENGTH_MAX } from './limits.ts'
import { matchesPattern } from './matcher.ts'
import { parsePattern } from './pattern.ts'

function nested(levels: number): string {
  return '{"a":'.repeat(levels) + '[1]' + '}'.repeat(levels)
}

// Each doubles the branches.
function ors(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `"f${index}":{"$or":[{"a":[1]},{"b":[1]}]}`)
}

function reasonOf(text: string): string | undefined {
  try {
    parsePattern(text)
    return undefined
  } catch (error) {
    assert.ok(isAppError(error, 'PATTERN_INVALID'))
    return String(error.details['reason'])
  }
}

test('a pattern keeps the text it was parsed from', () => {
  const text = ' {"a" : [1]} '
  assert.equal(parsePattern(text).source, text)
})

test('every text is parsed or refused with a reason, however it is broken', () => {
  const valid =
    '{"a":["x",1,null,{"prefix":"p"},{"anything-but":["q"]},{"numeric":[">",1,"<",2]}],' +
    '"$or":[{"b":[{"wildcard":"*.png"}]},{"c":{"d":[{"cidr":"10.0.0.0/8"}]}}]}'
  fc.assert(
    fc.property(fc.nat(), fc.nat(8), fc.string({ maxLength: 3 }), (at, cut, put) => {
      const start = at % (valid.length + 1)
      const text = valid.slice(0, start) + put + valid.slice(start + cut)
      const reason = reasonOf(text)
      assert.ok(reason === undefined || reason.length > 0, text)
    }),
    { numRuns: 5000 },
  )
  for (let length = 0; length < valid.length; length += 1) {
    assert.ok(reasonOf(valid.slice(0, length)), `the first ${length} characters`)
  }
})

test('the source in a message is cut behind 500 characters', () => {
  const text = `{"${'k'.repeat(600)}":1}`
  assert.throws(() => parsePattern(text), {
    message:
      `Event pattern is not valid. Reason: "${'k'.repeat(600)}" must be an object or an array` +
      `\n at [Source: (String)"${text.slice(0, 500)}"[truncated 106 chars]; line: 1, column: 606]`,
  })
})

test('control characters in the source of a message are escaped', () => {
  assert.throws(() => parsePattern('[\t\u0001\n]'), {
    message:
      'Event pattern is not valid. Reason: Filter is not an object' +
      '\n at [Source: (String)"[\\u0009\\u0001\n]"; line: 1, column: 2]',
  })
})

test('patterns have bounds of length, depth and branches', () => {
  const tooLong = `{"a":["${'x'.repeat(PATTERN_LENGTH_MAX)}"]}`
  assert.match(reasonOf(tooLong)!, /longer than/)

  assert.equal(reasonOf(nested(PATTERN_DEPTH_MAX - 1)), undefined)
  assert.match(reasonOf(nested(PATTERN_DEPTH_MAX))!, /nesting depth/)

  const allowed = Math.log2(PATTERN_BRANCHES_MAX)
  assert.equal(reasonOf(`{${ors(allowed).join()}}`), undefined)
  assert.match(reasonOf(`{${ors(allowed + 1).join()}}`)!, /too complex/)
  assert.match(reasonOf(`{${ors(20).join()}}`)!, /too complex/)
})

test('many fields behind many branches are refused before they take the memory', () => {
  const fields = Array.from({ length: 2000 }, (_, index) => `"g${index}":[1]`)
  assert.match(reasonOf(`{${[...ors(10), ...fields].join()}}`)!, /too complex/)
})

test('wildcards take time linear in the value, whatever they repeat', () => {
  const wildcards = ['*a*a*a*b', '*abababac*', 'a*a*aaab']
  const value = 'a'.repeat(262_144)
  for (const wildcard of wildcards) {
    const pattern = parsePattern(JSON.stringify({ k: [{ wildcard }] }))
    assert.equal(matchesPattern(pattern, Buffer.from(JSON.stringify({ k: value }))), false)
    assert.equal(matchesPattern(pattern, Buffer.from(JSON.stringify({ k: `${value}bac` }))), false)
  }
  const last = parsePattern('{"k":[{"wildcard":"*a*a*a*b"}]}')
  assert.equal(matchesPattern(last, Buffer.from(JSON.stringify({ k: `${value}b` }))), true)
})
