import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { channels, type Clock } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import {
  BESIDE_TRAFFIC_BATCH_EVENTS_MAX,
  BESIDE_TRAFFIC_BATCH_EVENTS_MIN,
  BESIDE_TRAFFIC_LATE_MS_MAX,
  REPLAY_BATCH_EVENTS,
} from './limits.ts'
import { Pace, Traffic } from './pace.ts'

const MANY = 1_000_000
const { signal } = new AbortController()

let fake: FakeClock
/** How late timers are, as on an event loop that others keep busy. */
let lateMs: number
let pace: Pace
let traffic: Traffic

beforeEach(() => {
  fake = new FakeClock()
  lateMs = 0
  const clock: Clock = {
    now: () => fake.now(),
    monotonic: () => fake.monotonic(),
    setTimer: (delayMs, callback) => fake.setTimer(delayMs + lateMs, callback),
  }
  traffic = new Traffic(clock)
  pace = new Pace({ clock, unread: () => 0, pending: () => 0 }, traffic)
})

/** The next batch, while somebody else sends or nobody does. */
async function batch(isBeside: boolean): Promise<number> {
  if (isBeside) {
    channels.eventsAccepted.publish({ dialect: 'aws', count: 1, sizeBytes: 1, durationMs: 1 })
  }
  const room = pace.room(MANY, signal)
  await fake.run(100)
  return room
}

test('alone it goes by large batches, and at once by small ones when others send', async (context) => {
  context.after(() => traffic.close())
  assert.equal(await batch(false), REPLAY_BATCH_EVENTS)
  assert.ok((await batch(true)) <= BESIDE_TRAFFIC_BATCH_EVENTS_MAX)
  await fake.run(2000)
  assert.equal(await batch(false), REPLAY_BATCH_EVENTS)
})

test('beside others it grows while the event loop is free, and shrinks to the least when it is not', async (context) => {
  context.after(() => traffic.close())
  for (let nth = 0; nth < 20; nth += 1) await batch(true)
  assert.equal(await batch(true), BESIDE_TRAFFIC_BATCH_EVENTS_MAX)
  lateMs = BESIDE_TRAFFIC_LATE_MS_MAX + 1
  assert.ok((await batch(true)) <= BESIDE_TRAFFIC_BATCH_EVENTS_MAX / 2)
  for (let nth = 0; nth < 20; nth += 1) await batch(true)
  assert.equal(await batch(true), BESIDE_TRAFFIC_BATCH_EVENTS_MIN)
})
