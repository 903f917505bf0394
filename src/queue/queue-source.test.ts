import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openMemoryStore } from '../store/index.ts'
import { createQueueSourceKind, type QueueSource } from './queue-source.ts'
import { openQueues, type Queues } from './queues.ts'
import type { OutgoingMessage } from './outgoing.ts'
import { queueResource } from './testing.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000:orders'
const FIFO = 'arn:aws:sqs:us-east-1:000000000000:orders.fifo'

let clock: FakeClock
let queues: Queues

beforeEach(() => {
  clock = new FakeClock()
  const { messages } = openMemoryStore()
  queues = openQueues({ messages, clock, random: seededRandom(3), logger: silentLogger })
  queues.registry.define(queueResource())
})

function open(parameters: object = {}, arn = ARN): QueueSource {
  const kind = createQueueSourceKind({ queues, clock, logger: silentLogger })
  assert.ok(kind.serves(arn))
  return kind.open(arn, { SqsQueueParameters: parameters })
}

async function send(body: string, more: Partial<OutgoingMessage> = {}, arn = ARN): Promise<void> {
  await queues.messages.send(arn, 'me', { body, ...more })
}

function bodiesOf({ records }: Awaited<ReturnType<QueueSource['read']>>): readonly unknown[] {
  return records.map(
    ({ received }) => (JSON.parse(Buffer.from(received).toString()) as { body: unknown }).body,
  )
}

function never(): AbortSignal {
  return new AbortController().signal
}

test('a message comes in the form of AWS, its body as text and beside it as JSON', async () => {
  const attributes = {
    kind: { DataType: 'String', StringValue: 'k' },
    raw: { DataType: 'Binary', BinaryValue: 'AAE=' },
  }
  const systemAttributes = { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-2-3' } }
  await send('{"n": 1.50}', { attributes, systemAttributes })
  const { records } = await open().read(never())
  const [record] = records as [(typeof records)[number]]
  const event = JSON.parse(Buffer.from(record.received).toString()) as Record<string, unknown>
  const {
    messageId,
    receiptHandle,
    md5OfBody,
    md5OfMessageAttributes,
    attributes: own,
    ...rest
  } = event
  assert.equal(messageId, record.id)
  assert.ok(typeof receiptHandle === 'string' && receiptHandle !== '')
  assert.match(String(md5OfBody), /^[0-9a-f]{32}$/)
  assert.match(String(md5OfMessageAttributes), /^[0-9a-f]{32}$/)
  assert.equal((own as Record<string, string>)['ApproximateReceiveCount'], '1')
  assert.deepEqual(rest, {
    body: '{"n": 1.50}',
    messageAttributes: {
      kind: { stringValue: 'k', stringListValues: [], binaryListValues: [], dataType: 'String' },
      raw: { binaryValue: 'AAE=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
    },
    eventSource: 'aws:sqs',
    eventSourceARN: ARN,
    awsRegion: 'us-east-1',
  })
  assert.match(Buffer.from(record.decoded).toString(), /"body":\{"n": 1\.50\},/)
  assert.equal(record.traceHeader, 'Root=1-2-3')
  assert.equal(record.group, undefined)
})

for (const body of ['text', '12', 'true', '"quoted"', '{"broken": ', '{} {}']) {
  test(`the body \`${body}\` stays text`, async () => {
    await send(body)
    const { records } = await open().read(never())
    assert.deepEqual(records[0]!.decoded, records[0]!.received)
  })
}

test('what is acknowledged is gone, what is not shows again', async () => {
  for (const body of ['a', 'b', 'c']) await send(body)
  const source = open()
  const batch = await source.read(never())
  assert.deepEqual(bodiesOf(batch), ['a', 'b', 'c'])
  await batch.acknowledge([batch.records[0]!, batch.records[2]!])
  clock.advance(30_000)
  assert.deepEqual(bodiesOf(await source.read(never())), ['b'])
})

test('a batch holds as many as were asked for, ten when nothing was said', async () => {
  for (let n = 0; n < 40; n += 1) await send(String(n))
  assert.equal((await open().read(never())).records.length, 10)
  assert.equal((await open({ BatchSize: 1 }).read(never())).records.length, 1)
  assert.equal((await open({ BatchSize: 25 }).read(never())).records.length, 25)
  assert.equal((await open({ BatchSize: 10_000 }).read(never())).records.length, 4)
})

test('within the window a batch waits for company', async () => {
  await send('a')
  const source = open({ BatchSize: 3, MaximumBatchingWindowInSeconds: 5 })
  let isRead = false
  const reading = source.read(never()).finally(() => (isRead = true))
  await clock.run(2000)
  await send('b')
  await clock.run(2000)
  assert.equal(isRead, false)
  await clock.run(1000)
  assert.deepEqual(bodiesOf(await reading), ['a', 'b'])
})

test('a full batch waits for no window', async () => {
  await send('a')
  await send('b')
  const source = open({ BatchSize: 2, MaximumBatchingWindowInSeconds: 5 })
  assert.deepEqual(bodiesOf(await source.read(never())), ['a', 'b'])
})

test('no window is longer than half the time for which a message is hidden', async () => {
  await send('a')
  const source = open({ BatchSize: 3, MaximumBatchingWindowInSeconds: 300 })
  const reading = source.read(never())
  await clock.run(15_000)
  assert.deepEqual(bodiesOf(await reading), ['a'])
})

test('a stop ends the wait, with what is in hand', async () => {
  const stop = new AbortController()
  const empty = open().read(stop.signal)
  stop.abort()
  assert.deepEqual((await empty).records, [])
  await send('a')
  const second = new AbortController()
  const reading = open({ BatchSize: 2, MaximumBatchingWindowInSeconds: 9 }).read(second.signal)
  await clock.run(1000)
  second.abort()
  assert.deepEqual(bodiesOf(await reading), ['a'])
})

test('groups of a first-in first-out queue are told', async () => {
  queues.registry.define(queueResource({ name: 'orders.fifo', fifo: true, uid: 'uid-2' }))
  await send('a', { groupId: 'g', deduplicationId: '1' }, FIFO)
  const { records } = await open({}, FIFO).read(never())
  assert.equal(records[0]!.group, 'g')
})

test('a queue that is not there, or goes away, is said', async () => {
  const source = open({}, `${ARN}-gone`)
  assert.equal(source.problem(), `queue \`${ARN}-gone\` does not exist`)
  await assert.rejects(source.read(never()), { code: 'QUEUE_NOT_FOUND' })
  const reading = open().read(never())
  await clock.run(0)
  queues.registry.forget(ARN)
  await assert.rejects(reading, { code: 'QUEUE_NOT_FOUND' })
})

test('to acknowledge to a queue that is gone does nothing', async () => {
  await send('a')
  const batch = await open().read(never())
  queues.registry.forget(ARN)
  await batch.acknowledge(batch.records)
})
