import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../../base/testing.ts'
import type { BrokerProducer } from '../../../model/index.ts'
import type { BatchWriter, WrittenPlace } from './batch-writer.ts'
import { GivenRecords, type ProducerRecord } from './given-records.ts'
import { type ListProducer, openKafkaProducer, type RecordOutcome } from './kafka-producer.ts'
import { PRODUCER_RECORDS_MAX } from './limits.ts'
import type { RecordRange } from './record-list.ts'

/** A cluster that refuses each request with a record of `bad`, and is gone while there is one of `gone`. */
class TestWriter implements BatchWriter {
  /** The sizes of the records of each request. */
  readonly requests: number[][] = []
  opened = 0
  bad = -1
  gone = -1

  async write(ranges: readonly RecordRange[]): Promise<readonly WrittenPlace[]> {
    const sizes: number[] = []
    const counts = new Map<string, number>()
    for (const { records, from, to } of ranges) {
      for (let index = from; index < to; index += 1) {
        sizes.push(records.sizeOf(index))
        const topic = records.topicOf(index)
        counts.set(topic, (counts.get(topic) ?? 0) + 1)
      }
    }
    this.requests.push(sizes)
    if (sizes.includes(this.gone)) throw new Error('gone')
    if (sizes.includes(this.bad))
      throw Object.assign(new Error('too large'), { apiId: 'MESSAGE_TOO_LARGE' })
    return Array.from(counts, ([topic, count]) => ({ topic, partition: 2, offset: 70n, count }))
  }

  async close(): Promise<void> {}
}

function open(
  writer: TestWriter,
  parts: { settings?: BrokerProducer; clock?: FakeClock } = {},
): ListProducer {
  const { settings = {}, clock = new FakeClock() } = parts
  return openKafkaProducer({
    broker: { account: '', region: '', name: 'main', type: 'kafka', servers: ['127.0.0.1:9092'] },
    reveal: async () => '',
    checkServer: () => {},
    clock,
    settings,
    openWriter: () => {
      writer.opened += 1
      return writer
    },
  })
}

/** Each is told by its size. */
function ofSizes(sizes: readonly number[], topic = 't'): ProducerRecord[] {
  return sizes.map((size) => ({ topic, value: Buffer.alloc(size) }))
}

function kindsOf(outcomes: readonly RecordOutcome[] | undefined): string {
  return (outcomes ?? []).map(({ kind }) => kind[0]).join('')
}

test('what is given in one turn is one request, and all of it written is no list of outcomes', async () => {
  const writer = new TestWriter()
  const producer = open(writer)
  const lists = [[1, 2], [3], [], [4, 5]].map((sizes) => new GivenRecords(ofSizes(sizes)))
  const outcomes = await Promise.all(lists.map((records) => producer.sendList(records)))
  assert.deepEqual(outcomes, [undefined, undefined, undefined, undefined])
  assert.deepEqual(writer.requests, [[1, 2, 3, 4, 5]])
})

test('what is given just as the last request ends is sent, however long it takes to hear of that', async () => {
  const producer = open(new TestWriter())
  for (let turns = 0; turns < 12; turns += 1) {
    assert.equal(kindsOf(await producer.send(ofSizes([1]))), 'w')
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
  }
})

test('a request is full with the record that makes it so, wherever it stands', async () => {
  const writer = new TestWriter()
  const producer = open(writer, { settings: { batchSizeBytes: 10 } })
  const sent = [[4, 4, 4, 4], [30], [5, 5], [1]].map((sizes) => producer.send(ofSizes(sizes)))
  assert.deepEqual((await Promise.all(sent)).map(kindsOf), ['wwww', 'w', 'ww', 'w'])
  assert.deepEqual(writer.requests, [[4, 4, 4], [4, 30], [5, 5], [1]])
})

test('a request waits as long as it lingers, unless it is full', async () => {
  const writer = new TestWriter()
  const clock = new FakeClock()
  const producer = open(writer, { settings: { batchSizeBytes: 10, lingerMs: 50 }, clock })
  const first = producer.send(ofSizes([1, 2]))
  await Promise.resolve()
  assert.deepEqual(writer.requests, [])
  clock.advance(50)
  await first
  const second = producer.send(ofSizes([3]))
  await Promise.all([second, producer.send(ofSizes([8]))])
  assert.deepEqual(writer.requests, [
    [1, 2],
    [3, 8],
  ])
})

test('of a request that is refused only the record at fault is, wherever it stands', async () => {
  for (const bad of [1, 2, 3, 4, 5, 6, 7]) {
    const writer = new TestWriter()
    writer.bad = bad
    const producer = open(writer)
    const sent = [[1, 2, 3], [4], [5, 6, 7]].map((sizes) => producer.send(ofSizes(sizes)))
    const kinds = (await Promise.all(sent)).map(kindsOf).join('')
    assert.equal(kinds, `${'w'.repeat(bad - 1)}r${'w'.repeat(7 - bad)}`)
    const written = writer.requests.filter((sizes) => !sizes.includes(bad)).flat()
    assert.deepEqual(
      written,
      [1, 2, 3, 4, 5, 6, 7].filter((size) => size !== bad),
    )
    assert.equal(writer.opened, 1)
  }
})

test('a request that fails fails all of it, and the next has another client', async () => {
  const writer = new TestWriter()
  writer.gone = 3
  const producer = open(writer, { settings: { batchSizeBytes: 4 } })
  assert.equal(kindsOf(await producer.send(ofSizes([1, 3, 2, 2]))), 'ffww')
  assert.equal(writer.opened, 2)
})

test('where a record is, is told of one that went alone to its topic', async () => {
  const producer = open(new TestWriter())
  const sent = [ofSizes([1, 2]), [...ofSizes([3]), ...ofSizes([4], 'other')]]
  const [both, last] = await Promise.all(sent.map((records) => producer.send(records)))
  assert.deepEqual(both, [{ kind: 'written' }, { kind: 'written' }])
  assert.deepEqual(last, [{ kind: 'written' }, { kind: 'written', partition: 2, offset: 70 }])
})

test('what is beyond the bound fails at once, and there is room again when the rest is written', async () => {
  const writer = new TestWriter()
  const producer = open(writer)
  const first = producer.send(ofSizes([1, 1]))
  const many = await producer.send(ofSizes(Array.from({ length: PRODUCER_RECORDS_MAX }, () => 1)))
  assert.equal(kindsOf(await first), 'ww')
  assert.equal(kindsOf(many), `${'w'.repeat(PRODUCER_RECORDS_MAX - 2)}ff`)
  assert.equal(kindsOf(await producer.send(ofSizes([1]))), 'w')
})

test('a producer that closes sends what waits, and takes no more', async () => {
  const writer = new TestWriter()
  const producer = open(writer, { settings: { lingerMs: 1000 } })
  const waiting = producer.send(ofSizes([1]))
  await producer.close()
  assert.equal(kindsOf(await waiting), 'w')
  assert.equal(kindsOf(await producer.send(ofSizes([2, 3]))), 'ff')
  assert.deepEqual(writer.requests, [[1]])
})
