import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { KERNEL_SOURCE_SHA256 } from './json-check-kernel.ts'
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

/** As the kernel and the plain check have it, which must say the same. */
function kind(text: string | Uint8Array, options: Partial<JsonCheckOptions> = {}): string {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const check = checkJson(bytes, { depthMax: 1000, ...options })
  if (options.depthMax === undefined) {
    // Deeper than the kernel reaches.
    const plain = checkJson(bytes, { ...options, depthMax: 2000 })
    assert.equal(plain.kind, check.kind, Buffer.from(bytes).toString('latin1'))
  }
  return check.kind
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

test('texts in every script, with every escape, agree with JSON.parse', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text).slice(1, -1)),
    fc.constantFrom(
      ...String.raw`\u00e9 \uD83D\ude00 \ud800 \/ \b \f \n \r \t \" \\ \x \u12g4`.split(' '),
    ),
  )
  let passed = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = Buffer.from(`{"${pieces.join('')}":["${pieces.toReversed().join('')}"]}`)
      const isPassed = kind(text) !== 'fault'
      assert.equal(isPassed, isJson(text), text.toString())
      if (isPassed) passed += 1
    }),
    { numRuns: 3000 },
  )
  assert.ok(passed > 1000, `only ${passed} texts passed`)
})

/** A value written as JSON, and whether all names in it are plain. */
interface Named {
  readonly text: string
  readonly isPlain: boolean
}

const name = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[a-z]{0,3}$/) },
  { weight: 5, arbitrary: fc.stringMatching(/^[a-f]{15,40}$/) },
  { weight: 1, arbitrary: fc.constantFrom('a.b', '.', String.raw`\u0061`, `${'x'.repeat(20)}.`) },
)

const { named } = fc.letrec<{ named: Named }>((tie) => ({
  named: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('1', '"a.b"', 'null').map((text) => ({ text, isPlain: true })),
    fc.array(tie('named'), { maxLength: 3 }).map((each) => ({
      text: `[${each.map(({ text }) => text).join()}]`,
      isPlain: each.every(({ isPlain }) => isPlain),
    })),
    fc.array(fc.tuple(name, tie('named')), { maxLength: 12 }).map((members) => {
      const names = members.map(([each]) => each)
      const areDifferent = new Set(names).size === names.length
      return {
        text: `{${members.map(([each, { text }]) => `"${each}": ${text}`).join()}}`,
        isPlain:
          areDifferent &&
          !names.some((each) => /[.\\]/.test(each)) &&
          members.every(([, { isPlain }]) => isPlain),
      }
    }),
  ),
}))

test('names are known to be plain where all in one object differ and none has a dot or an escape', () => {
  const seen = { plain: 0, other: 0 }
  fc.assert(
    fc.property(named, (value) => {
      const text = `{"of":${value.text}}`
      const check = checkJson(Buffer.from(text), { depthMax: 100 })
      assert.ok(check.kind === 'object')
      assert.equal(check.hasPlainNames === true, value.isPlain, text)
      seen[value.isPlain ? 'plain' : 'other'] += 1
    }),
    { numRuns: 5000 },
  )
  assert.ok(seen.plain > 500 && seen.other > 500, JSON.stringify(seen))
})

test('the kernel that is carried was made from the source that is there', () => {
  const source = readFileSync(new URL('json-check.as', import.meta.url))
  assert.equal(createHash('sha256').update(source).digest('hex'), KERNEL_SOURCE_SHA256)
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
