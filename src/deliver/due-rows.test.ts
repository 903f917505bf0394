// Rows that are due are found whenever they can be: also when the delay is shorter than a commit takes, and when
// the machine's timers fire a moment early, as Node's do.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { SinkResult } from '../connect/index.ts'
import { decodeStoredEvent, storePutEvent } from '../event/index.ts'
import type { Delivery, RoutedRule, Target } from '../model/index.ts'
import { Ledger } from '../store/index.ts'
import { openMemoryStore } from '../store/testing.ts'
import { Deliverer, type DelivererOptions } from './deliverer.ts'

const BUS_KEY = '000000000000/us-east-1/default'
const FAILED: SinkResult = { kind: 'retry', failure: { code: 'INTERNAL_ERROR', message: 'no' } }
const COMMIT_MS = 100

test('a retry that is due before its row is durable is made once it is', async () => {
  const clock = new FakeClock()
  const attempts = await attemptsOf({
    clock,
    timers: clock,
    results: [FAILED, { kind: 'delivered' }],
    options: { backoff: { delayMsMin: COMMIT_MS / 10, delayMsMax: COMMIT_MS / 10, jitter: 0 } },
    durationMs: COMMIT_MS * 4,
  })
  assert.equal(attempts, 2)
})

test('a timer that fires just before a breaker’s time is up does not end the retries', async () => {
  assert.equal(await attemptsByEarlyTimers(0), 3)
})

test('nor does a breaker whose time is up between two looks at the clock', async () => {
  for (const tickMs of [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45]) {
    assert.equal(await attemptsByEarlyTimers(tickMs), 3, `${tickMs} ms`)
  }
})

/** Timers fire half a millisecond early, and each look at the clock takes `tickMs`. */
function attemptsByEarlyTimers(tickMs: number): Promise<number> {
  const clock = new FakeClock()
  let spentMs = 0
  const timers: Clock = {
    now: () => clock.now(),
    monotonic: () => {
      spentMs += tickMs
      return clock.monotonic() + spentMs
    },
    setTimer: (delayMs, callback) =>
      clock.setTimer(delayMs > 1 ? delayMs - 0.5 : delayMs, callback),
  }
  return attemptsOf({
    clock,
    timers,
    results: [FAILED, FAILED, { kind: 'delivered' }],
    options: {
      backoff: { delayMsMin: 1000, delayMsMax: 1000, jitter: 0 },
      breakerOptions: {
        consecutiveMax: 1,
        windowMs: 30_000,
        attemptsMin: 10,
        failureRatio: 0.7,
        openMsMin: 2000,
        openMsMax: 2000,
      },
    },
    durationMs: 4500,
  })
}

interface Case {
  readonly clock: FakeClock
  /** The clock that the room is given. */
  readonly timers: Clock
  readonly results: readonly SinkResult[]
  readonly options: Partial<DelivererOptions>
  readonly durationMs: number
}

/** Delivers one event to a target that answers with these results, and counts the attempts in that time. */
async function attemptsOf({ clock, timers, results, options, durationMs }: Case): Promise<number> {
  let attempts = 0
  const target: Target = { id: 'target', address: 'https://example.test/' }
  const rule: RoutedRule = {
    key: 'rule',
    name: 'rule',
    arn: 'arn:aws:events:us-east-1:000000000000:rule/rule',
    busKey: BUS_KEY,
    pattern: '{}',
    targets: [target],
  }
  const store = openMemoryStore({ clock: timers, latencyMs: COMMIT_MS }).deliveries
  const ledger = new Ledger({ store, clock: timers, delayMs: 20, onFatal: rethrow })
  const deliverer = new Deliverer({
    store,
    reader: 'route',
    ledger,
    openSink: () => ({
      batchMax: 1,
      concurrencyMax: 1,
      send: () => Promise.resolve([results[attempts++] ?? FAILED]),
      close: () => Promise.resolve(),
    }),
    prepare: (delivery) => ({ kind: 'input', body: delivery.event.envelope }),
    findTarget: () => ({ rule, target }),
    sendDeadLetter: () => Promise.resolve(true),
    clock: timers,
    random: seededRandom(1),
    logger: silentLogger,
    ...options,
  })
  const started = deliverer.start()
  while (clock.monotonic() < COMMIT_MS) await pass(clock)
  await started
  deliverer.deliver([makeDelivery(rule, target)], () => {})
  const end = clock.monotonic() + durationMs
  while (clock.monotonic() < end) await pass(clock)
  return attempts
}

/** One millisecond, and everything that follows from it. */
async function pass(clock: FakeClock): Promise<void> {
  clock.advance(1)
  await new Promise((resolve) => setImmediate(resolve))
}

function makeDelivery(rule: RoutedRule, target: Target): Delivery {
  const record = storePutEvent({
    busKey: BUS_KEY,
    account: '000000000000',
    region: 'us-east-1',
    id: 'a',
    source: 'test',
    detailType: 'test',
    time: '2026-01-01T00:00:00Z',
    resources: [],
    detail: '{}',
  })
  const event = decodeStoredEvent(record)
  return { partition: 0, offset: 0, timestamp: 0, record, event, rule, target }
}

function rethrow(error: unknown): never {
  throw error
}
