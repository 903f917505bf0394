// Events that run by the clock: which times are due, and what becomes of them over real objects in memory.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { openTestObjects, untilWithin } from '../objects/testing.ts'
import { lookAtSchedule, scheduleFault } from './event-schedule.ts'
import type { JsonObject } from './json-tree.ts'
import { valueAt } from './json-tree.ts'
import { API_VERSION } from './names.ts'
import { conditionsOf } from './judge.ts'
import { openTestRoom } from './testing.ts'

const until = untilWithin(20_000)
const NOON = Date.UTC(2026, 0, 1, 12)
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

function eventOf(annotations: Readonly<Record<string, string>>, atProvider = {}): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Event',
    metadata: { name: 'news', annotations },
    status: { atProvider },
  }
}

/** What is due at each of these times, with what is kept between them. */
function looks(annotations: Readonly<Record<string, string>>, ...times: readonly number[]) {
  let state: JsonObject = {}
  return times.map((now) => {
    const look = lookAtSchedule(eventOf(annotations, state), now)
    state = look.state
    return [look.dueMs, look.missed, look.nextMs]
  })
}

test('nothing is due when an Event is applied, then each of its times once', () => {
  const seen = looks({ 'schedule.cron': '0 * * * *' }, NOON + 1, NOON + HOUR_MS, NOON + HOUR_MS + 1)
  assert.deepEqual(seen, [
    [undefined, 0, NOON + HOUR_MS],
    [NOON + HOUR_MS, 0, NOON + 2 * HOUR_MS],
    [undefined, 0, NOON + 2 * HOUR_MS],
  ])
})

test('of the times that passed while nobody was here the last is due, and the others are counted', () => {
  const cron = { 'schedule.cron': '0 * * * *' }
  const back = NOON + 3.5 * HOUR_MS
  assert.deepEqual(looks(cron, NOON + 1, back)[1], [NOON + 3 * HOUR_MS, 2, NOON + 4 * HOUR_MS])
  const years = NOON + 3 * 365 * 24 * HOUR_MS
  const [due, missed, next] = looks(cron, NOON + 1, years)[1]!
  assert.ok(due! < years && missed! > 900)
  assert.equal(next, years + HOUR_MS)
})

test('times are those of the time zone, and another expression begins anew', () => {
  const july = Date.UTC(2026, 6, 1, 12)
  const zone = { 'schedule.cron': '0 18 * * *', 'schedule.timezone': 'Europe/London' }
  assert.deepEqual(looks(zone, july), [[undefined, 0, Date.UTC(2026, 6, 1, 17)]])
  const { state } = lookAtSchedule(eventOf({ 'schedule.cron': '0 * * * *' }), NOON + 1)
  const changed = eventOf({ 'schedule.cron': '*/5 * * * *' }, state)
  const { dueMs, nextMs } = lookAtSchedule(changed, NOON + 2 * HOUR_MS + 1)
  assert.deepEqual([dueMs, nextMs], [undefined, NOON + 2 * HOUR_MS + 5 * MINUTE_MS])
})

test('an expression or a zone that is none is named with what would be right', () => {
  assert.match(
    scheduleFault({ 'schedule.cron': 'at six' })!,
    /`at six` is no cron expression of five/,
  )
  const zone = { 'schedule.cron': '0 18 * * *', 'schedule.timezone': 'Mars/Base' }
  assert.match(scheduleFault(zone)!, /no time zone `Mars\/Base`; use a name such as Europe\/London/)
  assert.equal(scheduleFault({}), undefined)
})

/** A room by a clock of the test's own, which goes on a little all the time and far when it is told to. */
async function openRoom(context: TestContext): Promise<{ client: KubeClient; clock: FakeClock }> {
  const clock = new FakeClock(NOON)
  const ticking = setInterval(() => clock.advance(5), 1)
  context.after(() => clearInterval(ticking))
  const world = await openTestObjects(clock)
  context.after(() => world.close())
  const room = await openTestRoom(world, {}, clock)
  context.after(() => room.close())
  return { client: world.client, clock }
}

async function runs(client: KubeClient): Promise<readonly string[]> {
  const { items } = await client.list({ apiVersion: API_VERSION, kind: 'Workflow' })
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name)
    .toSorted()
}

test('a workflow is made at each time under the name of its minute, and the last ten are kept', async (context) => {
  const { client, clock } = await openRoom(context)
  const metadata = { name: 'news', namespace: 'default' }
  await client.create({
    apiVersion: API_VERSION,
    kind: 'WorkflowTemplate',
    metadata,
    spec: { steps: [{ name: 'pause', uses: 'wait', with: { for: '1ms' } }] },
  })
  await client.create({
    apiVersion: API_VERSION,
    kind: 'Event',
    metadata: { ...metadata, annotations: { 'schedule.cron': '* * * * *' } },
    spec: { workflowTemplate: { id: 'news' } },
  })
  const key = { apiVersion: API_VERSION, kind: 'Event', ...metadata }
  await until(async () => {
    const found = await client.get(key)
    return found !== undefined && conditionsOf(found).some(({ reason }) => reason === 'Scheduled')
  }, 'it to wait for its time')
  assert.deepEqual(await runs(client), [])
  const made: string[] = []
  for (let minute = 0; minute < 12; minute += 1) {
    clock.advance(MINUTE_MS)
    const last = made.at(-1) ?? ''
    made.push(
      await until(async () => (await runs(client)).findLast((name) => name > last), 'a run'),
    )
  }
  const first = Number(made[0]!.slice('news-'.length))
  assert.ok(first >= NOON / MINUTE_MS && first <= NOON / MINUTE_MS + 2, made[0])
  await until(async () => (await runs(client)).length <= 10, 'the oldest to go')
  assert.deepEqual(await runs(client), made.slice(-10))
  const done = await until(async () => {
    const found = await client.get(key)
    return valueAt(found, ['status', 'atProvider', 'workflowStatus']) === 'Completed' && found
  }, 'the last to complete')
  assert.equal(valueAt(done, ['status', 'atProvider', 'workflow']), made.at(-1))
  await client.delete(key)
  await until(async () => (await client.get(key)) === undefined, 'the Event to go')
  assert.deepEqual(await runs(client), [])
})
