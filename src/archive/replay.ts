// One replay, from its first event to its last: reads the archive block by block, hands the events to ingress
// in the order in which they were archived, and keeps how far it came.
//
//   STARTING ─▶ RUNNING ─▶ COMPLETED
//       └──────────┴─▶ CANCELLING ─▶ CANCELLED          either may end FAILED, with a reason
//
// Invariant: no event is left out, and none is brought twice, also when the process is killed: the kept progress
// says from where in the log on to look for events of this replay that went out after it was kept.

import { AppError, type Clock, describeError, isAppError, wait } from '../base/index.ts'
import { decodeStoredEvent, type Directed } from '../event/index.ts'
import type { IncomingEvent, Ingress } from '../ingress/index.ts'
import { type Log, readPastDamage } from '../log/index.ts'
import type { Archives } from './archives.ts'
import {
  PROGRESS_MS,
  READ_RECORDS_MAX,
  REFUSED_RETRY_MS,
  REPLAY_READ_SIZE_BYTES,
} from './limits.ts'
import type { Pace } from './pace.ts'
import type { ArchivedEvents } from './shelf.ts'

export type ReplayState =
  | 'STARTING'
  | 'RUNNING'
  | 'CANCELLING'
  | 'COMPLETED'
  | 'CANCELLED'
  | 'FAILED'

/** What is to be replayed, and to whom. */
export interface ReplayPlan {
  readonly uid: string
  readonly name: string
  /** The archive's uid. */
  readonly archive: string
  /** Event times, whole seconds since the epoch, both included. */
  readonly earliest: number
  readonly latest: number
  /** The bus that gets the events. */
  readonly busKey: string
  /** The only rules that get them, as they are now; absent = all of the bus. */
  readonly rules?: () => readonly string[]
  /** Events a second at most; absent = as fast as they are taken. */
  readonly ratePerSecond?: number
  /** Wall milliseconds before which events were archived that are no longer there. */
  readonly writtenAfter: number
}

export interface ReplayProgress {
  readonly state: ReplayState
  readonly reason?: string
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
  /** Events handed on. */
  readonly events: number
  /** When the last of them happened, whole seconds since the epoch. */
  readonly lastEventTime?: number
  /** The archive's block that it began with, the one that comes next, and the one it ends before. */
  readonly first: number
  readonly block: number
  readonly until?: number
  /** Where the log ended when this was kept; what this replay appended behind it is not counted here. */
  readonly logOffset: number
}

export interface ReplayOptions {
  readonly log: Pick<Log, 'read' | 'end'>
  readonly ingress: Pick<Ingress, 'accept'>
  readonly archives: Pick<Archives, 'settled' | 'stats' | 'read'>
  readonly pace: Pace
  readonly clock: Clock
  /** Is told how many events went out. */
  readonly onSent: (events: number) => void
  /** Keeps the progress; resolves once that is durable. */
  readonly save: (progress: ReplayProgress) => Promise<void>
}

export class Replay {
  readonly plan: ReplayPlan
  readonly #options: ReplayOptions
  readonly #stop = new AbortController()
  #progress: ReplayProgress
  #savedAt = 0
  #saving: Promise<void> = Promise.resolve()
  #isSaving = false
  /** Why progress could not be kept. */
  #failure: unknown

  constructor(plan: ReplayPlan, progress: ReplayProgress, options: ReplayOptions) {
    this.plan = plan
    this.#progress = progress
    this.#options = options
  }

  get progress(): ReplayProgress {
    return this.#progress
  }

  /** Ends it as cancelled. */
  cancel(): void {
    this.#progress = { ...this.#progress, state: 'CANCELLING' }
    this.#stop.abort()
  }

  /** Leaves it as it is, for the next process. */
  suspend(): void {
    this.#stop.abort()
  }

  /** Resolves when it has ended, or was suspended. Rejects only for what must end the process. */
  async run(): Promise<void> {
    try {
      if (this.#progress.until === undefined) await this.#begin()
      await this.#replay(await this.#alreadySent())
    } catch (error) {
      if (!isAppError(error) || error.class === 'storage') throw error
      if (!this.#stop.signal.aborted)
        this.#advance({ state: 'FAILED', reason: describeError(error) })
    }
    await this.#saving
    await this.#end()
    if (this.#failure !== undefined) throw this.#failure
  }

  async #begin(): Promise<void> {
    const { archives, log } = this.#options
    await archives.settled()
    const { start, end } = await archives.stats(this.plan.archive)
    const logOffset = log.end()[0]?.offset ?? 0
    this.#advance({ state: 'RUNNING', first: start, block: start, until: end, logOffset })
    await this.#save()
  }

  /** How many events went out that the kept progress does not know of. */
  async #alreadySent(): Promise<number> {
    const { log } = this.#options
    const [end] = log.end()
    if (end === undefined) return 0
    let cursor = [{ ...end, offset: this.#progress.logOffset }]
    let next = this.#progress.events
    const reading = { recordsMax: READ_RECORDS_MAX, signal: this.#stop.signal }
    while (cursor[0]!.offset < end.offset && !this.#stop.signal.aborted) {
      const { records, cursor: behind } = await readPastDamage(log, cursor, reading)
      cursor = [...behind]
      for (const { kind, payload } of records) {
        if (kind !== 'event') continue
        const event = decodeStoredEvent(payload)
        if (!event.isReplayed || event.busKey !== this.plan.busKey) continue
        const mark = event.meta().replay
        if (mark?.name === this.plan.name) next = Math.max(next, mark.nth + 1)
      }
    }
    return next - this.#progress.events
  }

  async #replay(alreadySent: number): Promise<void> {
    const { signal } = this.#stop
    let skip = alreadySent
    let reading = this.#read(this.#progress.block, this.#progress.events)
    let nth = this.#progress.events
    while (!signal.aborted) {
      const events = await reading
      const count = events.ends.length
      nth += count
      const isLast = events.next >= this.#progress.until!
      // The next block is decompressed while this one goes out.
      if (!isLast) reading = this.#read(events.next, nth)
      const isSent = await this.#send(events, Math.min(skip, count))
      if (!isSent) {
        await reading
        return
      }
      skip -= Math.min(skip, count)
      const logOffset = this.#options.log.end()[0]?.offset ?? 0
      const { lastTime } = events
      this.#advance({
        block: events.next,
        events: nth,
        logOffset,
        ...(lastTime === undefined ? {} : { lastEventTime: lastTime }),
      })
      if (isLast) {
        this.#advance({ state: 'COMPLETED' })
        return
      }
      this.#saveWhenDue()
    }
  }

  #read(from: number, nth: number): Promise<ArchivedEvents> {
    const { plan } = this
    const rules = plan.rules?.()
    const directed: Directed | undefined =
      rules === undefined ? undefined : { rules, matched: false }
    return this.#options.archives.read(plan.archive, {
      from,
      until: this.#progress.until!,
      earliest: plan.earliest,
      latest: plan.latest,
      writtenAfter: plan.writtenAfter,
      skip: 0,
      eventsMax: Infinity,
      sizeBytesMin: REPLAY_READ_SIZE_BYTES,
      replay: {
        name: plan.name,
        nth,
        target: { busKey: plan.busKey, ...(directed === undefined ? {} : { directed }) },
      },
    })
  }

  /** Hands the events on, but for the first few; false when it was stopped on the way. */
  async #send(events: ArchivedEvents, skip: number): Promise<boolean> {
    const { pace } = this.#options
    const { signal } = this.#stop
    for (let from = skip; from < events.ends.length;) {
      const to = from + (await pace.room(events.ends.length - from, signal))
      if (signal.aborted) return false
      await this.#accept(this.#unpack(events, from, to))
      this.#options.onSent(to - from)
      from = to
    }
    return true
  }

  /** Tries again while there is no room; what was refused was not kept. */
  async #accept(batch: readonly IncomingEvent[]): Promise<void> {
    const { ingress, clock, pace } = this.#options
    for (;;) {
      try {
        await ingress.accept('internal', batch, pace.patience)
        return
      } catch (error) {
        if (!isAppError(error, 'LOG_FULL') && !isAppError(error, 'OVERLOADED')) throw error
        if (this.#stop.signal.aborted) throw new AppError('OVERLOADED', 'stopped', { cause: error })
        await wait(clock, REFUSED_RETRY_MS, this.#stop.signal)
      }
    }
  }

  #unpack({ bytes, ends }: ArchivedEvents, from: number, to: number): readonly IncomingEvent[] {
    const { busKey } = this.plan
    return Array.from({ length: to - from }, (_, index) => {
      const start = from + index === 0 ? 0 : ends[from + index - 1]!
      const record = bytes.subarray(start, ends[from + index])
      return { id: decodeStoredEvent(record).id, busKey, record }
    })
  }

  #advance(change: Partial<ReplayProgress>): void {
    // A cancelled one stays so, whatever was under way meanwhile says.
    const { state } =
      this.#progress.state === 'CANCELLING' ? this.#progress : { state: change.state }
    this.#progress = {
      ...this.#progress,
      ...change,
      ...(state === undefined ? {} : { state }),
    }
  }

  async #end(): Promise<void> {
    const { state } = this.#progress
    if (state === 'STARTING' || state === 'RUNNING') {
      await this.#save()
      return
    }
    const endedAt = this.#options.clock.now()
    this.#progress = {
      ...this.#progress,
      endedAt,
      state: state === 'CANCELLING' ? 'CANCELLED' : state,
    }
    await this.#save()
  }

  #saveWhenDue(): void {
    const now = this.#options.clock.monotonic()
    if (this.#isSaving || now - this.#savedAt < PROGRESS_MS) return
    this.#isSaving = true
    this.#saving = this.#save().finally(() => {
      this.#isSaving = false
    })
  }

  /** A full disk keeps no progress; what the log holds then tells the next process how far this came. */
  async #save(): Promise<void> {
    this.#savedAt = this.#options.clock.monotonic()
    try {
      await this.#options.save(this.#progress)
    } catch (error) {
      if (!isAppError(error, 'STORE_FULL')) this.#failure ??= error
    }
  }
}
