import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeText, unescapeBytes, unescapeText } from './text.ts'

function unescape(raw: Uint8Array): string {
  const target = new Uint8Array(raw.length)
  const length = unescapeBytes(raw, 0, raw.length, target)
  assert.ok(length <= raw.length)
  return Buffer.from(target.subarray(0, length)).toString('latin1')
}

const unit = fc.nat(0xffff).map((code) => String.raw`\u${code.toString(16).padStart(4, '0')}`)
const surrogate = fc
  .integer({ min: 0xd800, max: 0xdfff })
  .map((code) => String.raw`\u${code.toString(16).toUpperCase()}`)
const simple = fc.constantFrom(...String.raw`\" \\ \/ \b \f \n \r \t`.split(' '))
const plain = fc.constantFrom('a', 'ü', '€', '😀', ' ', '/')
const escaped = fc.array(fc.oneof(unit, surrogate, simple, plain), { maxLength: 12 })

test('escapes become the bytes of what they stand for, pairs of surrogates one character', () => {
  fc.assert(
    fc.property(escaped, (pieces) => {
      const text = pieces.join('')
      const raw = Buffer.from(text)
      const expected = encodeText(JSON.parse(`"${text}"`) as string)
      assert.equal(unescape(raw), expected, text)
      assert.equal(unescapeText(raw.toString('latin1')), expected, text)
    }),
    { numRuns: 5000 },
  )
})

test('escapes that are cut off or malformed never write more bytes than there were', () => {
  const raw = fc.array(fc.constantFrom('\\', 'u', 'd', '8', '0', 'c', 'z', '"'), { maxLength: 14 })
  fc.assert(
    fc.property(raw, (pieces) => {
      unescape(Buffer.from(pieces.join('')))
    }),
    { numRuns: 5000 },
  )
})
