// How long the batch that is being gathered may wait: as long as nothing in it is in a hurry, for the next record that
// is, or for a while. A flush is what appends cost most, so whoever can wait rides along with others.

import type { Clock, Timer } from '../../../base/index.ts'

export class Patience {
  readonly #clock: Clock
  readonly #onEnd: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock
    this.#onEnd = onEnd
  }

  /** Everything gathered so far may wait. */
  get isOn(): boolean {
    return this.#timer !== undefined
  }

  /** The first to wait says how long. */
  wait(mayWaitMs: number): void {
    this.#timer ??= this.#clock.setTimer(mayWaitMs, () => {
      this.end()
      this.#onEnd()
    })
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
