// When to send how many: as fast as it goes, or evenly at a rate.

import { type Clock, wait } from '../base/index.ts'

export interface PaceOptions {
  readonly count: number
  /** A second; undefined is without a pause. */
  readonly rate: number | undefined
  readonly batchMax: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Sizes of batches that sum up to `count`, each at its time; ends early with the signal. */
export async function* pace(options: PaceOptions): AsyncGenerator<number> {
  const { count, rate, batchMax, clock, signal } = options
  const start = clock.monotonic()
  let done = 0
  while (done < count && !signal.aborted) {
    const elapsedMs = clock.monotonic() - start
    // The first is due at once, each next one an even step later.
    const due = rate === undefined ? count : Math.floor((elapsedMs * rate) / 1000) + 1
    const size = Math.min(due - done, count - done, batchMax)
    if (size > 0) {
      done += size
      yield size
    } else {
      await wait(clock, start + (done * 1000) / rate! - clock.monotonic(), signal)
    }
  }
}
