// Steps of workflows that wait for an event: however many there are, one reader follows the log for all of them.

import { type Clock, describeError } from './base/index.ts'
import { decodeStoredEvent, type StoredEvent } from './event/index.ts'
import {
  type Cursor,
  isBehind,
  type Log,
  LogFollower,
  type LogRecord,
  readPastDamage,
} from './log/index.ts'
import { matchesPattern, parsePattern } from './match/index.ts'
import type { Json } from './structure/index.ts'
import type { ActionResult } from './workflow/index.ts'

const READ_RECORDS_MAX = 500

export interface EventWaitsOptions {
  readonly log: Pick<Log, 'read' | 'end'>
  readonly clock: Clock
  readonly onFatal: (error: unknown) => void
}

export interface EventWish {
  readonly busKey: string
  /** An event pattern. */
  readonly pattern: object
  /** Where in the log to begin. */
  readonly since: Cursor
  readonly signal: AbortSignal
}

interface Wait {
  readonly isWanted: (event: StoredEvent) => boolean
  readonly resolve: (result: ActionResult) => void
}

export class EventWaits {
  readonly #log: Pick<Log, 'read' | 'end'>
  readonly #follower: LogFollower
  readonly #waits = new Map<string, Set<Wait>>()

  constructor({ log, clock, onFatal }: EventWaitsOptions) {
    this.#log = log
    this.#follower = new LogFollower({
      log,
      clock,
      recordsMax: READ_RECORDS_MAX,
      see: (records) => this.#see(records),
      onFatal,
    })
  }

  /** The first event of the wish; a wait that is ended has failed, and may be begun again. */
  async next({ busKey, pattern, since, signal }: EventWish): Promise<ActionResult> {
    const { promise, resolve } = Promise.withResolvers<ActionResult>()
    try {
      const wanted = parsePattern(JSON.stringify(pattern))
      const isWanted = (event: StoredEvent): boolean =>
        event.busKey === busKey && matchesPattern(wanted, event.envelope)
      const wait = { isWanted, resolve }
      const from = this.#add(busKey, wait)
      const end = (): void => resolve(ENDED)
      signal.addEventListener('abort', end, { once: true })
      try {
        return (await this.#findBefore(from, { isWanted, since, signal })) ?? (await promise)
      } finally {
        signal.removeEventListener('abort', end)
        this.#remove(busKey, wait)
      }
    } catch (error) {
      return { kind: 'failed', message: describeError(error), isFinal: true }
    }
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  /** What is from here on it is shown. */
  #add(busKey: string, wait: Wait): Cursor {
    const waits = this.#waits.get(busKey) ?? new Set()
    this.#waits.set(busKey, waits.add(wait))
    this.#follower.follow(this.#log.end())
    return this.#follower.cursor!
  }

  #remove(busKey: string, wait: Wait): void {
    const waits = this.#waits.get(busKey)
    waits?.delete(wait)
    if (waits?.size === 0) this.#waits.delete(busKey)
    if (this.#waits.size === 0) this.#follower.pause()
  }

  #see(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.kind !== 'event') continue
      const event = decodeStoredEvent(record.payload)
      for (const { isWanted, resolve } of this.#waits.get(event.busKey) ?? []) {
        if (isWanted(event)) resolve(resultOf(event))
      }
    }
  }

  /** What a wait that began before this process did, or before it was added, has missed. */
  async #findBefore(
    end: Cursor,
    { isWanted, since, signal }: Pick<EventWish, 'since' | 'signal'> & Pick<Wait, 'isWanted'>,
  ): Promise<ActionResult | undefined> {
    let cursor = since
    while (!signal.aborted && !isBehind(end, cursor)) {
      const reading = { recordsMax: READ_RECORDS_MAX, signal }
      const { records, cursor: next } = await readPastDamage(this.#log, cursor, reading)
      cursor = next
      for (const { kind, payload } of records) {
        if (kind !== 'event') continue
        const event = decodeStoredEvent(payload)
        if (isWanted(event)) return resultOf(event)
      }
    }
    return signal.aborted ? ENDED : undefined
  }
}

const ENDED: ActionResult = { kind: 'failed', message: 'the wait was ended', isFinal: false }

function resultOf({ envelope }: StoredEvent): ActionResult {
  const event = JSON.parse(Buffer.from(envelope).toString()) as Json
  return { kind: 'done', output: { event } }
}
