// Time behind a seam. Rooms take a Clock; nothing else in src reads Date or sets timers, so that a
// simulator can drive all of it. `now` is wall time (may step), `monotonic` never goes back.

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the Unix epoch; may step when the machine's clock is set. */
  now(): number
  /** Milliseconds from an arbitrary start; for durations, timeouts and windows. */
  monotonic(): number
  /** Calls back once after `delayMs` (clamped to what a Node timer can hold); never keeps the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer
}

// A longer delay makes setTimeout fire at once.
const TIMER_DELAY_MS_MAX = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), TIMER_DELAY_MS_MAX))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
