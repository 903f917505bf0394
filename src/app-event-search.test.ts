import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findEvent, newestEvents } from './app-event-search.ts'
import { isAppError } from './base/index.ts'
import { FakeClock } from './base/testing.ts'
import { encodeStoredEvent } from './event/index.ts'
import { type Log, openMemoryLog } from './log/index.ts'

const { signal } = new AbortController()

function record(id: string, bus: string): Buffer {
  return encodeStoredEvent({
    busKey: `000000000000/us-east-1/${bus}`,
    envelopeHead: `{"version":"0","id":"${id}","detail-type":"t","source":"s","detail":`,
    detail: '{}',
    hasData: true,
  })
}

/** A log of `count` events, `e-0` and on; every tenth is on bus `rare`, and a control record follows each hundred. */
async function openLog(count: number, partitions = 1): Promise<Log> {
  const log = openMemoryLog({ clock: new FakeClock(), partitions })
  for (let index = 0; index < count; index += 1) {
    const payload = record(`e-${index}`, index % 10 === 0 ? 'rare' : 'default')
    await log.append([{ kind: 'event', payload }])
    if (index % 100 === 99) await log.append([{ kind: 'control', payload: Buffer.from('x') }])
  }
  return log
}

test('an event is found by its id, wherever in the log it is', async () => {
  for (const partitions of [1, 3]) {
    const log = await openLog(4500, partitions)
    for (const index of [0, 1, 1999, 2000, 4499]) {
      const found = await findEvent(log, `e-${index}`, signal)
      assert.equal(found.event.id, `e-${index}`)
    }
    await assert.rejects(findEvent(log, 'e-4500', signal), (error) =>
      isAppError(error, 'EVENT_NOT_FOUND'),
    )
  }
})

test('of two events of one id the newer is found', async () => {
  const log = await openLog(3)
  await log.append([{ kind: 'event', payload: record('e-1', 'other') }])
  assert.match((await findEvent(log, 'e-1', signal)).event.busKey, /other$/)
})

test('an event is found by its position; what is no event there, or beyond the log, is not', async () => {
  const log = await openLog(150)
  assert.equal((await findEvent(log, '0:7', signal)).event.id, 'e-7')
  for (const id of ['0:100', '0:151', '9:1']) {
    await assert.rejects(findEvent(log, id, signal), (error) =>
      isAppError(error, 'EVENT_NOT_FOUND'),
    )
  }
})

test('the newest events of a bus come newest first, and no more than asked', async () => {
  const log = await openLog(4500)
  const busKey = '000000000000/us-east-1/rare'
  const events = await newestEvents(log, { busKey, eventsMax: 300, signal })
  assert.equal(events.length, 300)
  assert.deepEqual(
    events.slice(0, 3).map(({ event }) => event.id),
    ['e-4490', 'e-4480', 'e-4470'],
  )
  const none = await newestEvents(log, { busKey: 'none', eventsMax: 10, signal })
  assert.deepEqual(none, [])
})
