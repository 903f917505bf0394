// One reader of the log that goes on for as long as there is something to read for, keeps its place, and passes over
// what is damaged.
//
//   idle ──follow(cursor)──► reading ──pause()──► idle          (either way: ──close()──► closed)

import type { Clock } from '../base/index.ts'
import type { Cursor, Log, LogRecord } from './log.ts'
import { readPastDamage } from './read-past-damage.ts'

export interface LogFollowerOptions {
  readonly log: Pick<Log, 'read'>
  readonly clock: Clock
  /** Records of one read. */
  readonly recordsMax: number
  /** Deals with them; nothing more is read until it resolves, and a rejection is fatal. */
  readonly see: (records: readonly LogRecord[], signal: AbortSignal) => Promise<void> | void
  /** Where to read instead of this. */
  readonly skip?: (cursor: Cursor) => Cursor
  /** Its place survives the process: written so often while it reads (milliseconds), and at the end. Never rejects. */
  readonly keep?: { readonly everyMs: number; readonly write: (cursor: Cursor) => Promise<void> }
  readonly onFatal: (error: unknown) => void
}

export class LogFollower {
  readonly #options: LogFollowerOptions
  /** Ends what is being read. */
  #reading = new AbortController()
  #isClosed = false
  /** Where to read on; undefined while there is nothing to read for. */
  #cursor: Cursor | undefined
  #keptAt = 0
  #wake: () => void = () => {}
  #waiters: { readonly end: Cursor; readonly resolve: () => void }[] = []
  readonly #loop: Promise<void>

  constructor(options: LogFollowerOptions) {
    this.#options = options
    this.#loop = this.#run()
  }

  /** Where it reads on; what is before has been dealt with. Undefined while it is idle. */
  get cursor(): Cursor | undefined {
    return this.#cursor
  }

  /** Goes on where it is, or begins here if it is idle. */
  follow(from: Cursor): void {
    if (this.#cursor !== undefined) return
    this.#cursor = from
    this.#wake()
  }

  /** What it is dealing with may be left in the middle. */
  pause(): void {
    this.#cursor = undefined
    this.#reading.abort()
    this.#reading = new AbortController()
  }

  /** Resolves once all before `end` was dealt with or passed over, or there is nothing to read for. */
  reached(end: Cursor): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ end, resolve })
      this.#release()
    })
  }

  /** What it is dealing with may be left in the middle, and is then read again by the next process. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#reading.abort()
    this.#wake()
    await this.#loop
    await this.#keep()
    for (const { resolve } of this.#waiters.splice(0)) resolve()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isClosed) {
        if (this.#cursor === undefined) await this.#idle()
        else await this.#readSome(this.#cursor)
        this.#release()
      }
    } catch (error) {
      if (!this.#isClosed) this.#options.onFatal(error)
    }
  }

  async #idle(): Promise<void> {
    this.#release()
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#isClosed || this.#cursor !== undefined) resolve()
    })
  }

  async #readSome(from: Cursor): Promise<void> {
    const { log, clock, recordsMax, see, skip, keep } = this.#options
    const { signal } = this.#reading
    const start = skip === undefined ? from : skip(from)
    const { records, cursor } = await readPastDamage(log, start, { recordsMax, signal })
    await see(records, signal)
    // One that is stopped in the middle has not dealt with all.
    if (signal.aborted) return
    this.#cursor = cursor
    if (keep !== undefined && clock.monotonic() - this.#keptAt >= keep.everyMs) await this.#keep()
  }

  async #keep(): Promise<void> {
    this.#keptAt = this.#options.clock.monotonic()
    if (this.#cursor !== undefined) await this.#options.keep?.write(this.#cursor)
  }

  #release(): void {
    const at = this.#cursor
    const isPassed = (end: Cursor): boolean => at === undefined || isBehind(end, at)
    const ready = this.#waiters.filter(({ end }) => isPassed(end))
    this.#waiters = this.#waiters.filter(({ end }) => !isPassed(end))
    for (const { resolve } of ready) resolve()
  }
}

/** Whether all that is before `end` is before `cursor` too. */
export function isBehind(end: Cursor, cursor: Cursor): boolean {
  return end.every(({ partition, offset }) =>
    cursor.some((position) => position.partition === partition && position.offset >= offset),
  )
}
