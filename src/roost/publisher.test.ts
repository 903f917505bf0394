import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createLogger, seededRandom } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openDirectoryBlobs } from '../connect/index.ts'
import type { Event } from '../event/index.ts'
import { createKey, createKeyring } from '../keyring/index.ts'
import { ValidatorCache } from '../schema/index.ts'
import { DeadLetters } from './dead-letters.ts'
import { diffRoosts } from './differ.ts'
import { EventBreaker } from './event-breaker.ts'
import { EventCheck } from './event-check.ts'
import { eventOfChange } from './lifecycle-event.ts'
import { EventPublisher } from './publisher.ts'
import { createFindSchema } from './registries.ts'
import { RoostMetrics } from './roost-metrics.ts'
import { viewRoost } from './roost-view.ts'
import type { Span } from './span.ts'
import { TestProducer, testRoost, testSettings, untilTrue } from './testing.ts'

const fetchText = async () => ({ status: 503, text: '' })
const reveal = async () => ''
const NO_GAUGES = { lag: new Map(), isProducerWell: true, isConsumerWell: true, deadLetters: 0 }

function created(): Event {
  const [change] = diffRoosts(undefined, viewRoost(testRoost()))
  return eventOfChange(change!, { now: 0, occasion: '1', extensionNames: 'seed' })
}

function open(context: TestContext, content: object = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-publisher-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const settings = testSettings(content)
  const clock = new FakeClock()
  const random = seededRandom(3)
  const producer = new TestProducer()
  const breaker = new EventBreaker(clock, settings.circuitBreaker)
  const metrics = new RoostMetrics()
  const spans: Span[] = []
  const lines: Record<string, unknown>[] = []
  const letters = new DeadLetters({
    blobs: openDirectoryBlobs(directory),
    keyring: createKeyring([createKey(random.bytes(32))], random),
    isSealed: true,
    retentionMs: 1000,
    clock,
  })
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  })
  const { schemaValidation } = settings
  const publisher = new EventPublisher({
    settings,
    producer,
    breaker,
    letters: settings.deadLetterQueue.enabled ? letters : undefined,
    check: new EventCheck({
      settings: schemaValidation,
      find: createFindSchema({ settings: schemaValidation.registry, fetchText, reveal }),
      validators: new ValidatorCache(),
      clock,
      logger,
    }),
    metrics,
    clock,
    random,
    logger,
    onSpan: (span) => spans.push(span),
  })
  const { signal } = new AbortController()
  const publish = (event = created()) => publisher.publish(event, { signal, whenOpen: 'wait' })
  return { clock, producer, breaker, publisher, publish, metrics, spans, lines, letters, signal }
}

async function until(clock: FakeClock, isTrue: () => boolean): Promise<void> {
  await untilTrue(isTrue, () => clock.run(100))
}

test('a published event is logged as printed, counted and traced', async (context) => {
  const { publish, producer, lines, spans, metrics } = open(context)
  const event = created()
  assert.equal(await publish(event), 'published')
  const { time: _, trace_id: traceId, ...line } = lines.at(-1)!
  assert.deepEqual(line, {
    level: 'info',
    msg: 'Event published successfully',
    event_id: event.id,
    event_type: 'io.roost-keeper.roost.lifecycle.created',
    topic: 'roost-keeper-lifecycle',
    partition: 2,
    offset: 0,
  })
  const [span] = spans
  assert.equal(span!.traceId, traceId)
  assert.equal(span!.error, undefined)
  assert.equal(
    producer.records[0]!.headers!['traceparent'],
    `00-${span!.traceId}-${span!.spanId}-01`,
  )
  const text = metrics.format(NO_GAUGES)
  assert.match(text, /^roost_keeper_events_published_total\{event_type="lifecycle.created"\} 1$/m)
  assert.match(
    text,
    /^roost_keeper_event_publish_duration_seconds_count\{event_type="lifecycle.created"\} 1$/m,
  )
})

test('the trace of an event goes on', async (context) => {
  const { publish, spans } = open(context)
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const event = created()
  await publish({ ...event, extensions: { ...event.extensions, traceparent } })
  assert.equal(spans[0]!.traceId, 'a'.repeat(32))
  assert.equal(spans[0]!.parentSpanId, 'b'.repeat(16))
})

test('three retries with back-off, then a dead letter; errors are counted and marked', async (context) => {
  const { publish, clock, producer, letters, metrics, spans } = open(context)
  producer.isDown = true
  let outcome: string | undefined
  void publish().then((result) => (outcome = result))
  await until(clock, () => outcome !== undefined)
  const tookMs = spans.at(-1)!.startedAt - spans[0]!.startedAt
  assert.equal(outcome, 'dead')
  // 1 s, 2 s and 4 s, each between half and all of it.
  assert.ok(tookMs >= 3500 && tookMs <= 7500, `${tookMs} ms`)
  assert.equal(spans.length, 4)
  assert.ok(spans.every(({ error }) => error?.includes('failed')))
  const [head] = letters.heads()
  const letter = await letters.get(head!.id)
  assert.equal(letter?.attempts, 4)
  assert.equal(letter?.isHeld, false)
  const text = metrics.format(NO_GAUGES)
  assert.match(text, /publish_errors_total\{event_type="lifecycle.created"\} 4$/m)
  assert.match(text, /dlq_messages_total\{event_type="lifecycle.created"\} 1$/m)
})

test('what the cluster refuses for good is a dead letter at once, and held', async (context) => {
  const { publish, producer, letters, breaker } = open(context)
  producer.endings.push('refused')
  assert.equal(await publish(), 'dead')
  assert.equal(letters.heads()[0]!.isHeld, true)
  assert.equal(breaker.state, 'closed')
})

test('a record above `maxMessageBytes` is never sent', async (context) => {
  const { publish, producer, letters } = open(context, {
    kafka: { producer: { maxMessageBytes: 1024, batchSize: 1024 } },
  })
  const event = created()
  assert.equal(
    await publish({ ...event, data: Buffer.from(JSON.stringify('x'.repeat(2000))) }),
    'dead',
  )
  assert.deepEqual(producer.records, [])
  const letter = await letters.get(letters.heads()[0]!.id)
  assert.match(letter!.reason, /`kafka\.producer\.maxMessageBytes` \(1024\)/)
})

test('without a dead letter queue an event is tried until it goes', async (context) => {
  const { publish, clock, producer } = open(context, {
    deadLetterQueue: { enabled: false },
    circuitBreaker: { enabled: false },
  })
  producer.isDown = true
  let outcome: string | undefined
  void publish().then((result) => (outcome = result))
  await clock.run(600_000)
  assert.equal(outcome, undefined)
  producer.isDown = false
  await until(clock, () => outcome === 'published')
})

test('while the breaker is open events wait, or are refused with the time to come again', async (context) => {
  const { publish, publisher, clock, producer, breaker, signal } = open(context)
  producer.isDown = true
  for (let time = 0; time < 5; time += 1) breaker.start()!(false)
  await assert.rejects(publisher.publish(created(), { signal, whenOpen: 'refuse' }), {
    code: 'BROKER_LOST',
    message: /circuit breaker is open; expected to be asked again in 30000 ms/,
  })
  let outcome: string | undefined
  void publish().then((result) => (outcome = result))
  await clock.run(20_000)
  assert.equal(outcome, undefined)
  producer.isDown = false
  breaker.reset()
  await until(clock, () => outcome === 'published')
})

const BAD = { ...created(), data: Buffer.from('{"roost":{"name":7}}') }

test('a strict schema refuses an event before it is sent, a warning lets it pass', async (context) => {
  const strict = open(context, { schemaValidation: { enabled: true, mode: 'strict' } })
  assert.equal(await strict.publish(), 'published')
  assert.equal(await strict.publish(BAD), 'dead')
  const letter = await strict.letters.get(strict.letters.heads()[0]!.id)
  assert.match(letter!.reason, /is not as the schema of .*\$\.data/)
  assert.equal(letter!.isHeld, true)
  const warn = open(context, { schemaValidation: { enabled: true, mode: 'warn' } })
  assert.equal(await warn.publish(BAD), 'published')
  assert.ok(warn.lines.some(({ fault }) => /is not as the schema/.test(String(fault))))
})

test('a registry that does not answer stops a strict publish and no other', async (context) => {
  const registry = { type: 'confluent', url: 'https://registry.test' }
  const strict = open(context, { schemaValidation: { enabled: true, mode: 'strict', registry } })
  await assert.rejects(strict.publish(), { code: 'SERVER_UNREACHABLE', message: /answered `503`/ })
  const warn = open(context, { schemaValidation: { enabled: true, mode: 'warn', registry } })
  assert.equal(await warn.publish(), 'published')
})
