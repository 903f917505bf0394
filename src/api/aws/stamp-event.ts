// An entry that a caller puts becomes the record that the log keeps: checked, given an id and a time, once for
// each bus it goes to.

import { type Clock, createUuid, type Random } from '../../base/index.ts'
import { checkJson, EVENT_DEPTH_MAX, formatEnvelopeTime, storePutEvent } from '../../event/index.ts'
import { awsFault } from './faults.ts'

export interface StampedEvent {
  readonly id: string
  readonly busKey: string
  readonly record: Uint8Array
}

export interface EventEntry {
  readonly source: string
  readonly detailType: string
  /** Seconds since the epoch; now when absent. */
  readonly time?: number | undefined
  readonly resources?: readonly string[] | undefined
  readonly traceHeader?: string | undefined
}

/** A bus an event goes to, and whose event it is there. */
export interface Place {
  readonly busKey: string
  readonly account: string
  readonly region: string
  /** Added to the event's resources. */
  readonly resource?: string
}

export interface Stamps {
  readonly now: () => string
  readonly random: Random
}

/** The furthest that a JavaScript Date reaches from the epoch, milliseconds (ECMA-262, 21.4.1.1). */
const DATE_MS_MAX = 8.64e15

/** A detail that was found to be what an event may hold. */
export interface Detail {
  readonly bytes: Uint8Array
  readonly hasPlainNames: boolean
}

/** A detail, given as text and its bytes; undefined when it is not a JSON object in well-formed text. */
export function checkDetail(text: string, bytes: Uint8Array): Detail | undefined {
  // A lone surrogate has no UTF-8 form: it would be stored as another character than was sent.
  if (!text.isWellFormed()) return undefined
  const check = checkJson(bytes, { depthMax: EVENT_DEPTH_MAX })
  if (check.kind !== 'object') return undefined
  return { bytes, hasPlainNames: check.hasPlainNames === true }
}

/** The event has the same id at every place. */
export function stampEvent(
  entry: EventEntry,
  { bytes, hasPlainNames }: Detail,
  places: readonly Place[],
  { now, random }: Stamps,
): readonly StampedEvent[] {
  const id = createUuid(random)
  const { source, detailType, resources = [], traceHeader } = entry
  const time = entry.time === undefined ? now() : formatTime(entry.time)
  return places.map(({ busKey, account, region, resource }) => ({
    id,
    busKey,
    record: storePutEvent({
      busKey,
      account,
      region,
      id,
      source,
      detailType,
      time,
      resources: resource === undefined ? resources : [...resources, resource],
      detail: bytes,
      hasPlainNames,
      ...(traceHeader === undefined ? {} : { traceHeader }),
    }),
  }))
}

/** The current second as an envelope writes it, formatted once a second. */
export function createTimeCache(clock: Clock): () => string {
  let second = -1
  let text = ''
  return () => {
    const current = Math.floor(clock.now() / 1000)
    if (current !== second) {
      second = current
      text = formatEnvelopeTime(current * 1000)
    }
    return text
  }
}

/** Seconds since the epoch as an envelope writes them. */
function formatTime(seconds: number): string {
  const timeMs = seconds * 1000
  if (!(Math.abs(timeMs) <= DATE_MS_MAX)) {
    throw awsFault('SerializationException', `${seconds} is not a time that can be written.`)
  }
  return formatEnvelopeTime(timeMs)
}
