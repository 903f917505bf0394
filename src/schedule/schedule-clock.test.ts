import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { channels, type ScheduleFired, type SchedulesMissed } from '../base/index.ts'
import { fireTime } from './plan.ts'
import { type CrashPoint, planOf, ScheduleWorld } from './testing.ts'

const START = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const SLICE = 10_000
const HOUR = 3_600_000
const DAY = 86_400_000

function at(offsetMs: number): string {
  return new Date(START + offsetMs).toISOString().replace('.000', '')
}

test('every occurrence fires once, in order of time, each at its time', async () => {
  const world = new ScheduleWorld(START)
  const lateMs: number[] = []
  const listen = (fired: unknown): unknown => lateMs.push((fired as ScheduleFired).lateMs)
  channels.scheduleFired.subscribe(listen)
  await world.start()
  world.put(planOf({ key: 'a', expression: 'rate(2 minutes)', sinceMs: START }))
  world.put(planOf({ key: 'b', expression: 'cron(3 * * * ? *)', sinceMs: START }))
  await world.clock.run(5 * MINUTE)
  channels.scheduleFired.unsubscribe(listen)
  assert.deepEqual(world.fired(), [
    `a@${at(2 * MINUTE)}`,
    `b@${at(3 * MINUTE)}`,
    `a@${at(4 * MINUTE)}`,
  ])
  assert.deepEqual(lateMs, [0, 0, 0])
})

test('a firing is directed at its rule, with the schedule as resource and the occurrence as time', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  const plan = planOf({ key: 'a', expression: 'rate(1 minute)', sinceMs: START })
  world.put(plan)
  await world.clock.run(MINUTE)
  const [event] = world.events()
  assert.ok(event !== undefined)
  assert.deepEqual(event.meta().directed, { rules: ['a'], matched: true })
  const value = event.toEvent()
  assert.deepEqual(value.resources, [plan.arn])
  assert.deepEqual(
    [value.source, value.type, value.time],
    ['aws.scheduler', 'Scheduled Event', at(MINUTE)],
  )
})

test('one that is due weeks from now fires then, and not when a timer overflows', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  world.put(planOf({ key: 'a', expression: 'at(2026-01-27T00:00:00)', sinceMs: START }))
  await world.clock.run(25 * DAY)
  assert.deepEqual(world.fired(), [])
  await world.clock.run(2 * DAY)
  assert.deepEqual(world.fired(), ['a@2026-01-27T00:00:00Z'])
  assert.deepEqual(world.completed, ['a'])
})

test('a crash at any step of any firing leaves none double and none out', async () => {
  const points = fc.constantFrom<CrashPoint | 'restart' | 'none'>(
    'before append',
    'after append',
    'restart',
    'none',
  )
  const step = fc.record({
    point: points,
    runMs: fc.integer({ min: 1000, max: 10 * MINUTE }),
    downMs: fc.nat(30_000),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const world = new ScheduleWorld(START)
      world.put(planOf({ key: 'a', expression: 'rate(3 minutes)', sinceMs: START }))
      world.put(planOf({ key: 'b', expression: 'cron(0/5 * * * ? *)', sinceMs: START + 1 }))
      await world.start()
      for (const { point, runMs, downMs } of steps) {
        if (point === 'before append' || point === 'after append') world.crashAt(point)
        // Soon after it, or it would be an outage of which only the latest occurrence is made up for.
        for (let ranMs = 0; ranMs < runMs && !world.hasCrashed; ranMs += SLICE) {
          await world.clock.run(SLICE)
        }
        if (point === 'restart' || world.hasCrashed) {
          world.crash()
          await world.clock.run(downMs)
          await world.restart()
        }
      }
      await world.restart()
      await world.clock.run(1000)
      const until = world.clock.now()
      const expected = [
        ...occurrences('a', 3 * MINUTE, until),
        ...occurrences('b', 5 * MINUTE, until),
      ]
      assert.deepEqual(world.fired().toSorted(), expected.toSorted())
    }),
    { numRuns: 100 },
  )
})

function occurrences(key: string, periodMs: number, until: number): readonly string[] {
  const count = Math.floor((until - START) / periodMs)
  return Array.from({ length: count }, (_, index) => `${key}@${at((index + 1) * periodMs)}`)
}

test('a start knows what fired long before, though it was told of no crash in between', async () => {
  const world = new ScheduleWorld(START)
  world.put(planOf({ key: 'a', expression: 'rate(1 hour)', sinceMs: START }))
  await world.start()
  world.crashAt('after append')
  await world.clock.run(HOUR)
  assert.ok(world.hasCrashed)
  await world.clock.run(30 * MINUTE)
  await world.restart()
  await world.clock.run(HOUR)
  assert.deepEqual(world.fired(), [`a@${at(HOUR)}`, `a@${at(2 * HOUR)}`])
})

test('after a long outage only the latest occurrence is made up for, and the rest is told', async () => {
  const world = new ScheduleWorld(START)
  world.put(planOf({ key: 'a', expression: 'rate(1 hour)', sinceMs: START }))
  await world.start()
  await world.clock.run(HOUR + MINUTE)
  world.crash()
  await world.clock.run(5 * HOUR)
  const missed: number[] = []
  const listen = (message: unknown): unknown => missed.push((message as SchedulesMissed).count)
  channels.schedulesMissed.subscribe(listen)
  await world.restart()
  await world.clock.run(HOUR)
  channels.schedulesMissed.unsubscribe(listen)
  assert.deepEqual(world.fired(), [`a@${at(HOUR)}`, `a@${at(6 * HOUR)}`, `a@${at(7 * HOUR)}`])
  assert.deepEqual(missed, [4])
})

test('what was missed for more than a day is passed over, also a one-time schedule, which then is complete', async () => {
  const world = new ScheduleWorld(START)
  world.put(planOf({ key: 'once', expression: 'at(2026-01-02T00:00:00)', sinceMs: START }))
  world.put(planOf({ key: 'weekly', expression: 'rate(7 days)', sinceMs: START }))
  await world.clock.run(9 * DAY)
  await world.start()
  await world.clock.run(DAY)
  assert.deepEqual(world.fired(), [])
  assert.deepEqual(world.completed, ['once'])
  await world.clock.run(5 * DAY)
  assert.deepEqual(world.fired(), [`weekly@${at(14 * DAY)}`])
})

test('a machine that slept catches up as a process that was down does', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  world.put(planOf({ key: 'a', expression: 'rate(1 hour)', sinceMs: START }))
  await world.clock.run(MINUTE)
  world.clock.stepWall(3 * HOUR)
  await world.clock.run(MINUTE)
  assert.deepEqual(world.fired(), [`a@${at(3 * HOUR)}`])
})

test('a clock that is set back fires nothing twice, also over a start', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  world.put(planOf({ key: 'a', expression: 'rate(1 hour)', sinceMs: START }))
  await world.clock.run(2 * HOUR + MINUTE)
  world.clock.stepWall(-2 * HOUR)
  await world.clock.run(HOUR)
  await world.restart()
  await world.clock.run(HOUR)
  assert.deepEqual(world.fired(), [`a@${at(HOUR)}`, `a@${at(2 * HOUR)}`])
  await world.clock.run(HOUR)
  assert.equal(world.fired().length, 3)
})

test('a full disk delays a firing and loses none', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  world.put(planOf({ key: 'a', expression: 'rate(1 minute)', sinceMs: START }))
  world.isFull = true
  await world.clock.run(2 * MINUTE + 30_000)
  assert.deepEqual(world.fired(), [])
  world.isFull = false
  await world.clock.run(MINUTE)
  assert.deepEqual(
    world.fired(),
    [1, 2, 3].map((count) => `a@${at(count * MINUTE)}`),
  )
})

test('in a flexible window a firing comes late, at the same place each time, and before the next occurrence', async () => {
  const world = new ScheduleWorld(START)
  const plan = planOf({ key: 'a', expression: 'rate(10 minutes)', sinceMs: START, windowMs: HOUR })
  world.put(plan)
  await world.start()
  const jitters = [1, 2, 3, 4, 5].map((count) => {
    const nominal = START + count * 10 * MINUTE
    return fireTime(plan, nominal) - nominal
  })
  assert.ok(jitters.every((jitter) => jitter >= 0 && jitter < 10 * MINUTE))
  assert.ok(new Set(jitters).size > 1)
  for (let count = 0; count < 60; count += 1) {
    await world.clock.run(MINUTE)
    await world.restart()
  }
  const expected = occurrences('a', 10 * MINUTE, START + HOUR).filter(
    (_, index) => START + (index + 1) * 10 * MINUTE + (jitters[index] ?? 0) <= START + HOUR,
  )
  assert.deepEqual(world.fired().slice(0, 5), expected.slice(0, 5))
})

test('a plan that is replaced fires by its new form alone, and a deleted one no more', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  world.put(planOf({ key: 'a', expression: 'rate(1 minute)', sinceMs: START }))
  await world.clock.run(MINUTE)
  const now = world.clock.now()
  world.put(planOf({ key: 'a', expression: 'rate(1 hour)', sinceMs: now }))
  await world.clock.run(HOUR)
  assert.deepEqual(world.fired(), [`a@${at(MINUTE)}`, `a@${at(MINUTE + HOUR)}`])
  world.room.delete('a')
  await world.clock.run(2 * HOUR)
  assert.equal(world.fired().length, 2)
  assert.equal(world.room.nextFireTime('a'), undefined)
})

test('a plan put again as it was goes on where it stood, also while it fires and when it is complete', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  const draft = { key: 'a', expression: 'rate(1 minute)', sinceMs: START }
  world.put(planOf(draft))
  await world.clock.run(MINUTE)
  world.put(planOf(draft))
  world.clock.advance(MINUTE)
  world.put(planOf(draft))
  await world.clock.run(0)
  assert.deepEqual(world.fired(), [`a@${at(MINUTE)}`, `a@${at(2 * MINUTE)}`])
  const once = { key: 'once', expression: 'at(2026-01-01T00:03:00)', sinceMs: START }
  world.put(planOf(once))
  await world.clock.run(MINUTE)
  world.put(planOf(once))
  await world.clock.run(30_000)
  assert.deepEqual(world.fired().slice(2), [`a@${at(3 * MINUTE)}`, `once@${at(3 * MINUTE)}`])
})

test('a start tells again of what had completed, since who was told may be gone', async () => {
  const world = new ScheduleWorld(START)
  world.put(planOf({ key: 'once', expression: 'at(2026-01-01T00:01:00)', sinceMs: START }))
  world.put(planOf({ key: 'never', expression: 'at(2020-01-01T00:00:00)', sinceMs: START }))
  await world.start()
  await world.clock.run(2 * MINUTE)
  await world.restart()
  assert.deepEqual(world.completed, ['once', 'once'])
})

test('one fired by hand fires beside its occurrences, which stay as they are', async () => {
  const world = new ScheduleWorld(START)
  const plan = planOf({ key: 'a', expression: 'rate(1 hour)', sinceMs: START })
  world.put(plan)
  await world.start()
  await world.clock.run(30 * MINUTE)
  await world.room.trigger(plan)
  await world.restart()
  await world.clock.run(30 * MINUTE)
  assert.deepEqual(world.fired(), [`a@${at(30 * MINUTE)}`, `a@${at(HOUR)}`])
})

test('a hundred thousand schedules are put, fired and put again in a heap', async () => {
  const world = new ScheduleWorld(START)
  await world.start()
  for (let index = 0; index < 100_000; index += 1) {
    const expression = `cron(${index % 60} ${index % 24} * * ? *)`
    world.put(planOf({ key: `k${index}`, expression, sinceMs: START }))
  }
  await world.clock.run(HOUR)
  assert.equal(world.fired().length, Math.ceil(100_000 / 24))
  assert.equal(world.room.counts().plans, 100_000)
})
