// The one Ingress: admission, then the dedupe window, then the log; the acknowledgement is the append's.

import {
  AppError,
  channels,
  type Clock,
  describeError,
  type IngressDialect,
} from '../base/index.ts'
import { cloudEventKey, createEventKey, decodeStoredEvent, type EventKey } from '../event/index.ts'
import { type Log, type Position, readPastDamage } from '../log/index.ts'
import { Admission } from './admission.ts'
import { DedupeWindow, type DedupeWindowOptions } from './dedupe-window.ts'
import type { AcceptOptions, AcceptResult, IncomingEvent, Ingress } from './ingress.ts'
import type { SchemaGate } from './schema-gate.ts'
import { REPLAY_RECORDS_MAX, RETRY_AFTER_MS } from './limits.ts'

export interface IngressOptions {
  readonly log: Log
  readonly dedupe: DedupeWindowOptions
  readonly clock: Clock
  /** Records that are durable but that route has not read. */
  readonly backlog: () => number
  readonly pendingBytesMax?: number
  /** Holds published events against schemas. */
  readonly gate?: SchemaGate
}

/** Opens ingress; reads from the log what the dedupe window's store does not remember. */
export async function openIngress(options: IngressOptions): Promise<Ingress & IngressState> {
  const window = new DedupeWindow(options.dedupe)
  const watermark = await window.load()
  await replay(options, window, watermark)
  return new Acceptor(options, window)
}

export interface IngressState {
  /** Bytes taken in that wait for the disk. */
  pendingBytes(): number
  close(): Promise<void>
}

class Acceptor implements Ingress, IngressState {
  readonly #options: IngressOptions
  readonly #window: DedupeWindow
  readonly #admission: Admission
  /** By `placeOf` a key: its first event is on its way to the disk. */
  readonly #underWay = new Map<number, Promise<unknown>>()

  constructor(options: IngressOptions, window: DedupeWindow) {
    this.#options = options
    this.#window = window
    this.#admission = new Admission(options)
  }

  pendingBytes(): number {
    return this.#admission.pendingBytes
  }

  async close(): Promise<void> {
    await this.#window.flush()
  }

  accept(
    dialect: IngressDialect,
    events: readonly IncomingEvent[],
    waiting?: AcceptOptions,
  ): Promise<readonly AcceptResult[]> {
    const { gate } = this.#options
    if (gate?.isOn === true && dialect !== 'internal') {
      return this.#acceptChecked(gate, dialect, events)
    }
    return this.#take(dialect, events, waiting)
  }

  /** What the gate refuses is answered in its place; all else goes on, with what the gate found. */
  async #acceptChecked(
    gate: SchemaGate,
    dialect: IngressDialect,
    events: readonly IncomingEvent[],
  ): Promise<readonly AcceptResult[]> {
    const results = new Map<number, AcceptResult>()
    const passed: IncomingEvent[] = []
    for (const [index, event] of events.entries()) {
      const passage = await gate.check(event)
      if (passage.kind === 'refuse') {
        results.set(index, { kind: 'refused', id: event.id, faults: passage.faults })
      } else
        passed.push(passage.record === undefined ? event : { ...event, record: passage.record })
    }
    const refused = events.filter((_, index) => results.has(index))
    if (refused.length > 0) this.#refused(dialect, invalidEvent(), refused)
    const taken = passed.length === 0 ? [] : await this.#take(dialect, passed)
    const rest = taken.values()
    return events.map((_, index) => results.get(index) ?? rest.next().value!)
  }

  async #take(
    dialect: IngressDialect,
    events: readonly IncomingEvent[],
    waiting?: AcceptOptions,
  ): Promise<readonly AcceptResult[]> {
    const startedAt = this.#options.clock.monotonic()
    if (channels.eventSteps.hasSubscribers) tellSteps(events, { kind: 'received' })
    let sizeBytes = 0
    for (const event of events) sizeBytes += event.record.length
    try {
      // Events that we forward ourselves free the very backlog they would wait for.
      const entered = dialect === 'internal' ? undefined : this.#admission.enter(sizeBytes)
      if (entered !== undefined) await entered
    } catch (error) {
      this.#refused(dialect, error, events)
      throw error
    }
    try {
      const results = await this.#append(events, waiting)
      if (channels.eventSteps.hasSubscribers) tellSteps(events, { kind: 'stored' })
      if (channels.eventsAccepted.hasSubscribers) {
        const durationMs = this.#options.clock.monotonic() - startedAt
        const count = events.length
        channels.eventsAccepted.publish({ dialect, ...busOf(events), count, sizeBytes, durationMs })
      }
      return results
    } catch (error) {
      this.#refused(dialect, error, events)
      throw withRetryAfter(error)
    } finally {
      if (dialect !== 'internal') this.#admission.leave(sizeBytes)
    }
  }

  async #append(
    events: readonly IncomingEvent[],
    waiting?: AcceptOptions,
  ): Promise<readonly AcceptResult[]> {
    if (events.every(isUnkeyed)) {
      return this.#appendAll(events, waiting)
    }
    const together = this.#appendTogether(events)
    if (together !== undefined) return together
    const results: AcceptResult[] = []
    // One by one, so that a repetition inside one batch is seen too.
    for (const event of events) results.push(await this.#appendOnce(event))
    return results
  }

  /** All in one write, as long as no two of them, and none of those on their way, could be the same event. */
  #appendTogether(events: readonly IncomingEvent[]): Promise<readonly AcceptResult[]> | undefined {
    if (events.length < 2) return undefined
    const keys = new Map<number, EventKey>()
    for (const event of events) {
      const key = keyOf(event)
      if (key === undefined) return undefined
      const place = placeOf(key)
      const isAlone = !keys.has(place) && !this.#underWay.has(place)
      if (!isAlone || this.#window.look(key) !== 'new') return undefined
      keys.set(place, key)
    }
    return this.#writeFirst(events, keys)
  }

  async #writeFirst(
    events: readonly IncomingEvent[],
    keys: ReadonlyMap<number, EventKey>,
  ): Promise<readonly AcceptResult[]> {
    const done = this.#write(events)
    for (const place of keys.keys()) this.#underWay.set(place, done)
    try {
      const positions = await done
      const now = this.#options.clock.now()
      let index = 0
      for (const key of keys.values()) {
        this.#window.remember(key, now, positions[index]!.offset)
        index += 1
      }
      return events.map(({ id }, index) => ({
        kind: 'accepted',
        id,
        position: positions[index]!,
      }))
    } finally {
      for (const place of keys.keys()) this.#underWay.delete(place)
    }
  }

  async #appendAll(
    events: readonly IncomingEvent[],
    waiting?: AcceptOptions,
  ): Promise<readonly AcceptResult[]> {
    const positions = await this.#write(events, waiting)
    const last = positions.at(-1)
    // Events without keys move the watermark too, or the next start would read all of them again.
    if (last !== undefined && this.#underWay.size === 0) this.#window.advance(last.offset + 1)
    return events.map((event, index) => ({
      kind: 'accepted',
      id: event.id,
      position: positions[index]!,
    }))
  }

  async #appendOnce(event: IncomingEvent): Promise<AcceptResult> {
    const key = keyOf(event)
    if (key === undefined) return (await this.#appendAll([event]))[0]!
    const place = placeOf(key)
    for (let first = this.#underWay.get(place); first !== undefined;) {
      await first.catch(() => {})
      first = this.#underWay.get(place)
    }
    const sighting = this.#window.look(key)
    if (sighting === 'same') return { kind: 'duplicate', id: event.id }
    if (sighting === 'different') return { kind: 'clash', id: event.id }
    return this.#appendFirst(event, key)
  }

  async #appendFirst(event: IncomingEvent, key: EventKey): Promise<AcceptResult> {
    const done = this.#write([event])
    const place = placeOf(key)
    this.#underWay.set(place, done)
    try {
      const [position] = await done
      this.#window.remember(key, this.#options.clock.now(), position!.offset)
      return { kind: 'accepted', id: event.id, position: position! }
    } finally {
      this.#underWay.delete(place)
    }
  }

  #write(events: readonly IncomingEvent[], waiting?: AcceptOptions): Promise<readonly Position[]> {
    return this.#options.log.append(
      events.map((event) => ({ kind: 'event', payload: event.record, key: event.busKey })),
      waiting,
    )
  }

  #refused(dialect: IngressDialect, error: unknown, events: readonly IncomingEvent[]): void {
    if (channels.eventSteps.hasSubscribers) {
      tellSteps(events, { kind: 'refused', error: describeError(error) })
    }
    if (!channels.eventsRefused.hasSubscribers) return
    const code = error instanceof AppError ? error.code : 'INTERNAL'
    channels.eventsRefused.publish({ dialect, ...busOf(events), code, count: events.length })
  }
}

function tellSteps(
  events: readonly IncomingEvent[],
  step:
    | { readonly kind: 'received' | 'stored' }
    | { readonly kind: 'refused'; readonly error: string },
): void {
  for (const { busKey, record } of events) channels.eventSteps.publish({ ...step, busKey, record })
}

function busOf(events: readonly IncomingEvent[]): { readonly busKey?: string } {
  const [first] = events
  return first === undefined ? {} : { busKey: first.busKey }
}

function isUnkeyed({ key, dedupeKey }: IncomingEvent): boolean {
  return key === undefined && dedupeKey === undefined
}

function keyOf({ key, dedupeKey, busKey, record }: IncomingEvent): EventKey | undefined {
  if (key !== undefined || dedupeKey === undefined) return key
  return createEventKey(busKey, dedupeKey, contentOf(record))
}

/** Of two keys it is never the same by chance; where it is, one waits for the other, and nothing else happens. */
function placeOf({ words, at }: EventKey): number {
  return (words[at]! >>> 0) * 2 ** 21 + (words[at + 1]! >>> 11)
}

/** What two sightings of one key must share: the data. Time may have been stamped by us, so it cannot count. */
function contentOf(record: Uint8Array): Uint8Array | undefined {
  return decodeStoredEvent(record).data()
}

/** For the metrics: the events' own faults are in their results. */
function invalidEvent(): AppError {
  return new AppError('EVENT_INVALID', 'the event is not as its schema says')
}

function withRetryAfter(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'LOG_FULL') return error
  return new AppError('LOG_FULL', error.message, {
    cause: error,
    details: { ...error.details, retryAfterMs: RETRY_AFTER_MS },
  })
}

/** Events appended after the window's store was last written: their keys are in the log alone. */
async function replay(
  options: IngressOptions,
  window: DedupeWindow,
  watermark: number,
): Promise<void> {
  const since = options.clock.now() - options.dedupe.windowMs
  const [recent] = await options.log.cursorAt(since)
  const [end] = options.log.end()
  if (recent === undefined || end === undefined) return
  let cursor = [{ partition: recent.partition, offset: Math.max(recent.offset, watermark) }]
  const { signal } = new AbortController()
  const reading = { recordsMax: REPLAY_RECORDS_MAX, signal }
  while (cursor[0]!.offset < end.offset) {
    const result = await readPastDamage(options.log, cursor, reading)
    for (const record of result.records) {
      if (record.kind !== 'event') continue
      const event = decodeStoredEvent(record.payload)
      // What a replay brought back is not the producer sending it again.
      if (event.isReplayed || event.meta().origin !== 'cloudevents') continue
      const { source, id } = event.toEvent()
      const key = createEventKey(event.busKey, cloudEventKey(source, id), event.data())
      window.remember(key, record.timestamp, record.position.offset)
    }
    cursor = [...result.cursor]
  }
}
