import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { Event } from '../event/index.ts'
import { shortType } from './event-types.ts'
import { PENDING_PER_ROOST_MAX } from './limits.ts'
import { RoostBook } from './roost-book.ts'
import { keyOf, type RoostView, viewRoost } from './roost-view.ts'
import { createMemoryShelf, type Shelf } from './shelf.ts'
import { testRoost } from './testing.ts'

function view(parts: Parameters<typeof testRoost>[0] = {}): RoostView {
  return viewRoost(testRoost(parts))
}

interface Told {
  readonly events: Event[]
  isUp: boolean
}

function open(shelf: Shelf, told: Told, clock = new FakeClock()): RoostBook {
  return new RoostBook({
    shelf,
    async publish(event) {
      if (!told.isUp) throw new AppError('BROKER_LOST', 'it is down')
      told.events.push(event)
    },
    extensionNames: 'seed',
    clock,
    logger: silentLogger,
  })
}

function types({ events }: Told): readonly string[] {
  return events.map(({ type }) => shortType(type))
}

const KEY = keyOf(view())

test('a restart tells nothing twice, and what changed while it was down is told', async () => {
  const shelf = createMemoryShelf()
  const told: Told = { events: [], isUp: true }
  const first = open(shelf, told)
  first.observe(KEY, view(), '1')
  first.observe('default/other', view({ name: 'other', uid: 'o' }), '2')
  await first.settled()
  await first.close()
  assert.deepEqual(types(told), ['lifecycle.created', 'lifecycle.created'])
  const second = open(shelf, told)
  await second.load()
  assert.deepEqual([...second.known()].sort(), [KEY, 'default/other'])
  second.observe(KEY, view(), '1')
  second.observe('default/other', undefined, 'gone')
  await second.settled()
  assert.deepEqual(types(told).slice(2), ['lifecycle.deleted'])
  second.observe(KEY, view({ status: { phase: 'Ready' } }), '3')
  await second.settled()
  assert.deepEqual(types(told).slice(3), ['phase.transitioned'])
  assert.deepEqual([...(await shelf.load()).keys()], [KEY])
  await second.close()
})

test('what could not be published is published by the next process, under the same id', async () => {
  const shelf = createMemoryShelf()
  const told: Told = { events: [], isUp: false }
  const clock = new FakeClock()
  const first = open(shelf, told, clock)
  first.observe(KEY, view(), '1')
  await clock.run(10)
  first.observe(KEY, view({ spec: { replicas: 2 } }), '2')
  await clock.run(60_000)
  assert.equal(first.pending, 2)
  await first.close()
  told.isUp = true
  const second = open(shelf, told)
  await second.load()
  await second.settled()
  assert.deepEqual(types(told), ['lifecycle.created', 'lifecycle.updated'])
  await second.close()
})

test('a lost cluster is waited for, and the order of a roost stays', async () => {
  const told: Told = { events: [], isUp: false }
  const clock = new FakeClock()
  const book = open(createMemoryShelf(), told, clock)
  for (const replicas of [1, 2, 3])
    book.observe(KEY, view({ spec: { replicas } }), String(replicas))
  await clock.run(20_000)
  assert.deepEqual(told.events, [])
  told.isUp = true
  await clock.run(20_000)
  await book.settled()
  assert.deepEqual(types(told), ['lifecycle.created', 'lifecycle.updated', 'lifecycle.updated'])
  await book.close()
})

test('too much that waits for one roost is told as one change in the end', async () => {
  const told: Told = { events: [], isUp: false }
  const clock = new FakeClock()
  const book = open(createMemoryShelf(), told, clock)
  const last = PENDING_PER_ROOST_MAX + 50
  for (let replicas = 1; replicas <= last; replicas += 1)
    book.observe(KEY, view({ spec: { replicas } }), String(replicas))
  assert.equal(book.pending, PENDING_PER_ROOST_MAX)
  told.isUp = true
  await clock.run(60_000)
  await book.settled()
  assert.equal(told.events.length, PENDING_PER_ROOST_MAX + 1)
  const { data } = told.events.at(-1)!
  const { previous } = JSON.parse(Buffer.from(data!).toString()) as { previous: object }
  assert.deepEqual(previous, { replicas: PENDING_PER_ROOST_MAX })
  await book.close()
})

test('the teardown of a trigger is written down before it resolves, and the watcher tells it no more', async () => {
  const shelf = createMemoryShelf()
  const told: Told = { events: [], isUp: true }
  const book = open(shelf, told)
  book.observe(KEY, view(), '1')
  const teardown = { reason: 'night', requestedBy: 'ann', occasion: 'trigger-1' }
  await book.teardown(KEY, view(), teardown)
  assert.equal(((await shelf.load()).get(KEY) as { view: RoostView }).view.isTornDown, true)
  await book.teardown(KEY, view(), teardown)
  book.observe(KEY, view({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }), '2')
  book.observe(KEY, undefined, 'gone')
  await book.settled()
  assert.deepEqual(types(told), ['lifecycle.created', 'teardown.triggered', 'lifecycle.deleted'])
  const data = JSON.parse(Buffer.from(told.events[1]!.data!).toString()) as Record<string, unknown>
  assert.equal(data['reason'], 'night')
  assert.equal(data['requestedBy'], 'ann')
  await book.close()
})

test('a disk that fails keeps an event from being sent before it is written down', async () => {
  const told: Told = { events: [], isUp: true }
  const inner = createMemoryShelf()
  let isBroken = true
  const clock = new FakeClock()
  const shelf: Shelf = {
    ...inner,
    async put(name, value) {
      if (isBroken) throw new AppError('STORAGE_FAILED', 'the disk is full')
      await inner.put(name, value)
    },
  }
  const book = open(shelf, told, clock)
  book.observe(KEY, view(), '1')
  await clock.run(5000)
  assert.deepEqual(told.events, [])
  isBroken = false
  await clock.run(60_000)
  await book.settled()
  assert.deepEqual(types(told), ['lifecycle.created'])
  await book.close()
})

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ look: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) }),
    },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
    { weight: 1, arbitrary: fc.constant('up' as const) },
    { weight: 1, arbitrary: fc.constant('down' as const) },
  ),
  { maxLength: 25 },
)

test('over whatever restarts and outages, whoever hears the events knows the last state, and hears none twice', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const shelf = createMemoryShelf()
      const told: Told = { events: [], isUp: true }
      const clock = new FakeClock()
      let book = open(shelf, told, clock)
      let now: number | undefined
      let version = 0
      for (const step of all) {
        if (step === 'up' || step === 'down') told.isUp = step === 'up'
        else if (step === 'restart') {
          await clock.run(1000)
          await book.close()
          book = open(shelf, told, clock)
          await book.load()
          const look = now === undefined ? undefined : view({ spec: { replicas: now } })
          if (look !== undefined || book.known().includes(KEY))
            book.observe(KEY, look, `v${version}`)
        } else {
          version += 1
          now = step.look
          book.observe(
            KEY,
            now === undefined ? undefined : view({ spec: { replicas: now } }),
            `v${version}`,
          )
        }
      }
      told.isUp = true
      await clock.run(120_000)
      await book.settled()
      await book.close()
      const ids = told.events.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length)
      assert.equal(told.events.at(-1)?.type.endsWith('deleted') ?? true, now === undefined)
    }),
    { numRuns: 60 },
  )
})
