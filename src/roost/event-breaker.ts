// The circuit breaker of the way to Kafka. While it is open nothing is sent and nothing is lost: events wait.
//
//            `failureThreshold` failures in a row
//   closed ───────────────────────────────────────▶ open ──`recoveryTimeout`──▶ half-open
//     ▲                                              ▲                             │
//     │                                              └── one fails, or none has ───┤
//     │                                                  ended in `halfOpenTimeout`│
//     └──────────────── `successThreshold` succeed ────────────────────────────────┘
//
// Half-open lets `maxHalfOpenCalls` through. By hand it can be closed at any time.

import type { Clock } from '../base/index.ts'
import type { BreakerSettings } from './settings.ts'

export type EventBreakerState = 'closed' | 'open' | 'half-open'

export class EventBreaker {
  readonly #clock: Clock
  readonly #settings: BreakerSettings
  readonly #onChange: (state: EventBreakerState) => void
  #state: EventBreakerState = 'closed'
  #failures = 0
  #successes = 0
  /** Of this half-open time: let through, and not ended yet. */
  #calls = 0
  #underWay = 0
  /** Monotonic: when the state began. */
  #since = 0
  /** Calls of an earlier state end without effect. */
  #age = 0

  constructor(
    clock: Clock,
    settings: BreakerSettings,
    onChange: (state: EventBreakerState) => void = () => {},
  ) {
    this.#clock = clock
    this.#settings = settings
    this.#onChange = onChange
  }

  get state(): EventBreakerState {
    return this.#state
  }

  /** Milliseconds until it is worth to ask again; 0 when a call may go now. */
  get waitMs(): number {
    const { recoveryTimeout, halfOpenTimeout, maxHalfOpenCalls } = this.#settings
    const passed = this.#clock.monotonic() - this.#since
    if (this.#state === 'open') return Math.max(0, recoveryTimeout - passed)
    const isFull = this.#state === 'half-open' && this.#calls >= maxHalfOpenCalls
    return isFull ? Math.max(0, halfOpenTimeout - passed) : 0
  }

  /** How a call that may go now says how it ended; undefined when none may. */
  start(): ((isSuccess: boolean) => void) | undefined {
    if (!this.#settings.enabled) return () => {}
    this.#look()
    if (this.#state === 'open') return undefined
    if (this.#state === 'half-open') {
      if (this.#calls >= this.#settings.maxHalfOpenCalls) return undefined
      this.#calls += 1
      this.#underWay += 1
    }
    const age = this.#age
    return (isSuccess) => {
      if (age === this.#age) this.#end(isSuccess)
    }
  }

  /** By hand: closed, whatever was. */
  reset(): void {
    this.#failures = 0
    this.#enter('closed')
  }

  /** What time alone changes. */
  #look(): void {
    const { recoveryTimeout, halfOpenTimeout } = this.#settings
    const passed = this.#clock.monotonic() - this.#since
    if (this.#state === 'open' && passed >= recoveryTimeout) this.#enter('half-open')
    else if (this.#state === 'half-open' && passed >= halfOpenTimeout) {
      // Calls that never end are failures; where none was made there is nothing to judge by.
      if (this.#underWay > 0) this.#enter('open')
      else this.#enter('half-open')
    }
  }

  #end(isSuccess: boolean): void {
    const { failureThreshold, successThreshold } = this.#settings
    if (this.#state === 'closed') {
      this.#failures = isSuccess ? 0 : this.#failures + 1
      if (this.#failures >= failureThreshold) this.#enter('open')
      return
    }
    this.#underWay -= 1
    if (!isSuccess) {
      this.#enter('open')
      return
    }
    this.#successes += 1
    if (this.#successes < successThreshold) return
    this.#failures = 0
    this.#enter('closed')
  }

  #enter(state: EventBreakerState): void {
    const isOther = state !== this.#state
    if (isOther) this.#successes = 0
    this.#state = state
    this.#since = this.#clock.monotonic()
    this.#calls = 0
    this.#underWay = 0
    this.#age += 1
    if (isOther) this.#onChange(state)
  }
}
