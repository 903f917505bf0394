// What other rooms' tests need of base.

import type { Clock, Timer } from './clock.ts'

interface Scheduled {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that stands still until told to advance; timers fire in order of time, then of setting. */
export class FakeClock implements Clock {
  #now: number
  #monotonic = 0
  #order = 0
  readonly #timers = new Set<Scheduled>()

  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const scheduled = {
      at: this.#monotonic + Math.max(0, delayMs),
      order: this.#order,
      callback,
    }
    this.#order += 1
    this.#timers.add(scheduled)
    return { cancel: () => void this.#timers.delete(scheduled) }
  }

  /** Milliseconds until the next timer, or undefined when none is set. */
  get nextTimerInMs(): number | undefined {
    const next = this.#next()
    return next === undefined ? undefined : next.at - this.#monotonic
  }

  /** Moves time on, firing what falls due on the way; promises settle only once the caller awaits. */
  advance(durationMs: number): void {
    const end = this.#monotonic + durationMs
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#timers.delete(next)
      this.#now += next.at - this.#monotonic
      this.#monotonic = next.at
      next.callback()
    }
    this.#now += end - this.#monotonic
    this.#monotonic = end
  }

  /** Moves time on, and lets promises settle before and after each timer on the way. */
  async run(durationMs: number): Promise<void> {
    const end = this.#monotonic + durationMs
    await settle()
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.advance(next.at - this.#monotonic)
      await settle()
    }
    this.advance(end - this.#monotonic)
    await settle()
  }

  /** Sets wall time alone, as an operator or NTP does. */
  stepWall(deltaMs: number): void {
    this.#now += deltaMs
  }

  #next(): Scheduled | undefined {
    let first: Scheduled | undefined
    for (const timer of this.#timers) {
      if (
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order)
      ) {
        first = timer
      }
    }
    return first
  }
}

/** All microtasks, however long their chains, are done when the next immediate runs. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
