// Reads the log for triggers, with a cursor of its own: every event is dealt with at least once, also after a crash,
// because the cursor moves when what an event asked for is stored. While there is no trigger nothing is read.

import { type Clock, describeError, type Logger, wait } from '../base/index.ts'
import { decodeStoredEvent } from '../event/index.ts'
import { type Cursor, type Log, LogFollower, type LogRecord } from '../log/index.ts'
import type { DeliveryStore } from '../store/index.ts'
import type { Circumstances, EventTriage } from './event-triage.ts'
import { COMMIT_MS, READ_RECORDS_MAX, RETRY_MS } from './limits.ts'
import { receivedEvent } from './received-event.ts'

export interface EventFollowerOptions {
  readonly log: Pick<Log, 'read' | 'end' | 'cursorAt'>
  readonly cursors: Pick<DeliveryStore, 'commit' | 'cursor'>
  readonly triage: EventTriage
  /** The subjects that are subscribed to. */
  readonly subscriptions: () => readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
}

/** The reader of the log whose cursor this is. */
export const TRIGGERS_READER = 'triggers'

export class EventFollower {
  readonly #options: EventFollowerOptions
  readonly #follower: LogFollower
  #committed: Cursor | undefined

  constructor(options: EventFollowerOptions) {
    const { log, clock, onFatal } = options
    this.#options = options
    this.#follower = new LogFollower({
      log,
      clock,
      recordsMax: READ_RECORDS_MAX,
      see: async (records, signal) => {
        if (records.some(({ kind }) => kind === 'event')) await this.#see(records, signal)
      },
      keep: { everyMs: COMMIT_MS, write: (at) => this.#commit(at) },
      onFatal,
    })
  }

  /** `since` is when the first of the triggers was made, wall milliseconds; undefined when there is none. */
  async start(since: number | undefined): Promise<void> {
    const stored = await this.#options.cursors.cursor(TRIGGERS_READER)
    if (since !== undefined) this.#follow(await this.#from(since, stored?.positions))
  }

  /** A trigger is there, made at `since`, or none is any more. */
  async setWanted(since: number | undefined): Promise<void> {
    if (since === undefined) {
      this.#follower.pause()
      this.#committed = undefined
    } else if (this.#follower.cursor === undefined) {
      this.#follow(await this.#from(since, undefined))
    }
  }

  /** Before this the log may let go; undefined while nothing is read. */
  committedCursor(): Cursor | undefined {
    return this.#committed
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  #follow(from: Cursor): void {
    this.#committed ??= from
    this.#follower.follow(from)
  }

  /** Not before the triggers were, and not before what was dealt with. */
  async #from(since: number, stored: Cursor | undefined): Promise<Cursor> {
    const made = await this.#options.log.cursorAt(since)
    return made.map((position) => {
      const known = stored?.find(({ partition }) => partition === position.partition)
      return known !== undefined && known.offset > position.offset ? known : position
    })
  }

  /** Again and again until all is stored. */
  async #see(records: readonly LogRecord[], signal: AbortSignal): Promise<void> {
    const { triage, clock, logger } = this.#options
    let next = 0
    while (next < records.length && !signal.aborted) {
      try {
        const circumstances = await triage.look()
        for (; next < records.length && !signal.aborted; next += 1) {
          await this.#seeOne(records[next]!, circumstances)
        }
      } catch (error) {
        if (signal.aborted) return
        logger.warn('an event is looked at again', {
          error: describeError(error),
          againMs: RETRY_MS,
        })
        await wait(clock, RETRY_MS, signal)
      }
    }
  }

  async #seeOne({ kind, payload }: LogRecord, circumstances: Circumstances): Promise<void> {
    if (kind !== 'event') return
    const stored = decodeStoredEvent(payload)
    // It is for certain rules alone.
    if (stored.isDirected) return
    const event = receivedEvent(stored, this.#options.subscriptions())
    if (event !== undefined) await this.#options.triage.see(event, circumstances)
  }

  async #commit(positions: Cursor): Promise<void> {
    const cursor = { reader: TRIGGERS_READER, epoch: 0, positions, generation: 0 }
    try {
      await this.#options.cursors.commit({ cursor, put: [], remove: [], attempts: [] })
      if (this.#follower.cursor !== undefined) this.#committed = positions
    } catch (error) {
      // What follows it is dealt with once more after a restart, which changes nothing.
      this.#options.logger.warn('the place of triggers could not be kept', {
        error: describeError(error),
      })
    }
  }
}
