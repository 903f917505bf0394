// Evenly paced turns: whoever comes too early waits, and nobody is refused. The turns are kept as one number, the
// time at which the next is due.

import type { Clock } from '../base/index.ts'

export class RateLimiter {
  readonly #clock: Clock
  #nextAt: number = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when it is the caller's turn, with false when the signal aborts before that. */
  turn(perSecondMax: number, signal: AbortSignal): Promise<boolean> {
    const now = this.#clock.monotonic()
    const at = Math.max(now, this.#nextAt)
    this.#nextAt = at + 1000 / perSecondMax
    if (at <= now || signal.aborted) return Promise.resolve(!signal.aborted)
    return new Promise((resolve) => {
      const stop = (): void => {
        timer.cancel()
        resolve(false)
      }
      const timer = this.#clock.setTimer(at - now, () => {
        signal.removeEventListener('abort', stop)
        resolve(true)
      })
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}
