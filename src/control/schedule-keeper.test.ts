// What the clock is told of resources, and what becomes of a schedule that is complete: over real objects, a memory
// store and a clock that stands still until told.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { decodeStoredEvent, type StoredEvent } from '../event/index.ts'
import { decodeResource } from '../objects/index.ts'
import { ScheduleClock } from '../schedule/index.ts'
import { openMemoryStore } from '../store/index.ts'
import type { Control } from './control.ts'
import { ScheduleKeeper } from './schedule-keeper.ts'
import type { NewSchedule } from './schedules.ts'
import { openMemoryControl } from './testing.ts'
import { createTimetable, type Timetable } from './timetable.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }
const START = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const ROLE = 'arn:aws:iam::000000000000:role/r'

function fail(error: unknown): never {
  throw error
}

class Bench {
  readonly clock: FakeClock = new FakeClock(START)
  readonly fired: StoredEvent[] = []
  readonly #store = openMemoryStore()
  readonly control: Control
  readonly keeper: ScheduleKeeper
  readonly timetable: Timetable
  readonly #schedules: ScheduleClock
  /** Whether deliveries have ended. */
  hasDelivered = true
  publish: () => Promise<void> = () => Promise.resolve()

  constructor() {
    const { clock } = this
    const { rows } = this.#store
    this.control = openMemoryControl({ clock, rows })
    const end = (): { partition: number; offset: number }[] => [
      { partition: 0, offset: this.fired.length },
    ]
    this.#schedules = new ScheduleClock({
      rows,
      log: { end, events: () => this.#log() },
      ingress: {
        accept: (_, events) => {
          for (const { record } of events) this.fired.push(decodeStoredEvent(record))
          return Promise.resolve([])
        },
      },
      clock,
      random: seededRandom(2),
      logger: silentLogger,
      onCompleted: (plan) => this.keeper.completed(plan),
      onFatal: fail,
    })
    this.keeper = new ScheduleKeeper({
      rows,
      decode: decodeResource,
      schedules: this.#schedules,
      publish: () => this.publish(),
      clock,
      logger: silentLogger,
      onFatal: fail,
      logEnd: end,
      hasDelivered: () => Promise.resolve(this.hasDelivered),
      deleteCompleted: (schedule) => this.control.schedules.deleteCompleted(schedule),
    })
    this.timetable = createTimetable({
      keeper: this.keeper,
      schedules: this.#schedules,
      uses: this.control,
      now: () => clock.now(),
    })
  }

  async open(): Promise<this> {
    await this.keeper.open()
    return this
  }

  async close(): Promise<void> {
    await this.#schedules.close()
    await this.keeper.close()
  }

  async create(name: string, parts: Partial<NewSchedule> = {}): Promise<void> {
    await this.control.schedules.create(SCOPE, { ...schedule(name), ...parts })
    await this.keeper.settled()
  }

  times(): readonly string[] {
    return this.fired.map((event) => event.toEvent().time)
  }

  async *#log(): AsyncIterable<StoredEvent> {
    yield* this.fired
  }
}

function schedule(name: string): NewSchedule {
  return {
    name,
    expression: 'rate(1 minute)',
    window: { isFlexible: false },
    target: { address: 'arn:aws:sqs:us-east-1:000000000000:q', roleArn: ROLE },
  }
}

function at(ms: number): string {
  return new Date(START + ms).toISOString().replace('.000', '')
}

test('a rule fires one period after it was put, as AWS does, and a schedule at once', async () => {
  const bench = await new Bench().open()
  await bench.control.rules.put(SCOPE, { rule: 'r', schedule: 'rate(1 minute)' })
  await bench.keeper.settled()
  await bench.clock.run(0)
  assert.deepEqual(bench.times(), [])
  await bench.clock.run(MINUTE)
  assert.deepEqual(bench.times(), [at(MINUTE)])
  const [firing] = bench.fired
  const event = firing?.toEvent()
  assert.deepEqual(
    [event?.source, event?.type, event?.resources],
    ['aws.events', 'Scheduled Event', ['arn:aws:events:us-east-1:000000000000:rule/r']],
  )
  await bench.create('s')
  await bench.clock.run(0)
  assert.equal(bench.fired[1]?.toEvent().source, 'aws.scheduler')
  await bench.close()
})

test('what is paused does not fire, and makes up for nothing when resumed', async () => {
  const bench = await new Bench().open()
  await bench.create('s', { startMs: START + MINUTE })
  await bench.control.rules.put(SCOPE, {
    rule: 'r',
    schedule: 'cron(* * * * ? *)',
    state: 'DISABLED',
  })
  const paused = await bench.timetable.setState('s', 'DISABLED')
  assert.deepEqual([paused.state, 'nextAt' in paused], ['DISABLED', false])
  await bench.clock.run(3 * MINUTE + 1)
  assert.deepEqual(bench.times(), [])
  const resumed = await bench.timetable.setState('default/s', 'ENABLED')
  assert.equal(resumed.nextAt, START + 4 * MINUTE)
  await bench.timetable.setState('r', 'ENABLED')
  await bench.clock.run(MINUTE)
  assert.deepEqual(bench.times(), [at(4 * MINUTE), at(4 * MINUTE)])
  await bench.close()
})

test('a rate that was paused goes on in its old step', async () => {
  const bench = await new Bench().open()
  await bench.create('s', { expression: 'rate(10 minutes)' })
  await bench.clock.run(MINUTE)
  await bench.timetable.setState('s', 'DISABLED')
  await bench.clock.run(MINUTE)
  const { nextAt } = await bench.timetable.setState('s', 'ENABLED')
  assert.equal(nextAt, START + 10 * MINUTE)
  await bench.close()
})

test('an update that leaves the times as they are fires nothing anew', async () => {
  const bench = await new Bench().open()
  await bench.create('s')
  await bench.clock.run(MINUTE)
  await bench.control.schedules.update(SCOPE, { ...schedule('s'), description: 'other' })
  await bench.keeper.settled()
  await bench.clock.run(MINUTE)
  assert.deepEqual(bench.times(), [at(0), at(MINUTE), at(2 * MINUTE)])
  await bench.control.schedules.update(SCOPE, { ...schedule('s'), expression: 'cron(0 * * * ? *)' })
  await bench.keeper.settled()
  await bench.clock.run(58 * MINUTE)
  assert.deepEqual(bench.times().slice(3), [at(60 * MINUTE)])
  await bench.close()
})

test('a deleted schedule fires no more, nor does a rule that lost its schedule', async () => {
  const bench = await new Bench().open()
  await bench.create('s', { startMs: START + MINUTE })
  await bench.control.rules.put(SCOPE, { rule: 'r', schedule: 'rate(1 minute)' })
  await bench.control.schedules.delete(SCOPE, { name: 's' })
  await bench.control.rules.put(SCOPE, { rule: 'r', pattern: '{"source":["s"]}' })
  await bench.keeper.settled()
  await bench.clock.run(3 * MINUTE)
  assert.deepEqual(bench.times(), [])
  assert.deepEqual(await bench.timetable.list({ limit: 10 }), [])
  await bench.close()
})

test('a schedule that asks for it is deleted once its last delivery has ended, and no sooner', async () => {
  const bench = await new Bench().open()
  bench.hasDelivered = false
  await bench.create('once', { expression: 'at(2026-01-01T00:01:00)', afterCompletion: 'DELETE' })
  await bench.create('kept', { expression: 'at(2026-01-01T00:01:00)' })
  await bench.clock.run(2 * MINUTE)
  assert.equal(bench.fired.length, 2)
  await bench.control.schedules.get(SCOPE, { name: 'once' })
  bench.hasDelivered = true
  await bench.clock.run(2000)
  await assert.rejects(bench.control.schedules.get(SCOPE, { name: 'once' }), (error) =>
    isAppError(error, 'RESOURCE_NOT_FOUND'),
  )
  await bench.control.schedules.get(SCOPE, { name: 'kept' })
  await bench.close()
})

test('an event for a bus has the input, its names filled in, for detail', async () => {
  const bench = await new Bench().open()
  await bench.create('s', {
    target: {
      address: 'arn:aws:events:us-east-1:000000000000:event-bus/b',
      roleArn: ROLE,
      input: '{"at":"<aws.scheduler.scheduled-time>"}',
      busEvent: { source: 'shop', detailType: 'Tick' },
    },
  })
  await bench.clock.run(0)
  const event = bench.fired[0]!.toEvent()
  assert.deepEqual([event.source, event.type], ['shop', 'Tick'])
  assert.equal(Buffer.from(event.data!).toString(), `{"at":"${at(0)}"}`)
  await bench.close()
})

test('everything that fires is on the timetable, found by name or ARN, and can be fired by hand', async () => {
  const bench = await new Bench().open()
  await bench.control.rules.put(SCOPE, { rule: 'r', schedule: 'cron(0 2 * * ? *)' })
  await bench.create('s', { expression: 'cron(0 2 * * ? *)', timezone: 'Europe/Berlin' })
  const entries = await bench.timetable.list({ limit: 10 })
  assert.deepEqual(
    entries.map(({ name, meaning, nextAt }) => [name, meaning, nextAt]),
    [
      ['r', 'every day at 02:00 UTC', START + 120 * MINUTE],
      ['default/s', 'every day at 02:00 Europe/Berlin', START + 60 * MINUTE],
    ],
  )
  const after = entries[0]!.arn
  assert.deepEqual(await bench.timetable.list({ limit: 10, after }), entries.slice(1))
  assert.deepEqual(await bench.timetable.next(entries[1]!.arn, 1), [START + 60 * MINUTE])
  const eventId = await bench.timetable.trigger('s')
  assert.equal(bench.fired.at(-1)?.id, eventId)
  await bench.control.rules.put(SCOPE, { rule: 's', schedule: 'rate(1 day)' })
  await assert.rejects(bench.timetable.trigger('s'), (error) =>
    isAppError(error, 'RESOURCE_CONFLICT'),
  )
  await assert.rejects(bench.timetable.trigger('x'), (error) =>
    isAppError(error, 'RESOURCE_NOT_FOUND'),
  )
  await bench.timetable.setState('r', 'DISABLED')
  await assert.rejects(bench.timetable.trigger('r'), (error) =>
    isAppError(error, 'RESOURCE_INVALID'),
  )
  await bench.close()
})

test('a server whose rules cannot be published can be stopped all the same', async () => {
  const bench = await new Bench().open()
  bench.publish = () => new Promise(() => {})
  await bench.control.schedules.create(SCOPE, schedule('s'))
  await bench.clock.run(0)
  await bench.close()
  await assert.rejects(bench.keeper.settled(), (error) => isAppError(error, 'OVERLOADED'))
  assert.deepEqual(bench.fired, [])
})
