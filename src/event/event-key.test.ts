import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { createEventKey, EVENT_KEY_WORDS, writeEventKey } from './event-key.ts'

const data = Buffer.from('{"total":7}')

test('a key is the first 128 bits of SHA-256 of bus and key, the CRC-32 and the length of the content', () => {
  const { words, at } = createEventKey('bus', 'shop\0€', data)
  const digest = createHash('sha256').update('bus\0shop\0€').digest()
  const expected = [0, 4, 8, 12].map((start) => digest.readInt32BE(start))
  assert.equal(at, 0)
  assert.deepEqual([...words], [...expected, crc32(data) | 0, data.length])
})

test('bus and key cannot be shifted into each other', () => {
  const [one, other] = [createEventKey('bus', 'key', data), createEventKey('busk', 'ey', data)]
  assert.notDeepEqual(one.words, other.words)
})

test('keys are written one behind the other', () => {
  const words = new Int32Array(3 * EVENT_KEY_WORDS)
  writeEventKey({ words, at: EVENT_KEY_WORDS }, 'bus\0key', data)
  const none = Array.from({ length: EVENT_KEY_WORDS }, () => 0)
  assert.deepEqual([...words], [...none, ...createEventKey('bus', 'key', data).words, ...none])
})
