// Reads the log for triggers, with a cursor of its own: every event is dealt with at least once, also after a crash,
// because the cursor moves when what an event asked for is stored. While there is no trigger nothing is read.
//
//   idle ──a trigger is there──► reading ──none is left──► idle          (either way: ──close──► closed)

import { type Clock, describeError, type Logger, wait } from '../base/index.ts'
import { decodeStoredEvent } from '../event/index.ts'
import { type Cursor, type Log, type LogRecord, readPastDamage } from '../log/index.ts'
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

const READER = 'triggers'

export class EventFollower {
  readonly #options: EventFollowerOptions
  readonly #stop = new AbortController()
  /** Where to read on; undefined while there is nothing to read for. */
  #cursor: Cursor | undefined
  #committed: Cursor | undefined
  #committedAt = 0
  #wake: () => void = () => {}
  #loop: Promise<void> = Promise.resolve()

  constructor(options: EventFollowerOptions) {
    this.#options = options
  }

  /** `since` is when the first of the triggers was made, wall milliseconds; undefined when there is none. */
  async start(since: number | undefined): Promise<void> {
    const stored = await this.#options.cursors.cursor(READER)
    if (since !== undefined) this.#cursor = await this.#from(since, stored?.positions)
    this.#committed = this.#cursor
    this.#loop = this.#run()
  }

  /** A trigger is there, made at `since`, or none is any more. */
  async setWanted(since: number | undefined): Promise<void> {
    if (since === undefined) {
      this.#cursor = undefined
      this.#committed = undefined
    } else if (this.#cursor === undefined) {
      const cursor = await this.#from(since, undefined)
      this.#cursor ??= cursor
      this.#committed ??= cursor
      this.#wake()
    }
  }

  /** Before this the log may let go; undefined while nothing is read. */
  committedCursor(): Cursor | undefined {
    return this.#committed
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
    await this.#commit()
  }

  /** Not before the triggers were, and not before what was dealt with. */
  async #from(since: number, stored: Cursor | undefined): Promise<Cursor> {
    const made = await this.#options.log.cursorAt(since)
    return made.map((position) => {
      const known = stored?.find(({ partition }) => partition === position.partition)
      return known !== undefined && known.offset > position.offset ? known : position
    })
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
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#stop.signal.aborted || this.#cursor !== undefined) resolve()
    })
  }

  async #readSome(from: Cursor): Promise<void> {
    const { signal } = this.#stop
    const reading = { recordsMax: READ_RECORDS_MAX, signal }
    const { records, cursor } = await readPastDamage(this.#options.log, from, reading)
    if (records.some(({ kind }) => kind === 'event')) await this.#see(records)
    if (signal.aborted) return
    // The last trigger may have gone meanwhile.
    if (this.#cursor !== undefined) this.#cursor = cursor
    if (this.#options.clock.monotonic() - this.#committedAt >= COMMIT_MS) await this.#commit()
  }

  /** Again and again until all is stored. */
  async #see(records: readonly LogRecord[]): Promise<void> {
    const { triage, clock, logger } = this.#options
    const { signal } = this.#stop
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

  async #commit(): Promise<void> {
    const positions = this.#cursor
    this.#committedAt = this.#options.clock.monotonic()
    if (positions === undefined) return
    const cursor = { reader: READER, epoch: 0, positions, generation: 0 }
    try {
      await this.#options.cursors.commit({ cursor, put: [], remove: [], attempts: [] })
      this.#committed = positions
    } catch (error) {
      // What follows it is dealt with once more after a restart, which changes nothing.
      this.#options.logger.warn('the place of triggers could not be kept', {
        error: describeError(error),
      })
    }
  }
}
