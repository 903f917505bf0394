// What fires by the clock: the schedule room, the keeper that tells it what there is, and the timetable for people.

import { type AppOptions, type Closers } from './app-options.ts'
import type { Delivery } from './app-delivery.ts'
import type { State } from './app-state.ts'
import { createTimetable, ScheduleKeeper, type Timetable } from './control/index.ts'
import { decodeStoredEvent, type StoredEvent } from './event/index.ts'
import { type Cursor, type Log, readPastDamage } from './log/index.ts'
import { decodeResource } from './objects/index.ts'
import { type LogPlace, ScheduleClock } from './schedule/index.ts'

const READ_RECORDS_MAX = 500

export interface Schedules {
  readonly timetable: Timetable
  counts(): { readonly plans: number; readonly due: number }
  tend(): void
  /** Fires nothing more. */
  close(): Promise<void>
}

export async function openSchedules(
  options: AppOptions,
  state: State,
  delivery: Delivery,
  closers: Closers,
): Promise<Schedules> {
  const { clock, random, logger, onFatal } = options
  const { store, log, publisher, control } = state
  const roomLogger = logger.child({ room: 'schedule' })
  const keeperOf: { keeper?: ScheduleKeeper } = {}
  const schedules = new ScheduleClock({
    rows: store.rows,
    log: { end: () => log.end(), events: (from) => directedEvents(log, from) },
    ingress: delivery.ingress,
    clock,
    random,
    logger: roomLogger,
    onCompleted: (plan) => keeperOf.keeper?.completed(plan),
    onFatal,
  })
  const keeper = new ScheduleKeeper({
    rows: store.rows,
    decode: decodeResource,
    schedules,
    publish: () => publisher.publish(),
    clock,
    logger: roomLogger,
    onFatal,
    logEnd: () => log.end(),
    hasDelivered: (ruleKey, place) => hasDelivered(state, delivery, { ruleKey, place }),
    deleteCompleted: (schedule) => control.schedules.deleteCompleted(schedule),
  })
  keeperOf.keeper = keeper
  closers.add(() => keeper.close())
  closers.add(() => schedules.close())
  await keeper.open()
  await control.scheduleGroups.resume()
  closers.add(() => control.scheduleGroups.settled())
  return {
    timetable: createTimetable({ keeper, schedules, uses: control, now: () => clock.now() }),
    counts: () => schedules.counts(),
    tend: () => schedules.tend(),
    close: () => schedules.close(),
  }
}

/** The directed events that the log holds now, from a place on; firings are among them. */
async function* directedEvents(log: Log, from: LogPlace | undefined): AsyncIterable<StoredEvent> {
  const ends = new Map(log.end().map(({ partition, offset }) => [partition, offset]))
  const starts = new Map(log.start().map(({ partition, offset }) => [partition, offset]))
  let cursor: Cursor = (from ?? log.start()).map(({ partition, offset }) => ({
    partition,
    offset: Math.max(offset, starts.get(partition) ?? 0),
  }))
  const { signal } = new AbortController()
  while (cursor.some(({ partition, offset }) => offset < (ends.get(partition) ?? 0))) {
    const result = await readPastDamage(log, cursor, { recordsMax: READ_RECORDS_MAX, signal })
    for (const { kind, payload } of result.records) {
      if (kind !== 'event') continue
      const event = decodeStoredEvent(payload)
      if (event.isDirected) yield event
    }
    cursor = result.cursor
  }
}

/** Whether the router has passed a place, and no row of a rule waits for another attempt. */
async function hasDelivered(
  { store }: State,
  { router }: Delivery,
  { ruleKey, place }: { readonly ruleKey: string; readonly place: LogPlace },
): Promise<boolean> {
  const passed = new Map(
    router.committedCursor().map(({ partition, offset }) => [partition, offset]),
  )
  if (place.some(({ partition, offset }) => (passed.get(partition) ?? 0) < offset)) return false
  const pending = await store.deliveries.pendingTargets()
  return pending.every((target) => target.ruleKey !== ruleKey)
}
