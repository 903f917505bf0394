// The yardstick of Kafka → bus → Kafka: the same client alone, a consumer whose batches go to an idempotent producer
// and are then committed. Nothing is looked at, matched or kept.

import { Consumer, type Message, Producer } from '@platformatic/kafka'
import { readOptions, tell } from './parent.ts'

export interface KafkaLoopOptions {
  readonly servers: readonly string[]
  readonly from: string
  readonly to: string
}

const BATCH = 1000

const { servers, from, to } = readOptions() as KafkaLoopOptions
const common = { clientId: 'loop', bootstrapBrokers: [...servers] }
const producer = new Producer({ ...common, idempotent: true, retries: 5 })
const consumer = new Consumer({
  ...common,
  groupId: 'loop',
  maxBytes: 8 * 1024 * 1024,
  maxWaitTime: 500,
})
const stream = await consumer.consume({
  topics: [from],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: false,
  maxBytesPerPartition: 2 * 1024 * 1024,
})
let wake: () => void = () => {}
stream.on('readable', () => wake())
tell({ kind: 'ready' })
for (;;) {
  const messages: Message[] = []
  while (messages.length < BATCH) {
    const message = stream.read() as Message | null
    if (message === null) break
    messages.push(message)
  }
  if (messages.length === 0) {
    await new Promise<void>((resolve) => (wake = resolve))
    continue
  }
  await producer.send({
    messages: messages.map(({ key, value, headers }) => ({ topic: to, key, value, headers })),
  })
  const last = new Map(messages.map((message) => [message.partition, message]))
  const offsets = Array.from(last.values(), ({ topic, partition, offset, leaderEpoch }) => ({
    topic,
    partition,
    offset: offset + 1n,
    leaderEpoch,
  }))
  await consumer.commit({ offsets })
}
