import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  crc32c,
  createRecordsBatch,
  NumericMap,
  readRecordsBatch,
  Reader,
} from '@platformatic/kafka'
import { GivenRecords, type ProducerRecord } from './given-records.ts'
import { sizeOfVarint, writeVarint } from './header-bytes.ts'
import { encodeBatch, recordsIn, sealBatch, withRecords } from './record-batch.ts'
import type { PickedRecords } from './record-list.ts'

const NOW = Date.UTC(2026, 0, 1)

const RECORDS = [
  { value: 'one', headers: {} },
  { value: '', key: '', headers: { a: '', é: 'ü' }, timestamp: NOW + 5 },
  { value: 'x'.repeat(100_000), key: 'k'.repeat(300), headers: { ce_id: 'y'.repeat(70) } },
  { value: 'older', headers: {}, timestamp: NOW - 86_400_000 * 20 },
] as const

const OURS: readonly ProducerRecord[] = RECORDS.map((record) => ({
  topic: 't',
  value: Buffer.from(record.value),
  headers: record.headers as Record<string, string>,
  ...('key' in record ? { key: Buffer.from(record.key) } : {}),
  ...('timestamp' in record ? { timestamp: record.timestamp } : {}),
}))

function all(given: readonly ProducerRecord[]): readonly PickedRecords[] {
  return [{ records: new GivenRecords(given), indexes: [...given.keys()] }]
}

test('a batch is byte for byte what the client makes of the same records', () => {
  const theirs = createRecordsBatch(
    RECORDS.map((record) => ({
      topic: 't',
      partition: 1,
      value: Buffer.from(record.value),
      headers: new Map(
        Object.entries(record.headers).map(([name, value]) => [
          Buffer.from(name),
          Buffer.from(value),
        ]),
      ),
      timestamp: BigInt('timestamp' in record ? record.timestamp : NOW),
      ...('key' in record ? { key: Buffer.from(record.key) } : {}),
    })),
    {
      producerId: 7n,
      producerEpoch: 2,
      sequences: new NumericMap([['t:1', 40]]),
    },
  )
  const producer = { id: 7n, epoch: 2, sequence: 40 }
  const ours = sealBatch(encodeBatch(all(OURS), { now: NOW, producer }), crc32c)
  assert.deepEqual(ours, theirs.buffer)
})

test('a batch with compressed records says by what, and is summed over what is sent', () => {
  const batch = encodeBatch(all(OURS), { now: NOW })
  const squeezed = Buffer.from(recordsIn(batch).toReversed())
  const sealed = sealBatch(withRecords(batch, squeezed, 4), crc32c)
  assert.equal(sealed.readInt16BE(21) & 7, 4)
  assert.equal(sealed.readUInt32BE(17), crc32c(sealed.subarray(21)))
  assert.equal(sealed.readInt32BE(8), sealed.length - 12)
})

test('a record without a value is one that deletes, not one of nothing', () => {
  const value = Buffer.alloc(0)
  const given: readonly ProducerRecord[] = [
    { topic: 't', key: Buffer.from('k'), value, isDeletion: true },
    { topic: 't', value },
  ]
  const batch = sealBatch(encodeBatch(all(given), { now: NOW }), crc32c)
  const [deleting, empty] = readRecordsBatch(Reader.from(batch)).records
  assert.equal(deleting!.value ?? undefined, undefined)
  assert.equal(empty!.value?.length, 0)
})

test('a batch of records from several lists has them one behind the other', () => {
  const [first, second, third, fourth] = OURS
  const lists = [new GivenRecords([third!, first!]), new GivenRecords([second!, fourth!])]
  const picked = [
    { records: lists[0]!, indexes: [1] },
    { records: lists[1]!, indexes: [0] },
    { records: lists[0]!, indexes: [0] },
    { records: lists[1]!, indexes: [1] },
  ]
  assert.deepEqual(encodeBatch(picked, { now: NOW }), encodeBatch(all(OURS), { now: NOW }))
})

test('a batch in memory that was used before is the same', () => {
  const used = Buffer.alloc(200_000, 7)
  const batch = encodeBatch(all(OURS), { now: NOW, take: () => used.buffer })
  assert.equal(batch.buffer, used.buffer)
  assert.deepEqual(
    sealBatch(batch, crc32c),
    sealBatch(encodeBatch(all(OURS), { now: NOW }), crc32c),
  )
})

test('a batch of one record is read back as it was', () => {
  const batch = sealBatch(encodeBatch(all(OURS.slice(1, 2)), { now: NOW }), crc32c)
  const { records, firstTimestamp, producerId } = readRecordsBatch(Reader.from(batch))
  assert.equal(records.length, 1)
  assert.equal(firstTimestamp, BigInt(NOW + 5))
  assert.equal(producerId, -1n)
})

test('integers are as long as they are said to be, the largest and the smallest too', () => {
  for (const value of [0, -1, 1, 63, -64, 64, -65, 2 ** 31, -(2 ** 31), 2 ** 45, -(2 ** 45)]) {
    const bytes = Buffer.alloc(10)
    const end = writeVarint(bytes, value, 0)
    assert.equal(end, sizeOfVarint(value))
    assert.equal(Reader.from(bytes.subarray(0, end)).readVarInt64(), BigInt(value))
  }
})
