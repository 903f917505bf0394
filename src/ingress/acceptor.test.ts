import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError, channels, isAppError } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { cloudEventKey, decodeStoredEvent, storeEvent } from '../event/index.ts'
import { type AppendRecord, type Log, openMemoryLog } from '../log/index.ts'
import { createMemoryStoreState, openMemoryStore } from '../store/testing.ts'
import { type IngressOptions, type IngressState, openIngress } from './acceptor.ts'
import type { AcceptResult, IncomingEvent, Ingress } from './ingress.ts'
import { BACKLOG_RECORDS_MAX, BACKLOG_WAIT_MS_MAX, DEDUPE_FLUSH_MS } from './limits.ts'

const BUS = { account: '000000000000', region: 'us-east-1', name: 'shop' }
const BUS_KEY = '000000000000/us-east-1/shop'
const WINDOW_MS = 300_000

/** One data directory: a log and a store that outlive the ingress over them. */
class Bench {
  readonly clock: FakeClock = new FakeClock()
  readonly log: Log = openMemoryLog({ clock: this.clock })
  readonly #state = createMemoryStoreState()
  backlog = 0

  open(options: Partial<IngressOptions> = {}): Promise<Ingress & IngressState> {
    const { dedupe: store } = openMemoryStore({ state: this.#state })
    const { clock, log } = this
    const dedupe = { store, clock, windowMs: WINDOW_MS, onFatal: rethrow }
    return openIngress({ log, dedupe, clock, backlog: () => this.backlog, ...options })
  }

  get stored(): number {
    return this.log.end()[0]!.offset
  }
}

function rethrow(error: unknown): never {
  throw error
}

function event(id: string, data = '{}', busKey = BUS_KEY): IncomingEvent {
  const record = storeEvent({
    id,
    source: '/shop',
    type: 'placed',
    time: '2026-01-01T00:00:00Z',
    extensions: {},
    data: Buffer.from(data),
    bus: { ...BUS, name: busKey.split('/')[2]! },
    resources: [],
  })
  return { id, busKey, record, dedupeKey: cloudEventKey('/shop', id) }
}

async function kinds(accepting: Promise<readonly AcceptResult[]>): Promise<readonly string[]> {
  return (await accepting).map(({ kind }) => kind)
}

test('accepting answers with the position of each event, once it is in the log', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  const results = await ingress.accept('cloudevents', [event('a'), event('b')])
  assert.deepEqual(results, [
    { kind: 'accepted', id: 'a', position: { partition: 0, offset: 0 } },
    { kind: 'accepted', id: 'b', position: { partition: 0, offset: 1 } },
  ])
  const { signal } = new AbortController()
  const { records } = await bench.log.read([], { recordsMax: 10, signal })
  assert.deepEqual(
    records.map(({ payload }) => decodeStoredEvent(payload).id),
    ['a', 'b'],
  )
})

test('the same event again is a duplicate, the same key with other data a clash; neither is stored', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('a', '{"n":1}')])
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [event('a', '{"n":1}')])), [
    'duplicate',
  ])
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [event('a', '{"n":2}')])), ['clash'])
  assert.equal(bench.stored, 1)
})

test('a repetition inside one batch is seen', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  const batch = [event('a'), event('b'), event('a')]
  const results = await kinds(ingress.accept('cloudevents', batch))
  assert.deepEqual(results, ['accepted', 'accepted', 'duplicate'])
})

test('a key belongs to its bus', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('a')])
  const other = event('a', '{}', '000000000000/us-east-1/other')
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [other])), ['accepted'])
})

test('an event without a key is always new', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  const { dedupeKey: _, ...plain } = event('a')
  assert.deepEqual(await kinds(ingress.accept('aws', [plain, plain])), ['accepted', 'accepted'])
})

test('of many at once one is stored, and the others hear so only when it is durable', async () => {
  const bench = new Bench()
  const gate = Promise.withResolvers<void>()
  const log = slowed(bench.log, gate.promise)
  const ingress = await bench.open({ log })
  const answers: string[] = []
  const all = Array.from({ length: 5 }, async () => {
    answers.push(...(await kinds(ingress.accept('cloudevents', [event('a')]))))
  })
  const clash = kinds(ingress.accept('cloudevents', [event('a', '{"other":1}')]))
  await bench.clock.run(10)
  assert.equal(answers.length, 0)
  gate.resolve()
  await Promise.all(all)
  assert.deepEqual(
    answers.toSorted((a, b) => a.localeCompare(b)),
    ['accepted', 'duplicate', 'duplicate', 'duplicate', 'duplicate'],
  )
  assert.deepEqual(await clash, ['clash'])
  assert.equal(bench.stored, 1)
})

test('when the first of many cannot be stored the next one is the first', async () => {
  const bench = new Bench()
  let failures = 1
  const log = overriding(bench.log, async (records) => {
    await Promise.resolve()
    failures -= 1
    if (failures >= 0) throw new AppError('LOG_FULL', 'the disk is full')
    return bench.log.append(records)
  })
  const ingress = await bench.open({ log })
  const first = ingress.accept('cloudevents', [event('a')])
  const second = ingress.accept('cloudevents', [event('a')])
  await assert.rejects(first, (error) => isAppError(error, 'LOG_FULL'))
  assert.deepEqual(await kinds(second), ['accepted'])
})

test('after the window the same event is new', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('a')])
  await bench.clock.run(WINDOW_MS)
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [event('a')])), ['duplicate'])
  await bench.clock.run(1)
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [event('a')])), ['accepted'])
})

test('setting the machine’s clock moves neither end of the window', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('a')])
  bench.clock.stepWall(3_600_000)
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [event('a')])), ['duplicate'])
  bench.clock.stepWall(-7_200_000)
  await bench.clock.run(WINDOW_MS + 1)
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [event('a')])), ['accepted'])
})

test('a restart remembers what the store was told', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('a')])
  await ingress.close()
  // The log has nothing left to tell.
  await bench.log.trim(bench.log.end())
  const again = await bench.open()
  assert.deepEqual(await kinds(again.accept('cloudevents', [event('a')])), ['duplicate'])
})

test('a crash remembers from the log what the store was not told', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('a', '{"n":1}')])
  const again = await bench.open()
  assert.deepEqual(await kinds(again.accept('cloudevents', [event('a', '{"n":1}')])), ['duplicate'])
  assert.deepEqual(await kinds(again.accept('cloudevents', [event('a', '{"n":2}')])), ['clash'])
})

test('a restart does not lengthen the window', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('stored')])
  await bench.clock.run(DEDUPE_FLUSH_MS)
  await ingress.accept('cloudevents', [event('logged')])
  await bench.clock.run(WINDOW_MS / 2)
  const again = await bench.open()
  await bench.clock.run(WINDOW_MS / 2 - DEDUPE_FLUSH_MS)
  const both = [event('stored'), event('logged')]
  assert.deepEqual(await kinds(again.accept('cloudevents', both)), ['duplicate', 'duplicate'])
  await bench.clock.run(DEDUPE_FLUSH_MS + 1)
  assert.deepEqual(await kinds(again.accept('cloudevents', both)), ['accepted', 'accepted'])
})

test('a damaged stretch of the log is read over at the start', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  await ingress.accept('cloudevents', [event('lost'), event('kept')])
  const log = overriding(bench.log, undefined, (cursor, options) =>
    cursor[0]!.offset < 1
      ? Promise.reject(
          new AppError('LOG_CORRUPT', 'damaged', { details: { partition: 0, from: 0, to: 1 } }),
        )
      : bench.log.read(cursor, options),
  )
  const again = await bench.open({ log })
  assert.deepEqual(await kinds(again.accept('cloudevents', [event('kept')])), ['duplicate'])
})

test('whatever is published and however often it crashes, a key is stored once per window', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key: fc.nat(4) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(400_000) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'close' as const) }),
    },
  )
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const bench = new Bench()
    let ingress = await bench.open()
    const storedAt = new Map<number, number>()
    for (const one of steps) {
      if (one.kind === 'wait') await bench.clock.run(one.ms)
      else if (one.kind === 'put') {
        const [kind] = await kinds(ingress.accept('cloudevents', [event(`${one.key}`)]))
        const ageMs = bench.clock.monotonic() - (storedAt.get(one.key) ?? Number.NEGATIVE_INFINITY)
        assert.equal(kind, ageMs <= WINDOW_MS ? 'duplicate' : 'accepted')
        if (kind === 'accepted') storedAt.set(one.key, bench.clock.monotonic())
      } else {
        if (one.kind === 'close') await ingress.close()
        ingress = await bench.open()
      }
    }
  })
  await fc.assert(property, { numRuns: 60 })
})

test('bytes that wait for the disk are bounded, and given back when it has them', async () => {
  const bench = new Bench()
  const gate = Promise.withResolvers<void>()
  const one = event('a')
  const ingress = await bench.open({
    log: slowed(bench.log, gate.promise),
    pendingBytesMax: one.record.length,
  })
  const first = ingress.accept('cloudevents', [one])
  assert.equal(ingress.pendingBytes(), one.record.length)
  await assert.rejects(ingress.accept('cloudevents', [event('b')]), isOverloaded)
  gate.resolve()
  await first
  assert.equal(ingress.pendingBytes(), 0)
  assert.deepEqual(await kinds(ingress.accept('cloudevents', [event('b')])), ['accepted'])
})

test('behind a long backlog an event waits for its end, and is refused when that takes too long', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  bench.backlog = BACKLOG_RECORDS_MAX + 1
  let isAccepted = false
  const waiting = ingress.accept('cloudevents', [event('a')]).then(() => {
    isAccepted = true
  })
  await bench.clock.run(BACKLOG_WAIT_MS_MAX / 2)
  assert.equal(isAccepted, false)
  bench.backlog = 0
  await bench.clock.run(2)
  await waiting
  bench.backlog = BACKLOG_RECORDS_MAX + 1
  const refused = assert.rejects(ingress.accept('cloudevents', [event('b')]), isOverloaded)
  await bench.clock.run(BACKLOG_WAIT_MS_MAX + 2)
  await refused
  assert.equal(ingress.pendingBytes(), 0)
  assert.equal(bench.stored, 1)
})

test('what we forward ourselves does not wait for the backlog that it frees', async () => {
  const bench = new Bench()
  const ingress = await bench.open()
  bench.backlog = BACKLOG_RECORDS_MAX + 1
  const { dedupeKey: _, ...forwarded } = event('a')
  assert.deepEqual(await kinds(ingress.accept('internal', [forwarded])), ['accepted'])
})

test('a full disk is told as it is, with when to come back', async () => {
  const bench = new Bench()
  const full = new AppError('LOG_FULL', 'the disk is full', { details: { freeBytes: 1 } })
  const ingress = await bench.open({ log: overriding(bench.log, () => Promise.reject(full)) })
  await assert.rejects(ingress.accept('cloudevents', [event('a')]), (error) => {
    assert.ok(isAppError(error, 'LOG_FULL'))
    assert.deepEqual(error.details, { freeBytes: 1, retryAfterMs: 1000 })
    return true
  })
  assert.equal(ingress.pendingBytes(), 0)
})

test('what is accepted and what is refused is told on the channels', async () => {
  const bench = new Bench()
  const ingress = await bench.open({ pendingBytesMax: 600 })
  const told: unknown[] = []
  const listener = (message: unknown): void => void told.push(message)
  channels.eventsAccepted.subscribe(listener)
  channels.eventsRefused.subscribe(listener)
  const one = event('a')
  await ingress.accept('cloudevents', [one])
  await assert.rejects(ingress.accept('aws', [event('b', JSON.stringify('x'.repeat(700)))]))
  channels.eventsAccepted.unsubscribe(listener)
  channels.eventsRefused.unsubscribe(listener)
  const busKey = '000000000000/us-east-1/shop'
  assert.deepEqual(told, [
    { dialect: 'cloudevents', busKey, count: 1, sizeBytes: one.record.length, durationMs: 0 },
    { dialect: 'aws', busKey, code: 'OVERLOADED', count: 1 },
  ])
})

function isOverloaded(error: unknown): boolean {
  return isAppError(error, 'OVERLOADED') && error.details['retryAfterMs'] === 1000
}

function slowed(log: Log, gate: Promise<void>): Log {
  return overriding(log, async (records) => {
    await gate
    return log.append(records)
  })
}

function overriding(
  log: Log,
  append?: (records: readonly AppendRecord[]) => ReturnType<Log['append']>,
  read?: Log['read'],
): Log {
  return {
    append: append ?? ((records) => log.append(records)),
    read: read ?? ((cursor, options) => log.read(cursor, options)),
    start: () => log.start(),
    end: () => log.end(),
    cursorAt: (timestamp) => log.cursorAt(timestamp),
    trim: (before) => log.trim(before),
    stats: () => log.stats(),
    close: () => log.close(),
  }
}
