// Members of a consumer group, who decode batches themselves, against a real cluster: batches that others wrote, in every
// compression, read from their middle, and what a transaction took back.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Producer } from '@platformatic/kafka'
import { type KafkaReader, type KafkaRecord, openKafkaReader } from '../../src/connect/index.ts'
import { type Kafka, startKafka } from '../../tools/services/kafka.ts'
import { createTopics, kafkaTestsLack, openAccess, produce } from '../support/kafka.ts'

const lack = kafkaTestsLack()
const skip = lack ?? false
let kafka: Kafka
const { signal } = new AbortController()

before(async () => {
  if (lack === undefined) kafka = await startKafka()
})
after(() => kafka?.stop())

function open(topic: string): Promise<KafkaReader> {
  return openKafkaReader({
    ...openAccess(kafka),
    topics: [topic],
    group: `readers-of-${topic}`,
    from: 'earliest',
  })
}

/** So many records, at most `most` at a time. */
async function take(reader: KafkaReader, count: number, most = count): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = []
  while (records.length < count) {
    const recordsMax = Math.min(most, count - records.length)
    records.push(...(await reader.read({ recordsMax, bytesMax: 1e9 }, signal)))
  }
  return records
}

const text = ({ value }: KafkaRecord): string => value.toString()
const lines = (count: number): string[] => Array.from({ length: count }, (_, n) => `line ${n}`)

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(
    `a group goes on in the middle of a batch, compressed by ${codec}`,
    { skip },
    async (context) => {
      const topic = `middle-${codec}`
      createTopics(kafka, [topic])
      // Long enough a linger for all of them to be one batch.
      produce(kafka, topic, lines(100), ['-z', codec, '-X', 'linger.ms=500', '-H', 'team=blue'])
      const first = await open(topic)
      const read = await take(first, 30, 7)
      await first.commit(read)
      await first.close()
      const second = await open(topic)
      context.after(() => second.close())
      const rest = await take(second, 70)
      assert.deepEqual([...read, ...rest].map(text), lines(100))
      const [{ offset, headers } = assert.fail()] = rest
      assert.deepEqual([offset, headers], [30n, [['team', 'blue']]])
      assert.equal(second.readAheadBytes(), 0)
      assert.deepEqual(await second.lag(), new Map([[`${topic}/0`, 0]]))
    },
  )
}

test(
  'what an aborted transaction wrote is not read, and its marks are stepped over',
  { skip },
  async (context) => {
    createTopics(kafka, ['paid'])
    const producer = new Producer({
      clientId: 'bank',
      bootstrapBrokers: [...kafka.brokers],
      idempotent: true,
      transactionalId: 'bank',
    })
    context.after(() => producer.close())
    for (const [word, isKept] of [
      ['one', true],
      ['two', false],
      ['three', true],
    ] as const) {
      const transaction = await producer.beginTransaction()
      const value = Buffer.from(word)
      await transaction.send({
        messages: [
          { topic: 'paid', value },
          { topic: 'paid', value },
        ],
      })
      await (isKept ? transaction.commit() : transaction.abort())
    }
    const reader = await open('paid')
    context.after(() => reader.close())
    const records = await take(reader, 4)
    assert.deepEqual(records.map(text), ['one', 'one', 'three', 'three'])
    await reader.commit(records)
    assert.deepEqual([...(await reader.lag()).keys()], ['paid/0'])
  },
)
