// One circuit breaker per target. While it is open nothing is sent and nothing is lost: deliveries wait in
// their rows, their age goes on, and a skipped attempt is no attempt.
//
//             5 failures in a row, or >= 10 attempts and >= 70 % failed in 30 s
//   closed ───────────────────────────────────────────────────────────────────▶ open (30 s, doubling to 10 min)
//     ▲                                                                          │  time is up
//     └──────────── the probe succeeds ──────────── half-open ◀──────────────────┘
//                                                       └── the probe fails ──▶ open again, twice as long

import type { Clock } from '../base/index.ts'

export interface BreakerOptions {
  readonly consecutiveMax: number
  readonly windowMs: number
  readonly attemptsMin: number
  readonly failureRatio: number
  readonly openMsMin: number
  readonly openMsMax: number
}

export const BREAKER_DEFAULTS: BreakerOptions = {
  consecutiveMax: 5,
  windowMs: 30_000,
  attemptsMin: 10,
  failureRatio: 0.7,
  openMsMin: 30_000,
  openMsMax: 600_000,
}

export type BreakerState = 'closed' | 'open' | 'half-open'

/** What outlives a restart; `openUntil` is wall time. */
export interface BreakerSnapshot {
  readonly openUntil: number
  readonly openMs: number
}

export class Breaker {
  readonly #clock: Clock
  readonly #options: BreakerOptions
  #state: BreakerState = 'closed'
  #consecutive = 0
  #openMs = 0
  /** Monotonic. */
  #openUntil = 0
  #isProbing = false
  /** Monotonic start of the counting window. */
  #windowStart = 0
  #attempts = 0
  #failures = 0

  constructor(
    clock: Clock,
    options: BreakerOptions = BREAKER_DEFAULTS,
    snapshot?: BreakerSnapshot,
  ) {
    this.#clock = clock
    this.#options = options
    if (snapshot === undefined) return
    const leftMs = Math.min(Math.max(0, snapshot.openUntil - clock.now()), snapshot.openMs)
    this.#state = 'open'
    this.#openMs = snapshot.openMs
    this.#openUntil = clock.monotonic() + leftMs
  }

  get state(): BreakerState {
    if (this.#state === 'open' && this.#clock.monotonic() >= this.#openUntil) return 'half-open'
    return this.#state
  }

  /** How many attempts may start now: all, one probe, or none. */
  get allowance(): number {
    const { state } = this
    if (state === 'closed') return Number.POSITIVE_INFINITY
    return state === 'half-open' && !this.#isProbing ? 1 : 0
  }

  /** Milliseconds until a probe may go; 0 when one may go now. */
  get waitMs(): number {
    if (this.#state === 'closed') return 0
    return Math.max(0, this.#openUntil - this.#clock.monotonic())
  }

  /** Undefined while closed. */
  get snapshot(): BreakerSnapshot | undefined {
    if (this.#state === 'closed') return undefined
    return { openUntil: this.#clock.now() + this.waitMs, openMs: this.#openMs }
  }

  /** Call before each attempt that `allowance` permitted. */
  start(): void {
    if (this.#state === 'closed') return
    this.#state = 'half-open'
    this.#isProbing = true
  }

  /** Call once per attempt started, with when it ended; answers the new state when it changed. */
  end(isSuccess: boolean, endedAt: number = this.#clock.monotonic()): BreakerState | undefined {
    if (this.#state === 'half-open') {
      this.#isProbing = false
      return isSuccess ? this.#close() : this.#open()
    }
    // The end of an attempt that started before the breaker opened tells nothing new.
    if (this.#state === 'open') return undefined
    this.#count(isSuccess, endedAt)
    return this.#isTripped() ? this.#open() : undefined
  }

  #count(isSuccess: boolean, endedAt: number): void {
    if (endedAt - this.#windowStart > this.#options.windowMs) {
      this.#windowStart = endedAt
      this.#attempts = 0
      this.#failures = 0
    }
    this.#attempts += 1
    if (isSuccess) this.#consecutive = 0
    else {
      this.#failures += 1
      this.#consecutive += 1
    }
  }

  #isTripped(): boolean {
    if (this.#consecutive >= this.#options.consecutiveMax) return true
    return (
      this.#attempts >= this.#options.attemptsMin &&
      this.#failures >= this.#attempts * this.#options.failureRatio
    )
  }

  #open(): BreakerState {
    const { openMsMin, openMsMax } = this.#options
    this.#openMs = Math.min(openMsMax, this.#openMs === 0 ? openMsMin : this.#openMs * 2)
    this.#openUntil = this.#clock.monotonic() + this.#openMs
    this.#state = 'open'
    return 'open'
  }

  #close(): BreakerState {
    this.#state = 'closed'
    this.#openMs = 0
    this.#consecutive = 0
    this.#attempts = 0
    this.#failures = 0
    return 'closed'
  }
}
