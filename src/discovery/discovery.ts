// The discoverers at work: one reader of the log, with a cursor of its own, that shows the events of buses with a
// started discoverer to the learner. It reads nothing while there is none, and what it cannot keep up with it
// passes over: learning may miss an event, publishing never waits for it.

import { type Clock, describeError } from '../base/index.ts'
import { decodeStoredEvent, parseBusKey, type StoredEvent } from '../event/index.ts'
import { type Cursor, type Log, LogFollower, type LogRecord } from '../log/index.ts'
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
  readonly #follower: LogFollower
  #discoverers: Discoverers = new Map()
  /** Where the process before this one stopped; for those that were started then. */
  #kept: Cursor | undefined
  /** Events that may be looked at in this second. */
  #allowance = EVENTS_PER_SECOND_MAX
  #allowanceSince = 0

  constructor(options: DiscoveryOptions, cursor: Cursor | undefined) {
    const { log, clock, onFatal } = options
    this.#options = options
    this.#learner = new Learner(options)
    this.#kept = cursor
    this.#follower = new LogFollower({
      log,
      clock,
      recordsMax: READ_RECORDS_MAX,
      skip: (from) => this.#withinReach(from),
      see: async (records) => {
        for (const record of records) await this.#see(record)
      },
      keep: { everyMs: COMMIT_MS, write: (at) => this.#commit(at) },
      onFatal,
    })
  }

  setDiscoverers(discoverers: Discoverers): void {
    // What was published before a discoverer was there is not for it.
    const from = this.#kept ?? this.#options.log.end()
    this.#kept = undefined
    this.#discoverers = discoverers
    this.#learner.forget()
    if (discoverers.size === 0) this.#follower.pause()
    else this.#follower.follow(from)
  }

  caughtUp(): Promise<void> {
    return this.#follower.reached(this.#options.log.end())
  }

  close(): Promise<void> {
    return this.#follower.close()
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

  async #commit(positions: Cursor): Promise<void> {
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
}

/** The account that an event says it comes from: of a forwarded one, that of its first bus. */
function accountOf({ envelope, detailStart }: StoredEvent): string | undefined {
  const head = Buffer.from(envelope.buffer, envelope.byteOffset, detailStart).toString()
  const value = JSON.parse(`${head}null}`) as { readonly account?: string }
  return value.account
}
