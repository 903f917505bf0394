import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GivenRecords, type ProducerRecord } from './given-records.ts'
import type { KafkaRecord } from './kafka-reader.ts'
import { encodeBatch, recordsIn } from './record-batch.ts'
import { type BatchFacts, RecordCursor } from './record-cursor.ts'
import type { PickedRecords } from './record-list.ts'

const NOW = 1_764_252_000_000
const facts = (count: number): BatchFacts => ({
  firstOffset: 2n ** 40n,
  firstTimestamp: NOW,
  leaderEpoch: 7,
  count,
})

const DELETION = { value: Buffer.alloc(0), isDeletion: true } as const

function all(given: readonly ProducerRecord[]): readonly PickedRecords[] {
  return [{ records: new GivenRecords(given), indexes: [...given.keys()] }]
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each))
const written = fc.record({
  key: fc.option(bytes, { nil: undefined }),
  value: fc.option(bytes, { nil: undefined }),
  headers: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), {
    maxKeys: 3,
  }),
  afterMs: fc.integer({ min: -100_000, max: 2 ** 42 }),
})

test('what is read of a batch is what was written', () => {
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 40 }), (given) => {
      const afterMs = given.map((each, index) => (index === 0 ? 0 : each.afterMs))
      const batch = encodeBatch(
        all(
          given.map(({ key, value, headers }, index) => ({
            topic: 'orders',
            ...(key === undefined ? {} : { key }),
            ...(value === undefined ? DELETION : { value }),
            headers,
            timestamp: NOW + afterMs[index]!,
          })),
        ),
        { now: NOW },
      )
      const cursor = new RecordCursor(recordsIn(batch), facts(given.length))
      for (const [index, { key, value, headers }] of given.entries()) {
        assert.equal(cursor.peekOffsetDelta(), index)
        const record = cursor.read('orders', 3)
        const expected: KafkaRecord = {
          topic: 'orders',
          partition: 3,
          offset: 2n ** 40n + BigInt(index),
          key,
          value: value ?? Buffer.alloc(0),
          headers: Object.entries(headers),
          timestamp: NOW + afterMs[index]!,
          leaderEpoch: 7,
          ...(value === undefined ? { isDeletion: true } : {}),
        }
        assert.deepEqual(record, expected)
      }
      assert.equal(cursor.left, 0)
      assert.equal(cursor.leftBytes, 0)
    }),
  )
})

test('records that were skipped are not read, and a batch may have one time', () => {
  const values = ['a', 'b', 'c'].map((text) => ({ topic: 'orders', value: Buffer.from(text) }))
  const records = recordsIn(encodeBatch(all(values), { now: NOW }))
  const cursor = new RecordCursor(records, { ...facts(3), appendTime: NOW + 5 })
  cursor.skip()
  cursor.skip()
  const { value, offset, timestamp } = cursor.read('orders', 0)
  assert.deepEqual([String(value), offset, timestamp], ['c', 2n ** 40n + 2n, NOW + 5])
})

test('damaged bytes are refused, and never read past', () => {
  const one = { topic: 'orders', value: Buffer.from('abc'), headers: { a: 'b' } }
  const records = recordsIn(encodeBatch(all([one, one]), { now: NOW }))
  assert.throws(() => new RecordCursor(records, facts(3)), RangeError)
  assert.throws(() => new RecordCursor(records.subarray(0, -1), facts(2)), RangeError)
  fc.assert(
    fc.property(fc.nat(records.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(records)
      damaged[at] = byte
      try {
        const cursor = new RecordCursor(damaged, facts(2))
        while (cursor.left > 0) {
          const { value } = cursor.read('orders', 0)
          assert.ok(value.byteOffset + value.length <= damaged.byteOffset + damaged.length)
        }
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
