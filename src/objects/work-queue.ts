// Keys that wait to be looked at: each at most once, never by two at a time, later when it failed, and the later the
// more often it failed in a row.
//
//   idle ──add──► waiting ──take──► worked on ──done──► idle
//                                        └──add──► worked on, and waiting again when done

import type { Clock, Timer } from '../base/index.ts'
import { RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN } from './limits.ts'

export class WorkQueue {
  readonly #clock: Clock
  readonly #waiting = new Set<string>()
  readonly #working = new Set<string>()
  readonly #again = new Set<string>()
  readonly #timers = new Map<string, { readonly timer: Timer; readonly at: number }>()
  readonly #failures = new Map<string, number>()
  readonly #wakers = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Nothing waits, is worked on, or is to be looked at later. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0
  }

  add(key: string): void {
    this.#cancel(key)
    if (this.#working.has(key)) this.#again.add(key)
    else this.#waiting.add(key)
    for (const wake of this.#wakers) wake()
  }

  /** The earlier of two times counts. */
  addAfter(key: string, delayMs: number): void {
    const at = this.#clock.monotonic() + delayMs
    const known = this.#timers.get(key)
    if (known !== undefined && known.at <= at) return
    this.#cancel(key)
    const timer = this.#clock.setTimer(delayMs, () => this.add(key))
    this.#timers.set(key, { timer, at })
  }

  /** The next key; undefined when the signal aborts first. */
  async take(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const [key] = this.#waiting
      if (key !== undefined) {
        this.#waiting.delete(key)
        this.#working.add(key)
        return key
      }
      await this.#change(signal)
    }
    return undefined
  }

  /** The work on a key ended well: what failed before is forgotten. */
  done(key: string): void {
    this.#failures.delete(key)
    this.#end(key)
  }

  /** The work on a key failed; answers in how many milliseconds it is looked at again. */
  failed(key: string): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const delayMs = Math.min(RETRY_DELAY_MS_MIN * 2 ** failures, RETRY_DELAY_MS_MAX)
    this.#end(key)
    if (!this.#waiting.has(key)) this.addAfter(key, delayMs)
    return delayMs
  }

  close(): void {
    for (const { timer } of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#waiting.clear()
  }

  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = (): void => resolve()
    this.#wakers.add(stop)
    signal.addEventListener('abort', stop, { once: true })
    await promise
    this.#wakers.delete(stop)
    signal.removeEventListener('abort', stop)
  }

  #end(key: string): void {
    this.#working.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  #cancel(key: string): void {
    this.#timers.get(key)?.timer.cancel()
    this.#timers.delete(key)
  }
}
