// How often an address showed something that was not good: whoever guesses is told to stop. What is good is let in all
// the same, so that nobody behind the same address can be kept out.

import type { Clock } from '../base/index.ts'
import { GUESS_WINDOW_MS, GUESSES_MAX, GUESSING_ADDRESSES_MAX } from './limits.ts'

interface Window {
  readonly from: number
  count: number
}

export class Guesses {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** Those that began last come last. */
  readonly #windows = new Map<string, Window>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Counts one; answers whether it is one too many for this minute. */
  failed(address: string): boolean {
    const now = this.#clock.monotonic()
    const known = this.#windows.get(address)
    const window = known !== undefined && now - known.from < GUESS_WINDOW_MS ? known : undefined
    if (window !== undefined) {
      window.count += 1
      return window.count > GUESSES_MAX
    }
    this.#windows.delete(address)
    const [oldest] = this.#windows.keys()
    if (this.#windows.size >= GUESSING_ADDRESSES_MAX && oldest !== undefined)
      this.#windows.delete(oldest)
    this.#windows.set(address, { from: now, count: 1 })
    return false
  }
}
