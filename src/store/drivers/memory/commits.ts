// When a commit of the memory store takes effect: at once, or when its latency has passed on the given clock.
// A commit touches the state only then, whole; a kill drops those that have not, and answers nothing more.
//
//   open ──close──► closed (waits for what is under way)
//     └──kill──► killed (pending promises never settle, as those of a dead process)

import { AppError, type Clock, type Timer } from '../../../base/index.ts'

export class MemoryCommits {
  readonly #clock: Clock | undefined
  readonly #latencyMs: number
  readonly #pending = new Map<Timer, Promise<unknown>>()
  #state: 'open' | 'closed' | 'killed' = 'open'

  constructor(clock: Clock | undefined, latencyMs: number) {
    this.#clock = clock
    this.#latencyMs = latencyMs
  }

  /** Runs `apply`, which must change everything or throw before it changes anything. */
  commit<T>(apply: () => T): Promise<T> {
    if (this.#clock === undefined || this.#state !== 'open') return this.read(apply)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const timer = this.#clock.setTimer(this.#latencyMs, () => {
      this.#pending.delete(timer)
      try {
        resolve(apply())
      } catch (error) {
        reject(error)
      }
    })
    this.#pending.set(timer, promise)
    return promise
  }

  /** Answers from what is committed now. */
  read<T>(query: () => T): Promise<T> {
    switch (this.#state) {
      case 'killed':
        return new Promise<never>(() => {})
      case 'closed':
        return Promise.reject(new AppError('STORE_CLOSED', 'the store is closed'))
      case 'open':
        return new Promise((resolve) => {
          resolve(query())
        })
    }
  }

  kill(): void {
    this.#state = 'killed'
    for (const timer of this.#pending.keys()) timer.cancel()
    this.#pending.clear()
  }

  async close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closed'
    await Promise.allSettled(this.#pending.values())
  }
}
