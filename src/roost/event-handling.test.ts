import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { AppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { type KafkaRecord, openDirectoryBlobs } from '../connect/index.ts'
import { createKey, createKeyring } from '../keyring/index.ts'
import { DeadLetters } from './dead-letters.ts'
import { EventHandling } from './event-handling.ts'
import { RoostMetrics } from './roost-metrics.ts'
import type { Span } from './span.ts'
import { testSettings, untilTrue } from './testing.ts'

function record(value: string, headers: KafkaRecord['headers'] = []): KafkaRecord {
  return {
    topic: 'topic',
    partition: 1,
    offset: 5n,
    key: undefined,
    value: Buffer.from(value),
    headers,
    timestamp: 0,
    leaderEpoch: 0,
  }
}

const EVENT =
  '{"specversion":"1.0","id":"1","source":"s","type":"io.roost-keeper.trigger.scale","data":{}}'

function open(context: TestContext, content: object = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-handling-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const clock = new FakeClock()
  const random = seededRandom(3)
  const metrics = new RoostMetrics()
  const spans: Span[] = []
  const letters = new DeadLetters({
    blobs: openDirectoryBlobs(directory),
    keyring: createKeyring([createKey(random.bytes(32))], random),
    isSealed: true,
    retentionMs: 1000,
    clock,
  })
  const handling = new EventHandling({
    settings: testSettings(content),
    letters,
    metrics,
    clock,
    random,
    logger: silentLogger,
    onSpan: (span) => spans.push(span),
  })
  const { signal } = new AbortController()
  async function take(one: KafkaRecord): Promise<void> {
    const state = { isDone: false }
    const taking = handling.take(one, signal).then(() => (state.isDone = true))
    await untilTrue(
      () => state.isDone,
      () => clock.run(100),
    )
    await taking
  }
  return { handling, letters, take, clock, spans, metrics, signal }
}

test('every handler of a topic gets its events, and none of another', async (context) => {
  const { handling, take, spans } = open(context)
  const got: string[] = []
  handling.subscribe('topic', ({ id }, { offset }) => void got.push(`a ${id} ${offset}`))
  const stop = handling.subscribe('topic', ({ id }) => void got.push(`b ${id}`))
  handling.subscribe('other', () => void got.push('never'))
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await take(record(EVENT, [['traceparent', traceparent]]))
  stop()
  await take(record(EVENT))
  assert.deepEqual(got, ['a 1 5', 'b 1', 'a 1 5'])
  assert.equal(spans[0]!.parentSpanId, 'b'.repeat(16))
})

test('a handler that fails is tried three times more, then the event is a dead letter', async (context) => {
  const { handling, take, letters, metrics } = open(context)
  let times = 0
  handling.subscribe('topic', () => {
    times += 1
    throw new Error('not now')
  })
  await take(record(EVENT))
  assert.equal(times, 4)
  const [head] = letters.heads()
  assert.deepEqual([head!.way, head!.isHeld, head!.type], ['in', false, 'trigger.scale'])
  const letter = await letters.get(head!.id)
  assert.equal(letter!.reason, 'not now')
  assert.equal(letter!.record.value.toString(), EVENT)
  const text = metrics.format({
    lag: new Map(),
    isProducerWell: true,
    isConsumerWell: true,
    deadLetters: 1,
  })
  assert.match(text, /consume_errors_total\{event_type="trigger.scale"\} 4$/m)
  assert.match(text, /^roost_keeper_dlq_current_size 1$/m)
})

test('what is of no use to try again is held at once', async (context) => {
  const { handling, take, letters } = open(context)
  let times = 0
  handling.subscribe('topic', () => {
    times += 1
    throw new AppError('ACCESS_DENIED', 'you may not')
  })
  await take(record(EVENT))
  assert.equal(times, 1)
  assert.equal(letters.heads()[0]!.isHeld, true)
})

test('a record that is no event is held at once, and those behind it go on', async (context) => {
  const { handling, take, letters } = open(context)
  const got: string[] = []
  handling.subscribe('topic', ({ id }) => void got.push(id))
  await take(record('nothing'))
  await take(record(EVENT))
  assert.deepEqual(got, ['1'])
  assert.deepEqual(
    letters.heads().map(({ type, isHeld }) => ({ type, isHeld })),
    [{ type: 'malformed', isHeld: true }],
  )
})

test('a handler that takes too long is told to stop, and has failed', async (context) => {
  const content = {
    kafka: { consumer: { sessionTimeout: '6s', heartbeatInterval: '1s', maxProcessingTime: '6s' } },
    deadLetterQueue: { maxRetries: 0 },
  }
  const { handling, take, letters } = open(context, content)
  let isTold = false
  handling.subscribe('topic', (_, { signal }) => {
    signal.addEventListener('abort', () => (isTold = true))
    return new Promise(() => {})
  })
  await take(record(EVENT))
  assert.ok(isTold)
  const letter = await letters.get(letters.heads()[0]!.id)
  assert.match(letter!.reason, /maxProcessingTime` \(6000 ms\)/)
})

test('a dead letter that is handled after all is done', async (context) => {
  const { handling, take, letters, signal } = open(context, { deadLetterQueue: { maxRetries: 0 } })
  let isFine = false
  handling.subscribe('topic', () => {
    if (!isFine) throw new Error('not now')
  })
  await take(record(EVENT))
  const letter = (await letters.get(letters.heads()[0]!.id))!
  assert.equal(await handling.again(letter, signal), false)
  isFine = true
  assert.equal(await handling.again(letter, signal), true)
})

test('a topic has a bounded number of handlers', (context) => {
  const { handling } = open(context)
  for (let count = 0; count < 64; count += 1) handling.subscribe('topic', () => {})
  assert.throws(() => handling.subscribe('topic', () => {}), { code: 'LIMIT_EXCEEDED' })
})
