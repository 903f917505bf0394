// The long polls that wait on one queue, first come first served.
//
//   waiting ──wake──▶ woken (receives again; passes the wake on when it found something)
//      ├──deadline──▶ ended
//      └──abort─────▶ ended
//
// Invariant: a waiter leaves the line exactly once, so a wake is never spent on one that has gone.

import type { Clock, Timer } from '../base/index.ts'

export type WaitEnd = 'woken' | 'deadline' | 'aborted'

interface Waiter {
  readonly end: (how: WaitEnd) => void
}

export class Waiters {
  readonly #clock: Clock
  readonly #lengthMax: number
  readonly #line = new Set<Waiter>()
  #timer: Timer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #version = 0

  constructor(clock: Clock, lengthMax: number) {
    this.#clock = clock
    this.#lengthMax = lengthMax
  }

  get length(): number {
    return this.#line.size
  }

  get isFull(): boolean {
    return this.#line.size >= this.#lengthMax
  }

  /** Grows with every wake: who looked before it grew has to look again rather than wait. */
  get version(): number {
    return this.#version
  }

  /** Settles when woken, at the deadline (monotonic milliseconds), or on abort; never rejects. */
  wait(deadline: number, signal: AbortSignal): Promise<WaitEnd> {
    if (signal.aborted) return Promise.resolve('aborted')
    return new Promise((resolve) => {
      const onAbort = (): void => waiter.end('aborted')
      const timer = this.#clock.setTimer(deadline - this.#clock.monotonic(), () =>
        waiter.end('deadline'),
      )
      const waiter: Waiter = {
        end: (how) => {
          if (!this.#line.delete(waiter)) return
          timer.cancel()
          signal.removeEventListener('abort', onAbort)
          this.#disarmIfIdle()
          resolve(how)
        },
      }
      this.#line.add(waiter)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Up to `count` of the longest waiting look again. */
  wake(count: number): void {
    this.#version += 1
    let left = count
    for (const waiter of this.#line) {
      if (left <= 0) return
      left -= 1
      waiter.end('woken')
    }
  }

  /** Wakes one waiter at `at` (wall milliseconds), unless an earlier time is set already. */
  wakeAt(at: number): void {
    if (this.#line.size === 0 || at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = this.#clock.setTimer(at - this.#clock.now(), () => {
      this.#timer = undefined
      this.#timerAt = Number.POSITIVE_INFINITY
      this.wake(1)
    })
  }

  /** Lets everybody go. */
  close(): void {
    for (const waiter of this.#line) waiter.end('aborted')
  }

  #disarmIfIdle(): void {
    if (this.#line.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }
}
