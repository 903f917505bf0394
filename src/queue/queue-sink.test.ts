import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { isAppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { decodeStoredEvent, encodeStoredEvent, type EventMeta } from '../event/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { createDeadLetterSender } from './dead-letters.ts'
import { createQueueSinkKind, type QueueDelivery, type QueueSink } from './queue-sink.ts'
import { openQueues, type Queues } from './queues.ts'
import { queueResource } from './testing.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000:orders'
const signal = new AbortController().signal
const ALL = { user: ['All'], system: ['All'] }

let queues: Queues
let sink: QueueSink
let options: { queues: Queues; clock: FakeClock; random: ReturnType<typeof seededRandom> }

beforeEach(() => {
  const clock = new FakeClock()
  const random = seededRandom(7)
  const { messages } = openMemoryStore()
  queues = openQueues({ messages, clock, random, logger: silentLogger })
  options = { queues, clock, random }
  sink = createQueueSinkKind(options).open(ARN)
})

function delivery(
  body: string,
  extra: { messageGroupId?: string; meta?: EventMeta; id?: string } = {},
): QueueDelivery {
  const record = encodeStoredEvent({
    busKey: '000000000000/us-east-1/default',
    ...(extra.meta === undefined ? {} : { meta: extra.meta }),
    envelopeHead: '{"id":"e","detail":',
    detail: '{}',
    hasData: true,
  })
  return {
    deliveryId: extra.id ?? `0:1/rule/${body}`,
    event: decodeStoredEvent(record),
    eventId: 'e',
    body: Buffer.from(body),
    target: {
      id: 't',
      address: ARN,
      ...(extra.messageGroupId === undefined ? {} : { messageGroupId: extra.messageGroupId }),
    },
    attempt: 1,
  }
}

function receive(arn = ARN) {
  return queues.messages.receive(arn, { limit: 10, select: ALL }, signal)
}

test('serves the ARNs of queues and nothing else', () => {
  const kind = createQueueSinkKind(options)
  assert.equal(kind.serves(ARN), true)
  assert.equal(kind.serves('arn:aws:lambda:us-east-1:000000000000:function:f'), false)
  assert.equal(kind.serves('http://localhost/sqs'), false)
})

test('a batch lands in the queue, each body byte for byte', async () => {
  queues.registry.define(queueResource())
  const sent = ['{"a":1}', '', 'ünicode', '{"b":  2}']
  const results = await sink.send(
    sent.map((body) => delivery(body)),
    signal,
  )
  assert.deepEqual(
    results.map((result) => result.kind),
    sent.map(() => 'delivered'),
  )
  const received = await receive()
  assert.deepEqual(received.map((message) => message.body).sort(), sent.toSorted())
  assert.equal(new Set(received.map((message) => message.id)).size, sent.length)
})

test('a delivery wakes a long poll', async () => {
  queues.registry.define(queueResource())
  const poll = queues.messages.receive(ARN, { waitSeconds: 20, select: ALL }, signal)
  await sink.send([delivery('a')], signal)
  assert.equal((await poll)[0]?.body, 'a')
})

test('a queue that does not exist is a dead end', async () => {
  const [result] = await sink.send([delivery('a')], signal)
  assert.equal(result?.kind, 'dead')
  assert.equal(result.failure.code, 'NO_RESOURCE')
})

test('the trace header of an event travels as a system attribute', async () => {
  queues.registry.define(queueResource())
  await sink.send([delivery('a', { meta: { traceHeader: 'Root=1-2-3' } })], signal)
  const [message] = await receive()
  assert.equal(message?.systemAttributes['AWSTraceHeader'], 'Root=1-2-3')
})

test('a first-in first-out queue keeps the order, takes the group, and drops a repeated attempt', async () => {
  queues.registry.define(queueResource({ fifo: true, attributes: { FifoQueue: 'true' } }))
  const first = delivery('1', { messageGroupId: 'g' })
  await sink.send([first, delivery('2', { messageGroupId: 'g' })], signal)
  await sink.send([{ ...first, attempt: 2 }], signal)
  const received = await receive()
  assert.deepEqual(
    received.map((message) => [message.body, message.systemAttributes['MessageGroupId']]),
    [
      ['1', 'g'],
      ['2', 'g'],
    ],
  )
})

test('a first-in first-out queue without a message group is a dead end for that target alone', async () => {
  queues.registry.define(queueResource({ fifo: true, attributes: { FifoQueue: 'true' } }))
  const results = await sink.send([delivery('1'), delivery('2', { messageGroupId: 'g' })], signal)
  assert.deepEqual(
    results.map((result) => result.kind),
    ['dead', 'delivered'],
  )
})

test('a message over a limit that the queue set is a dead end', async () => {
  queues.registry.define(queueResource({ attributes: { MaximumMessageSize: '1024' } }))
  const results = await sink.send([delivery('x'.repeat(1025)), delivery('ok')], signal)
  assert.deepEqual(
    results.map((result) => result.kind),
    ['dead', 'delivered'],
  )
})

test('the largest event goes through a queue of default size although its envelope is larger', async () => {
  queues.registry.define(queueResource())
  const [result] = await sink.send([delivery('x'.repeat(1_048_900))], signal)
  assert.equal(result?.kind, 'delivered')
})

test('a store that fails means another try for all that could be sent', async () => {
  const store = openMemoryStore()
  queues = openQueues({ ...options, messages: store.messages, logger: silentLogger })
  queues.registry.define(queueResource())
  await store.close()
  sink = createQueueSinkKind({ ...options, queues }).open(ARN)
  const [result] = await sink.send([delivery('a')], signal)
  assert.equal(result?.kind, 'retry')
})

test('a dead letter carries why it is dead', async () => {
  queues.registry.define(queueResource())
  await createDeadLetterSender(options)(ARN, {
    body: Buffer.from('{"event":1}'),
    attributes: {
      RULE_ARN: 'arn:aws:events:us-east-1:000000000000:rule/r',
      ERROR_CODE: 'TIMEOUT',
      ERROR_MESSAGE: 'no answer\u0000',
      EXHAUSTED_RETRY_CONDITION: '',
    },
  })
  const [letter] = await receive()
  assert.equal(letter?.body, '{"event":1}')
  assert.deepEqual(letter.attributes, {
    RULE_ARN: {
      DataType: 'String',
      StringValue: 'arn:aws:events:us-east-1:000000000000:rule/r',
    },
    ERROR_CODE: { DataType: 'String', StringValue: 'TIMEOUT' },
    ERROR_MESSAGE: { DataType: 'String', StringValue: 'no answer\uFFFD' },
  })
})

test('a dead letter for a queue that does not exist is refused', async () => {
  await assert.rejects(
    createDeadLetterSender(options)(ARN, { body: Buffer.from('x'), attributes: {} }),
    (error) => isAppError(error, 'QUEUE_NOT_FOUND'),
  )
})
