// The discoverers at work: one reader of the log, with a cursor of its own, that shows the events of buses with a
// started discoverer to the learner. It reads nothing while there is none, and what it cannot keep up with it
// passes over: learning may miss an event, publishing never waits for it.
//
//   idle ──a discoverer is started──► reading ──none is left──► idle          (either way: ──close──► closed)

import { type Clock, describeError } from '../base/index.ts'
import { decodeStoredEvent, parseBusKey, type StoredEvent } from '../event/index.ts'
import { type Cursor, type Log, type LogRecord, readPastDamage } from '../log/index.ts'
import type { DeliveryStore } from '../store/index.ts'
import { Learner, type LearnerOptions } from './learner.ts'
import { COMMIT_MS, EVENTS_PER_SECOND_MAX, LAG_RECORDS_MAX, READ_RECORDS_MAX } from './limits.ts'

/** A started discoverer, by the key of its bus. */
export type Discoverers = ReadonlyMap<string, { readonly crossAccount: boolean }>

export interface DiscoveryOptions extends LearnerOptions {
  readonly log: Pick<Log, 'read' | 'end'>
  readonly cursors: Pick<DeliveryStore, 'commit' | 'cursor'>
  readonly clock: Clock
  readonly onFatal: (error: unknown) => void
}

export interface Discovery {
  /** These are started from now on. */
  setDiscoverers(discoverers: Discoverers): void
  /** Resolves once everything that is in the log now was looked at, or passed over. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

const READER = 'discovery'

export async function openDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  const stored = await options.cursors.cursor(READER)
  return new ReadingDiscovery(options, stored?.positions)
}

class ReadingDiscovery implements Discovery {
  readonly #options: DiscoveryOptions
  readonly #learner: Learner
  readonly #stop = new AbortController()
  #discoverers: Discoverers = new Map()
  /** Where to read on; undefined while there is nothing to read for. */
  #cursor: Cursor | undefined
  /** Where the process before this one stopped; for those that were started then. */
  #kept: Cursor | undefined
  #committedAt = 0
  /** Events that may be looked at in this second. */
  #allowance = EVENTS_PER_SECOND_MAX
  #allowanceSince = 0
  #wake: () => void = () => {}
  #waiters: { readonly end: Cursor; readonly resolve: () => void }[] = []
  readonly #loop: Promise<void>

  constructor(options: DiscoveryOptions, cursor: Cursor | undefined) {
    this.#options = options
    this.#learner = new Learner(options)
    this.#kept = cursor
    this.#loop = this.#run()
  }

  setDiscoverers(discoverers: Discoverers): void {
    // What was published before a discoverer was there is not for it.
    const from = this.#kept ?? this.#options.log.end()
    this.#kept = undefined
    this.#cursor = discoverers.size === 0 ? undefined : (this.#cursor ?? from)
    this.#discoverers = discoverers
    this.#learner.forget()
    this.#wake()
  }

  caughtUp(): Promise<void> {
    const end = this.#options.log.end()
    return new Promise((resolve) => {
      this.#waiters.push({ end, resolve })
      this.#release()
    })
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
    await this.#commit()
    for (const { resolve } of this.#waiters.splice(0)) resolve()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    try {
      while (!signal.aborted) {
        if (this.#cursor === undefined) await this.#idle()
        else await this.#readSome(this.#cursor)
      }
    } catch (error) {
      if (!signal.aborted) this.#options.onFatal(error)
    }
  }

  async #idle(): Promise<void> {
    this.#release()
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#stop.signal.aborted || this.#cursor !== undefined) resolve()
    })
  }

  async #readSome(from: Cursor): Promise<void> {
    const { log } = this.#options
    const { signal } = this.#stop
    const start = this.#withinReach(from)
    const { records, cursor } = await readPastDamage(log, start, {
      recordsMax: READ_RECORDS_MAX,
      signal,
    })
    for (const record of records) await this.#see(record)
    // They may all have been stopped meanwhile.
    if (this.#cursor !== undefined) this.#cursor = cursor
    if (this.#options.clock.monotonic() - this.#committedAt >= COMMIT_MS) await this.#commit()
    this.#release()
  }

  /** Too far behind to catch up: what is new matters more than what was missed. */
  #withinReach(cursor: Cursor): Cursor {
    const end = this.#options.log.end()
    return cursor.map((position) => {
      const last = end.find(({ partition }) => partition === position.partition)
      const isBehind = last !== undefined && last.offset - position.offset > LAG_RECORDS_MAX
      return isBehind ? last : position
    })
  }

  async #see({ kind, payload }: LogRecord): Promise<void> {
    if (kind !== 'event') return
    const event = decodeStoredEvent(payload)
    if (!this.#isWanted(event) || !this.#isAllowed()) return
    try {
      await this.#learner.see(event)
    } catch (error) {
      this.#options.logger.warn('an event could not be learnt from', {
        bus: event.busKey,
        eventId: event.id,
        error: describeError(error),
      })
    }
  }

  #isWanted(event: StoredEvent): boolean {
    const discoverer = this.#discoverers.get(event.busKey)
    if (discoverer === undefined || event.isReplayed) return false
    if (discoverer.crossAccount) return true
    const { account } = parseBusKey(event.busKey)
    return accountOf(event) === account
  }

  #isAllowed(): boolean {
    const now = this.#options.clock.monotonic()
    if (now - this.#allowanceSince >= 1000) {
      this.#allowanceSince = now
      this.#allowance = EVENTS_PER_SECOND_MAX
    }
    this.#allowance -= 1
    return this.#allowance >= 0
  }

  async #commit(): Promise<void> {
    const positions = this.#cursor
    this.#committedAt = this.#options.clock.monotonic()
    if (positions === undefined) return
    const cursor = { reader: READER, epoch: 0, positions, generation: 0 }
    try {
      await this.#options.cursors.commit({ cursor, put: [], remove: [], attempts: [] })
    } catch (error) {
      // It only says where to go on after a restart.
      this.#options.logger.warn('the place of discovery could not be kept', {
        error: describeError(error),
      })
    }
  }

  #release(): void {
    const at = this.#cursor
    const isPassed = (end: Cursor): boolean =>
      at === undefined ||
      end.every(({ partition, offset }) =>
        at.some((position) => position.partition === partition && position.offset >= offset),
      )
    const ready = this.#waiters.filter(({ end }) => isPassed(end))
    this.#waiters = this.#waiters.filter(({ end }) => !isPassed(end))
    for (const { resolve } of ready) resolve()
  }
}

/** The account that an event says it comes from: of a forwarded one, that of its first bus. */
function accountOf({ envelope, detailStart }: StoredEvent): string | undefined {
  const head = Buffer.from(envelope.buffer, envelope.byteOffset, detailStart).toString()
  const value = JSON.parse(`${head}null}`) as { readonly account?: string }
  return value.account
}
