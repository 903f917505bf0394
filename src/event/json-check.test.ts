import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { checkJson, type JsonCheckOptions } from './json-check.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(bytes))
    return true
  } catch {
    return false
  }
}

function kind(text: string | Uint8Array, options: Partial<JsonCheckOptions> = {}): string {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return checkJson(bytes, { depthMax: 1000, ...options }).kind
}

test('the kind of every value is told', () => {
  const cases: [string, string][] = [
    ['{"a":[1,{"b":null}]}', 'object'],
    [' \n\t\r[ ] ', 'array'],
    ['"x"', 'string'],
    ['-0.5e+10', 'number'],
    ['true', 'literal'],
    ['false', 'literal'],
    ['null', 'literal'],
  ]
  for (const [text, expected] of cases) assert.equal(kind(text), expected, text)
})

test('what the grammar does not allow is a fault, as JSON.parse has it', () => {
  const refused = [
    ['', ' ', '{', '[', '"', '"a', '{"a"', '{"a":', '{"a":1', '{"a":1,', '[1', '[1,', '[,]'],
    ['{]', '[}', '{"a":1]', '[1}', '{,}', '{"a" 1}', '{a:1}', "{'a':1}", '[1 2]', '{"a":1 "b":2}'],
    ['01', '+1', '-', '1.', '.5', '1e', '1e+', '1E-', '0x1', '--1', '1.e5', '-01', '1_0'],
    ['NaN', 'Infinity', '-Infinity', 'undefined', 'tru', 'truE', 'nul', 'fals', 'nulll'],
    ['"\n"', '"\u0000"', '"\\x"', '"\\u12"', '"\\u12g4"', '"\\', '"\\u', '"\u001f"'],
    ['{} {}', '[] 1', '1 1', 'null,', '{}}', '\ufeff{}', '\u00a0{}', '{}\u0000', '// {}'],
  ].flat()
  for (const text of refused) {
    assert.equal(kind(text), 'fault', JSON.stringify(text))
    assert.equal(isJson(Buffer.from(text)), false, JSON.stringify(text))
  }
})

test('a fault says where and why', () => {
  assert.deepEqual(checkJson(Buffer.from('[1,]'), { depthMax: 8 }), {
    kind: 'fault',
    offset: 3,
    reason: 'expected a value',
  })
  assert.deepEqual(checkJson(Buffer.from('{"a":"\u0001"}'), { depthMax: 8 }), {
    kind: 'fault',
    offset: 6,
    reason: 'control characters in strings must be escaped',
  })
})

test('bytes that are not UTF-8 are faults', () => {
  const sequences = [
    [0x80],
    [0xc0, 0x80],
    [0xc1, 0xbf],
    [0xc3],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xe2, 0x82],
    [0xf0, 0x80, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xff],
  ]
  for (const sequence of sequences) {
    const bytes = Uint8Array.from([0x22, ...sequence, 0x22])
    assert.equal(kind(bytes), 'fault', Buffer.from(bytes).toString('hex'))
    assert.equal(isJson(bytes), false)
  }
})

test('depth is bounded, and as deep as allowed passes', () => {
  assert.equal(kind(nested(100), { depthMax: 100 }), 'array')
  assert.equal(kind(nested(102), { depthMax: 100 }), 'fault')
  assert.equal(kind('{}', { depthMax: 1 }), 'object')
  assert.equal(kind('[{}]', { depthMax: 1 }), 'fault')
  assert.equal(kind('"s"', { depthMax: 0 }), 'string')
  assert.equal(kind('['.repeat(5_000_000)), 'fault')
})

test('only the named part is looked at', () => {
  const text = 'xx{"a":12}yy'
  assert.equal(kind(text, { start: 2, end: 10 }), 'object')
  assert.equal(kind(text, { start: 2, end: 9 }), 'fault')
  assert.equal(kind(text, { start: 7, end: 9 }), 'number')
  for (let end = 0; end < 8; end += 1) assert.equal(kind('{"a":12}', { end }), 'fault')
  for (const part of ['"\\u0041"', '"é"', 'true', '-1.5e+7']) {
    for (let end = 0; end < Buffer.byteLength(part); end += 1) {
      const bytes = Buffer.from(part)
      const expected = isJson(bytes.subarray(0, end)) ? 'passed' : 'fault'
      const got = kind(bytes, { end })
      assert.equal(got === 'fault' ? 'fault' : 'passed', expected, `${part} cut at ${end}`)
    }
  }
})

test('agrees with JSON.parse on every JSON text', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
      assert.notEqual(kind(JSON.stringify(value, undefined, indent)), 'fault')
    }),
    { numRuns: 500 },
  )
})

test('agrees with JSON.parse on texts with bytes changed, cut and put in', () => {
  const edit = fc.record({
    at: fc.nat(),
    cut: fc.nat(2),
    put: fc.array(interestingByte(), { maxLength: 2 }),
  })
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (value, edits) => {
        let bytes = [...Buffer.from(JSON.stringify(value))]
        for (const { at, cut, put } of edits) bytes.splice(at % (bytes.length + 1), cut, ...put)
        const text = Uint8Array.from(bytes)
        assert.equal(kind(text) !== 'fault', isJson(text), Buffer.from(text).toString('latin1'))
      },
    ),
    { numRuns: 5000 },
  )
})

function nested(depth: number): string {
  return '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2)
}

function interestingByte(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(...Buffer.from('{}[]",:\\ \t\n0123456789+-.eEutfnrabx/')),
    fc.nat(255),
  )
}
