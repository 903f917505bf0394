import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compatibilityPartitioner } from '@platformatic/kafka'
import { GivenRecords, type ProducerRecord } from './given-records.ts'
import { Partitioner, type PartitionRecords, topicsOf } from './partitioner.ts'
import type { RecordRange } from './record-list.ts'

const value = Buffer.alloc(0)

function rangeOf(given: readonly Partial<ProducerRecord>[]): RecordRange {
  const records = new GivenRecords(given.map((record) => ({ topic: 't', value, ...record })))
  return { records, from: 0, to: records.length }
}

/** Indexes by partition. */
function placesOf(parts: readonly PartitionRecords[]): readonly (readonly [string, number[]])[] {
  return parts.map(({ topic, partition, picked }) => [
    `${topic}:${partition}`,
    picked.flatMap(({ indexes }) => [...indexes]),
  ])
}

function partitionsOf(keys: readonly Buffer[], count: number): readonly number[] {
  const partitions: number[] = []
  const range = rangeOf(keys.map((key) => ({ key })))
  for (const { partition, picked } of new Partitioner().split([range], () => count))
    for (const index of picked[0]!.indexes) partitions[index] = partition
  return partitions
}

// Of Kafka's UtilsTest: https://github.com/apache/kafka/blob/4.0.0/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java
const HASHES: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

test('records with a key go where Kafka has them go', () => {
  const keys = HASHES.map(([key]) => Buffer.from(key))
  for (const count of [1, 3, 12, 1009])
    assert.deepEqual(
      partitionsOf(keys, count),
      HASHES.map(([, hash]) => (hash & 0x7f_ff_ff_ff) % count),
    )
})

test('keys of every length, and of bytes that are no text, go where Kafka has them go', () => {
  const texts = ['', 'a', 'ab', 'abc', 'abcd', 'order/1', 'é', '\u{1f600}', 'k'.repeat(301)]
  const keys = [
    ...texts.map((text) => Buffer.from(text)),
    Buffer.from([255, 254, 253]),
    Buffer.alloc(7, 128),
  ]
  const expected = keys.map((key) => compatibilityPartitioner({ topic: 't' }, key) % 1009)
  assert.deepEqual(partitionsOf(keys, 1009), expected)
})

test('records without a key go to each partition in turn, and on where the last request ended', () => {
  const partitioner = new Partitioner()
  const other = { topic: 'other' }
  const first = partitioner.split([rangeOf([{}, {}, other, {}, {}, other])], () => 3)
  assert.deepEqual(placesOf(first), [
    ['t:0', [0, 4]],
    ['t:1', [1]],
    ['other:0', [2]],
    ['t:2', [3]],
    ['other:1', [5]],
  ])
  const second = partitioner.split([rangeOf([{}]), rangeOf([{}])], () => 3)
  assert.deepEqual(placesOf(second), [
    ['t:1', [0]],
    ['t:2', [0]],
  ])
})

test('a partition that is said is taken, as far as the topic has it', () => {
  const key = Buffer.from('k')
  const given = [{ partition: 1, key }, { partition: 4 }, {}]
  const [one, turn] = new Partitioner().split([rangeOf(given)], () => 3)
  assert.deepEqual([one!.partition, one!.count, one!.picked[0]!.indexes], [1, 2, [0, 1]])
  assert.equal(turn!.partition, 0)
})

test('only what a range has is split, and its topics are named once', () => {
  const topics = ['a', 'a', 'b', 'a', 'c']
  const { records } = rangeOf(topics.map((topic) => ({ topic })))
  const range = { records, from: 1, to: 4 }
  assert.deepEqual(topicsOf([range]), ['a', 'b'])
  assert.deepEqual(placesOf(new Partitioner().split([range], () => 1)), [
    ['a:0', [1, 3]],
    ['b:0', [2]],
  ])
})
