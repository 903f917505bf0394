import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { isAppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openMemoryStore } from '../store/index.ts'
import type { Store } from '../store/index.ts'
import type { QueueMessage } from './incoming.ts'
import type { ReceiveOptions } from './queue-messages.ts'
import { openQueues, type Queues } from './queues.ts'
import { queueResource } from './testing.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000:orders'
const DLQ_ARN = 'arn:aws:sqs:us-east-1:000000000000:dead'
const SENDER = '000000000000'
const NONE = { user: [], system: [] }
const never = new AbortController().signal

let clock: FakeClock
let store: Store
let queues: Queues

beforeEach(() => {
  clock = new FakeClock()
  store = openMemoryStore()
  queues = openQueues({
    messages: store.messages,
    clock,
    random: seededRandom(1),
    logger: silentLogger,
  })
})

afterEach(async () => {
  await queues.close()
  await store.close()
})

function receive(options: Partial<ReceiveOptions> = {}, signal: AbortSignal = never) {
  return queues.messages.receive(ARN, { select: NONE, ...options }, signal)
}

function bodies(messages: readonly QueueMessage[]): string[] {
  return messages.map((message) => message.body)
}

function send(body: string, extra: object = {}) {
  return queues.messages.send(ARN, SENDER, { body, ...extra })
}

/** Lets everything that waits only for promises happen. */
async function settle(): Promise<void> {
  for (let index = 0; index < 10; index += 1) await turn()
}

describe('a standard queue', () => {
  beforeEach(() => void queues.registry.define(queueResource()))

  test('gives what was sent, with the digests that clients check', async () => {
    const attributes = { Foo: { DataType: 'String', StringValue: 'Bar' } }
    const sent = await send('msg', { attributes })
    assert.equal(sent.bodyDigest, '6e2baaf3b97dbeef01c0043275f9a0e7')
    assert.equal(sent.attributesDigest, 'ae7155c6026991b6d54b11589678bf9c')
    assert.equal(sent.sequence, undefined)
    const [message] = await receive({ select: { user: ['All'], system: ['All'] } })
    assert.equal(message?.id, sent.id)
    assert.equal(message.bodyDigest, sent.bodyDigest)
    assert.deepEqual(message.attributes, attributes)
    assert.equal(message.attributesDigest, sent.attributesDigest)
    assert.deepEqual(message.systemAttributes, {
      SenderId: SENDER,
      SentTimestamp: String(clock.now()),
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: String(clock.now()),
    })
  })

  test('gives only the attributes asked for, and digests those', async () => {
    await send('msg', {
      attributes: {
        a: { DataType: 'String', StringValue: '1' },
        b: { DataType: 'String', StringValue: '2' },
      },
      systemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-2-3' } },
    })
    const [message] = await receive({ select: { user: ['a'], system: ['AWSTraceHeader'] } })
    assert.deepEqual(Object.keys(message!.attributes), ['a'])
    assert.deepEqual(message!.systemAttributes, { AWSTraceHeader: 'Root=1-2-3' })
  })

  test('hides a received message until its visibility timeout is over', async () => {
    await send('a')
    assert.deepEqual(bodies(await receive()), ['a'])
    clock.advance(29_999)
    assert.deepEqual(bodies(await receive()), [])
    clock.advance(1)
    assert.deepEqual(bodies(await receive()), ['a'])
  })

  test('forgets a message once its receipt is deleted, and takes the receipt again', async () => {
    await send('a')
    const [message] = await receive()
    assert.deepEqual(await queues.messages.remove(ARN, [message!.receipt, 'nonsense']), [
      true,
      false,
    ])
    assert.deepEqual(await queues.messages.remove(ARN, [message!.receipt]), [true])
    clock.advance(60_000)
    assert.deepEqual(await receive(), [])
  })

  test('shows a message at once when its visibility is set to nothing', async () => {
    await send('a')
    const [message] = await receive()
    const faults = await queues.messages.changeVisibility(ARN, [
      { receipt: message!.receipt, visibilityTimeoutSeconds: 0 },
      { receipt: 'nonsense', visibilityTimeoutSeconds: 0 },
      { receipt: message!.receipt, visibilityTimeoutSeconds: 43_201 },
    ])
    assert.deepEqual(
      faults.map((fault) => fault?.details['awsCode']),
      [undefined, 'ReceiptHandleIsInvalid', 'InvalidParameterValue'],
    )
    assert.deepEqual(bodies(await receive()), ['a'])
  })

  test('delays a message as long as it says', async () => {
    await send('a', { delaySeconds: 5 })
    assert.deepEqual(await queues.messages.counts(ARN), {
      visible: 0,
      inFlight: 0,
      delayed: 1,
      oldestSentAt: clock.now(),
    })
    clock.advance(5000)
    assert.deepEqual(bodies(await receive()), ['a'])
  })

  test('refuses what SQS refuses, in its words', async () => {
    const cases: readonly (readonly [Promise<unknown>, string, RegExp])[] = [
      [send(''), 'MissingParameter', /contain the parameter MessageBody\.$/],
      [send('a\u0000'), 'InvalidMessageContents', /^Invalid characters found/],
      [send('a', { delaySeconds: 901 }), 'InvalidParameterValue', /^Value 901 for .* <= 900\.$/],
      [send('a', { groupId: 'a b' }), 'InvalidParameterValue', /punctuation characters/],
      [send('a', { deduplicationId: 'd' }), 'InvalidParameterValue', /not valid for this queue/],
      [
        send('x'.repeat(1_048_577)),
        'InvalidParameterValue',
        /^One or more parameters are invalid\. Reason: Message must be shorter than 1048576 bytes\.$/,
      ],
      [
        receive({ limit: 11 }),
        'InvalidParameterValue',
        /^Value 11 for parameter MaxNumberOfMessages is invalid\. Reason: Must be between 1 and 10, if provided\.$/,
      ],
      [
        receive({ waitSeconds: 21 }),
        'InvalidParameterValue',
        /^Value 21 for parameter WaitTimeSeconds is invalid\. Reason: Must be >= 0 and <= 20, if provided\.$/,
      ],
      [
        queues.messages.send(`${ARN}x`, SENDER, { body: 'a' }),
        'QueueDoesNotExist',
        /^The specified queue does not exist\.$/,
      ],
    ]
    for (const [promise, awsCode, message] of cases) {
      await assert.rejects(promise, (error) => {
        assert.ok(isAppError(error))
        assert.equal(error.details['awsCode'], awsCode)
        assert.match(error.message, message)
        return true
      })
    }
  })

  test('takes the good messages of a batch and says what is wrong with the others', async () => {
    const outcomes = await queues.messages.sendBatch(ARN, SENDER, [
      { body: 'a' },
      { body: '' },
      { body: 'c' },
    ])
    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind),
      ['sent', 'refused', 'sent'],
    )
    assert.deepEqual(bodies(await receive({ limit: 10 })), ['a', 'c'])
  })

  test('refuses a batch over the limit as a whole', async () => {
    const half = 'x'.repeat(600_000)
    await assert.rejects(
      queues.messages.sendBatch(ARN, SENDER, [{ body: half }, { body: half }]),
      /Batch requests cannot be longer than 1048576 bytes\. You have sent 1200000 bytes\.$/,
    )
    assert.deepEqual(await receive(), [])
  })

  test('is another queue after deletion and creation under the same name', async () => {
    await send('old')
    queues.registry.forget(ARN)
    queues.registry.define(queueResource({ uid: 'uid-2' }))
    assert.deepEqual(await receive(), [])
  })

  test('drops what outlived its retention', async () => {
    queues.registry.define(queueResource({ attributes: { MessageRetentionPeriod: '60' } }))
    await send('a')
    clock.advance(60_001)
    await settle()
    assert.equal((await queues.messages.counts(ARN)).visible, 0)
  })

  test('is empty once purged', async () => {
    await send('a')
    await queues.messages.purge(ARN)
    assert.deepEqual(await receive(), [])
  })
})

describe('a long poll', () => {
  beforeEach(() => void queues.registry.define(queueResource()))

  test('answers as soon as a message is sent', async () => {
    const poll = receive({ waitSeconds: 20 })
    await settle()
    await send('a')
    assert.deepEqual(bodies(await poll), ['a'])
    assert.equal(clock.monotonic(), 0)
  })

  test('answers nothing when its time is over', async () => {
    const poll = receive({ waitSeconds: 20 })
    await settle()
    clock.advance(20_000)
    assert.deepEqual(await poll, [])
  })

  test('waits as long as the queue says when the request does not', async () => {
    queues.registry.define(queueResource({ attributes: { ReceiveMessageWaitTimeSeconds: '7' } }))
    const poll = receive()
    await settle()
    clock.advance(6999)
    await settle()
    await send('a')
    assert.deepEqual(bodies(await poll), ['a'])
  })

  test('answers when a delayed message shows', async () => {
    await send('later', { delaySeconds: 3 })
    const poll = receive({ waitSeconds: 20 })
    await settle()
    clock.advance(3000)
    assert.deepEqual(bodies(await poll), ['later'])
  })

  test('answers when a message sent meanwhile with a delay shows', async () => {
    const poll = receive({ waitSeconds: 20 })
    await settle()
    await send('later', { delaySeconds: 3 })
    clock.advance(3000)
    assert.deepEqual(bodies(await poll), ['later'])
  })

  test('answers when the message that another took shows again', async () => {
    const first = receive({ waitSeconds: 20, visibilityTimeoutSeconds: 2 })
    const second = receive({ waitSeconds: 20 })
    await settle()
    await send('a')
    assert.deepEqual(bodies(await first), ['a'])
    await settle()
    clock.advance(2010)
    assert.deepEqual(bodies(await second), ['a'])
  })

  test('ends with nothing on abort, and a message sent after goes to the next', async () => {
    const controller = new AbortController()
    const gone = receive({ waitSeconds: 20 }, controller.signal)
    const stays = receive({ waitSeconds: 20 })
    await settle()
    controller.abort()
    assert.deepEqual(await gone, [])
    await send('a')
    assert.deepEqual(bodies(await stays), ['a'])
  })

  test('ends with nothing when its queue is deleted', async () => {
    const poll = receive({ waitSeconds: 20 })
    await settle()
    queues.registry.forget(ARN)
    assert.deepEqual(await poll, [])
  })

  test('gives each of many messages to one of many polls', async () => {
    const polls = Array.from({ length: 5 }, () => receive({ waitSeconds: 20 }))
    await settle()
    await queues.messages.sendBatch(
      ARN,
      SENDER,
      ['a', 'b', 'c', 'd', 'e'].map((body) => ({ body })),
    )
    const received = (await Promise.all(polls)).flat()
    assert.deepEqual(bodies(received).sort(), ['a', 'b', 'c', 'd', 'e'])
  })
})

describe('a first-in first-out queue', () => {
  beforeEach(
    () =>
      void queues.registry.define(
        queueResource({
          fifo: true,
          attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true' },
        }),
      ),
  )

  test('wants a message group', async () => {
    await assert.rejects(send('a'), /The request must contain the parameter MessageGroupId\./)
  })

  test('drops a message of the same content for five minutes, and says the first id again', async () => {
    const first = await send('a', { groupId: 'g' })
    const again = await send('a', { groupId: 'g' })
    assert.equal(again.id, first.id)
    assert.equal(again.sequence, first.sequence)
    assert.match(first.sequence!, /^\d{20}$/)
    clock.advance(5 * 60 * 1000 + 1)
    assert.notEqual((await send('a', { groupId: 'g' })).id, first.id)
  })

  test('keeps deduplication apart by group where the queue says so', async () => {
    queues.registry.define(
      queueResource({
        fifo: true,
        attributes: { FifoQueue: 'true', DeduplicationScope: 'messageGroup' },
      }),
    )
    await send('a', { groupId: 'one', deduplicationId: 'd' })
    await send('a', { groupId: 'two', deduplicationId: 'd' })
    const found = await receive({ limit: 10, select: { user: [], system: ['All'] } })
    assert.deepEqual(
      found.map((message) => [
        message.systemAttributes['MessageGroupId'],
        message.systemAttributes['MessageDeduplicationId'],
      ]),
      [
        ['one', 'd'],
        ['two', 'd'],
      ],
    )
  })

  test('gives the rest of a group only when its first are deleted', async () => {
    for (const body of ['1', '2', '3']) await send(body, { groupId: 'g' })
    const [first] = await receive()
    assert.equal(first?.body, '1')
    assert.deepEqual(await receive({ limit: 10 }), [])
    const poll = receive({ limit: 10, waitSeconds: 20 })
    await settle()
    await queues.messages.remove(ARN, [first.receipt])
    assert.deepEqual(bodies(await poll), ['2', '3'])
  })

  test('refuses the whole batch when an entry has no group', async () => {
    await assert.rejects(
      queues.messages.sendBatch(ARN, SENDER, [{ body: 'a', groupId: 'g' }, { body: 'b' }]),
      /MessageGroupId/,
    )
    assert.deepEqual(await receive(), [])
  })

  test('refuses a delay of its own for a message', async () => {
    await assert.rejects(
      send('a', { groupId: 'g', delaySeconds: 2 }),
      /^AppError: Value 2 for parameter DelaySeconds is invalid\. Reason: The request include parameter that is not valid for this queue type\.$/,
    )
  })
})

test('a message received too often moves to the dead-letter queue and wakes its polls', async () => {
  const policy = JSON.stringify({ deadLetterTargetArn: DLQ_ARN, maxReceiveCount: '1' })
  queues.registry.define(queueResource({ attributes: { RedrivePolicy: policy } }))
  queues.registry.define(queueResource({ name: 'dead', uid: 'uid-2' }))
  await send('poison')
  const select = { user: [], system: ['DeadLetterQueueSourceArn'] }
  const poll = queues.messages.receive(DLQ_ARN, { waitSeconds: 20, select }, never)
  await settle()
  assert.deepEqual(bodies(await receive({ visibilityTimeoutSeconds: 0 })), ['poison'])
  assert.deepEqual(await receive(), [])
  const [dead] = await poll
  assert.equal(dead?.body, 'poison')
  assert.deepEqual(dead.systemAttributes, { DeadLetterQueueSourceArn: ARN })
})

test('a redrive policy whose queue is gone moves nothing', async () => {
  const policy = JSON.stringify({ deadLetterTargetArn: DLQ_ARN, maxReceiveCount: 1 })
  queues.registry.define(queueResource({ attributes: { RedrivePolicy: policy } }))
  await send('a')
  for (let count = 0; count < 3; count += 1) {
    assert.deepEqual(bodies(await receive({ visibilityTimeoutSeconds: 0 })), ['a'])
  }
})
