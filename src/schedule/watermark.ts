// How far firing has come, durably: a time up to which everything has fired, and a place in the log after which
// the firings of later times are. The rest a start reads from the log, which is the truth.
//
//   firing durable ─▶ sample (clock, log end) ─▶ 10 s ─▶ nothing due before it is outstanding ─▶ the watermark
//
// Invariant: an occurrence that fires after the watermark's time lies in the log at or after its place, or not at all.
// Invariant: a schedule made before the watermark's time was known to this room when it was written.

import { type Clock, describeError, type Logger, type Timer } from '../base/index.ts'
import type { StoredEvent } from '../event/index.ts'
import type { RowStore } from '../store/index.ts'
import { decodeFiring } from './firing.ts'
import { SAMPLE_AGE_MS, SAMPLE_RECORDS_MIN } from './limits.ts'

/** A place in the log: of each partition the next record. */
export type LogPlace = readonly { readonly partition: number; readonly offset: number }[]

/** What the room needs of the log. */
export interface FiringLog {
  /** Where the next record will lie. */
  end(): LogPlace
  /** The events that are durable now, from a place on, or from the oldest that is kept. */
  events(from: LogPlace | undefined): AsyncIterable<StoredEvent>
}

export interface WatermarkOptions {
  readonly rows: Pick<RowStore, 'get' | 'write'>
  readonly log: FiringLog
  readonly clock: Clock
  readonly logger: Logger
  /** Whether everything due up to a time has been fired. */
  readonly hasFiredUpTo: (timeMs: number) => boolean
}

interface Sample {
  readonly timeMs: number
  readonly place: LogPlace
}

export interface FiredBefore {
  /** Everything due up to here has fired; minus infinity on a first start. */
  readonly timeMs: number
  /** By plan key: the latest occurrence that fired after that. */
  readonly latest: ReadonlyMap<string, number>
}

const ROW = { kind: 'ScheduleWatermark', namespace: 'signalbox', name: 'all' }

export class Watermark {
  readonly #options: WatermarkOptions
  #saved: Sample | undefined
  #sample: Sample | undefined
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: WatermarkOptions) {
    this.#options = options
  }

  /** What has fired before this process began. */
  async load(): Promise<FiredBefore> {
    const { rows, log } = this.#options
    this.#saved = (await rows.get(ROW))?.value as Sample | undefined
    const latest = new Map<string, number>()
    for await (const event of log.events(this.#saved?.place)) {
      const fired = decodeFiring(event)
      if (fired === undefined) continue
      const before = latest.get(fired.key) ?? Number.NEGATIVE_INFINITY
      latest.set(fired.key, Math.max(before, fired.nominalMs))
    }
    return { timeMs: this.#saved?.timeMs ?? Number.NEGATIVE_INFINITY, latest }
  }

  /** Something fired: the watermark has to follow. */
  fired(): void {
    if (this.#sample !== undefined || this.#isClosed) return
    this.#sample = { timeMs: this.#options.clock.now(), place: this.#options.log.end() }
    this.#arm()
  }

  /** The log may have grown by what others wrote: a start should not have to read all of it. */
  tend(): void {
    const saved = this.#saved?.place ?? []
    const grown = this.#options.log.end().reduce((sum, { partition, offset }) => {
      return sum + offset - (saved.find((place) => place.partition === partition)?.offset ?? 0)
    }, 0)
    if (grown >= SAMPLE_RECORDS_MIN) this.fired()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #arm(): void {
    this.#timer = this.#options.clock.setTimer(SAMPLE_AGE_MS, () => void this.#save())
  }

  async #save(): Promise<void> {
    const { rows, logger, hasFiredUpTo } = this.#options
    const sample = this.#sample!
    // A clock that was set back says nothing new.
    const isLater = sample.timeMs > (this.#saved?.timeMs ?? Number.NEGATIVE_INFINITY)
    try {
      if (isLater && !hasFiredUpTo(sample.timeMs)) {
        this.#arm()
        return
      }
      if (isLater) {
        await rows.write([{ ...ROW, value: sample }])
        this.#saved = sample
      }
    } catch (error) {
      // The one before still holds; a start only has more of the log to read.
      logger.warn('how far schedules have fired could not be kept', { error: describeError(error) })
    }
    this.#sample = undefined
  }
}
