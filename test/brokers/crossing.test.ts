// What comes by NATS matches a rule made with aws and leaves on Kafka as a CloudEvent, and the other way round.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startKafka } from '../../tools/services/kafka.ts'
import { natsLacks, startNats } from '../../tools/services/nats.ts'
import {
  consumeAll,
  createTopics,
  kafkaTestsLack,
  produce,
  type SeenRecord,
} from '../support/kafka.ts'
import { createStream, publishAll, readStream, type SeenMessage } from '../support/nats.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const skip = natsLacks() ?? kafkaTestsLack() ?? false

test('from NATS to Kafka and from Kafka to NATS', { skip }, async (context) => {
  const [nats, kafka] = await Promise.all([startNats(), startKafka()])
  context.after(() => Promise.all([nats.stop(), kafka.stop()]))
  await createStream(nats.url, 'ORDERS', ['orders.>'])
  await createStream(nats.url, 'BILLS', ['bills.>'])
  createTopics(kafka, ['orders', 'bills'])
  const signalbox = await Signalbox.open(context, {
    config: `
brokers:
  edge: { type: nats, servers: [${JSON.stringify(nats.url)}] }
  main: { type: kafka, servers: ${JSON.stringify(kafka.brokers)} }
sources:
  from-nats: { broker: edge, stream: ORDERS, mapping: { source: shop, type: order.placed, subject: '$.id' } }
  from-kafka: { broker: main, topics: [bills], mapping: { source: books, type: bill.sent, subject: '$.id' } }
`,
  })
  await route(
    signalbox,
    'large',
    { source: ['shop'], detail: { amount: [{ numeric: ['>', 100] }] } },
    'kafka://main/orders?key=$.detail.id',
  )
  await route(signalbox, 'bills', { 'detail-type': ['bill.sent'] }, 'nats://edge/bills.sent')
  await publishAll(nats.url, 'orders.new', ['{"id":"a","amount":50}', '{"id":"b","amount":150}'])
  produce(kafka, 'bills', ['{"id":"c"}'])
  let records: readonly SeenRecord[] = []
  let messages: readonly SeenMessage[] = []
  await until('both have crossed', DEADLINE_MS, async () => {
    records = consumeAll(kafka, 'orders')
    messages = await readStream(nats.url, 'BILLS')
    return records.length > 0 && messages.length > 0
  })
  const [record] = records
  assert.deepEqual([record!.key, record!.payload], ['b', '{"id":"b","amount":150}'])
  assert.deepEqual(
    ['ce_specversion', 'ce_source', 'ce_type', 'ce_subject'].map((name) => record!.headers[name]),
    ['1.0', 'shop', 'order.placed', 'b'],
  )
  const [message] = messages
  assert.deepEqual([message!.subject, message!.body], ['bills.sent', '{"id":"c"}'])
  assert.deepEqual(
    ['ce-specversion', 'ce-source', 'ce-type', 'ce-subject'].map((name) => message!.headers[name]),
    ['1.0', 'books', 'bill.sent', 'c'],
  )
})

async function route(
  signalbox: Signalbox,
  name: string,
  pattern: object,
  target: string,
): Promise<void> {
  await signalbox.aws('events', 'put-rule', { name, 'event-pattern': JSON.stringify(pattern) })
  const targets = JSON.stringify([{ Id: 't', Arn: target }])
  await signalbox.aws('events', 'put-targets', { rule: name, targets })
}
