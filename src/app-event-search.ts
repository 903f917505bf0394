// Finding events in the log: one by its id or position, or the newest of a bus. The log is read in windows from its
// end backwards, because what people ask about has just happened.

import { AppError } from './base/index.ts'
import { decodeStoredEvent, type StoredEvent } from './event/index.ts'
import {
  type Cursor,
  type Log,
  type LogRecord,
  type Position,
  readPastDamage,
} from './log/index.ts'

/** Records looked through for an id, and how many before it is seen whether it was among them. */
const ID_RECORDS_MAX = 500_000
const ID_WINDOW_RECORDS = 2000
/** The same for the events of a bus, which are kept: a window of the largest ones must fit into memory. */
const BUS_RECORDS_MAX = 50_000
const BUS_WINDOW_RECORDS = 100
const BUS_SIZE_BYTES_MAX = 64 * 1024 * 1024

export interface FoundEvent {
  readonly position: Position
  readonly timestamp: number
  readonly event: StoredEvent
}

/** The event of this id, or at a position such as `0:42`; the newest when several have the id. */
export async function findEvent(log: Log, id: string, signal: AbortSignal): Promise<FoundEvent> {
  const position = /^(\d{1,6}):(\d{1,15})$/.exec(id)
  if (position !== null) {
    const [partition, offset] = [Number(position[1]), Number(position[2])]
    const found = await eventAt(log, { partition, offset }, signal)
    if (found !== undefined) return found
  }
  const isWanted = (event: StoredEvent): boolean => event.id === id
  const limits = { recordsMax: ID_RECORDS_MAX, windowRecords: ID_WINDOW_RECORDS }
  for await (const found of readBackwards(log, { ...limits, isWanted, signal })) return found
  throw new AppError(
    'EVENT_NOT_FOUND',
    `no event \`${id}\` is among the newest ${ID_RECORDS_MAX} records of the log`,
  )
}

/** The newest events of a bus, newest first; fewer than asked where they are large or far between. */
export async function newestEvents(
  log: Log,
  options: { readonly busKey: string; readonly eventsMax: number; readonly signal: AbortSignal },
): Promise<readonly FoundEvent[]> {
  const { busKey, eventsMax, signal } = options
  const events: FoundEvent[] = []
  const isWanted = (event: StoredEvent): boolean => event.busKey === busKey
  const limits = { recordsMax: BUS_RECORDS_MAX, windowRecords: BUS_WINDOW_RECORDS }
  let sizeBytes = 0
  for await (const found of readBackwards(log, { ...limits, isWanted, signal })) {
    sizeBytes += found.event.envelope.length
    if (events.length === eventsMax || sizeBytes > BUS_SIZE_BYTES_MAX) break
    events.push(found)
  }
  return events
}

async function eventAt(
  log: Log,
  position: Position,
  signal: AbortSignal,
): Promise<FoundEvent | undefined> {
  const { partition, offset } = position
  const isKept =
    log.start().some((start) => start.partition === partition && start.offset <= offset) &&
    log.end().some((end) => end.partition === partition && end.offset > offset)
  if (!isKept) return undefined
  for await (const record of readRange(log, { from: position, end: offset + 1, signal })) {
    return decode(record)
  }
  return undefined
}

interface BackwardsOptions {
  readonly recordsMax: number
  /** Read forwards at a time; the wanted ones of them are kept until all are read. */
  readonly windowRecords: number
  readonly isWanted: (event: StoredEvent) => boolean
  readonly signal: AbortSignal
}

async function* readBackwards(
  log: Log,
  { recordsMax, windowRecords, isWanted, signal }: BackwardsOptions,
): AsyncGenerator<FoundEvent, void, undefined> {
  const starts = new Map(log.start().map(({ partition, offset }) => [partition, offset]))
  for (const { partition, offset: newest } of log.end()) {
    const oldest = Math.max(starts.get(partition) ?? 0, newest - recordsMax)
    for (let end = newest; end > oldest; end -= windowRecords) {
      const from = { partition, offset: Math.max(oldest, end - windowRecords) }
      const window: FoundEvent[] = []
      for await (const record of readRange(log, { from, end, signal })) {
        const found = decode(record)
        if (found !== undefined && isWanted(found.event)) window.push(found)
      }
      yield* window.toReversed()
    }
  }
}

/** The records of one partition from a position to an offset. */
async function* readRange(
  log: Log,
  range: { readonly from: Position; readonly end: number; readonly signal: AbortSignal },
): AsyncGenerator<LogRecord, void, undefined> {
  const { partition } = range.from
  let next = range.from.offset
  while (next < range.end && !range.signal.aborted) {
    // Other partitions are passed over: the cursor stands at their end.
    const cursor: Cursor = log
      .end()
      .map((end) => (end.partition === partition ? { partition, offset: next } : end))
    const reading = { recordsMax: range.end - next, signal: range.signal }
    const { records, cursor: after } = await readPastDamage(log, cursor, reading)
    for (const record of records) {
      if (record.position.partition === partition && record.position.offset < range.end) {
        yield record
      }
    }
    const reached = after.find((position) => position.partition === partition)?.offset
    if (reached === undefined || reached <= next) return
    next = reached
  }
}

function decode({ kind, payload, position, timestamp }: LogRecord): FoundEvent | undefined {
  if (kind !== 'event') return undefined
  return { position, timestamp, event: decodeStoredEvent(payload) }
}
