// Which items of a stream to let through so that a reader gets about `perSecondMax` of them, whatever comes:
// 1 in N, where N follows the rate of the second before and doubles within a burst.

import type { Clock } from '../../base/index.ts'

const WINDOW_MS = 1000

export class Sampler {
  readonly #clock: Clock
  readonly #perSecondMax: number
  #oneIn = 1
  #windowStart: number
  #seen = 0
  #sent = 0
  #skipped = 0

  constructor(clock: Clock, perSecondMax: number) {
    this.#clock = clock
    this.#perSecondMax = perSecondMax
    this.#windowStart = clock.monotonic()
  }

  /** N of the "1 in N" that holds now. */
  get oneIn(): number {
    this.#roll()
    return this.#oneIn
  }

  /** Whether the next item of the stream goes through. */
  take(): boolean {
    this.#roll()
    this.#seen += 1
    this.#skipped += 1
    if (this.#skipped < this.#oneIn) return false
    this.#skipped = 0
    this.#sent += 1
    if (this.#sent >= this.#perSecondMax) this.slowDown()
    return true
  }

  /** Lets half as many through for the rest of this second: the reader did not keep up. */
  slowDown(): void {
    this.#oneIn *= 2
    this.#sent = 0
  }

  #roll(): void {
    const elapsedMs = this.#clock.monotonic() - this.#windowStart
    if (elapsedMs < WINDOW_MS) return
    const perSecond = (this.#seen * WINDOW_MS) / elapsedMs
    this.#oneIn = Math.max(1, Math.ceil(perSecond / this.#perSecondMax))
    this.#windowStart += elapsedMs
    this.#seen = 0
    this.#sent = 0
  }
}
