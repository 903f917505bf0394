import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c } from './crc32c.ts'

// RFC 3720, appendix B.4, as numbers rather than in its byte order.
const VECTORS: readonly (readonly [string, Uint8Array, number])[] = [
  ['32 bytes of zeroes', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['32 bytes rising', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  ['32 bytes falling', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
  [
    'an iSCSI read command',
    Buffer.from(
      '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' +
        '0200000000000000',
      'hex',
    ),
    0xd9963a56,
  ],
]

for (const [name, bytes, expected] of VECTORS) {
  test(`the CRC of ${name} is the RFC's`, () => {
    assert.equal(crc32c(bytes), expected)
  })
}

test('the check value of the polynomial', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
})

test('a CRC can be continued anywhere, and of any part', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      const at = Math.min(cut, bytes.length)
      assert.equal(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at)), crc32c(bytes))
      assert.equal(crc32c(bytes, at), crc32c(bytes.slice(at)))
    }),
  )
})

test('what is long has the CRC of its parts, one after the other', () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, index) => (index * 31 + (index >> 5)) & 255)
  fc.assert(
    fc.property(fc.nat(2000), fc.nat(1000), (start, size) => {
      let parts = 0
      for (let at = start; at < start + size; at += 100) {
        parts = crc32c(bytes, at, Math.min(at + 100, start + size), parts)
      }
      assert.equal(crc32c(bytes, start, start + size), parts)
      assert.equal(crc32c(bytes.subarray(start), 0, size), parts)
    }),
  )
})

test('any one flipped bit shows', () => {
  const flip = fc
    .uint8Array({ minLength: 1, maxLength: 64 })
    .chain((bytes) => fc.tuple(fc.constant(bytes), fc.nat(bytes.length * 8 - 1)))
  fc.assert(
    fc.property(flip, ([bytes, bit]) => {
      const flipped = bytes.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      assert.notEqual(crc32c(flipped), crc32c(bytes))
    }),
  )
})
