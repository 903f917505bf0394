// Follows the store's watch for a keeper, and tells who waits when a write has been seen.
//
// Invariant: `settled` resolves only when every write made before the call has been applied.

import { AppError } from '../base/index.ts'
import type { RowChange, RowStore } from '../store/index.ts'

export interface RowFollowerOptions {
  readonly rows: Pick<RowStore, 'watch' | 'revision'>
  /** One change, of any kind; the next comes when it is applied. */
  readonly apply: (change: RowChange) => void | Promise<void>
  readonly onFatal: (error: unknown) => void
}

interface Waiter {
  readonly revision: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class RowFollower {
  readonly #options: RowFollowerOptions
  readonly #stop = new AbortController()
  #seen = 0
  #waiters: Waiter[] = []
  #loop: Promise<void> = Promise.resolve()

  constructor(options: RowFollowerOptions) {
    this.#options = options
  }

  /** Goes on from the revision of what was listed. */
  start(revision: number): void {
    this.#seen = revision
    this.#loop = this.#follow()
  }

  settled(): Promise<void> {
    const revision = this.#options.rows.revision()
    if (this.#seen >= revision) return Promise.resolve()
    if (this.#stop.signal.aborted) return Promise.reject(stopped())
    return new Promise((resolve, reject) => {
      this.#waiters.push({ revision, resolve, reject })
    })
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    for (const waiter of this.#waiters.splice(0)) waiter.reject(stopped())
  }

  async #follow(): Promise<void> {
    const { rows, apply, onFatal } = this.#options
    const { signal } = this.#stop
    try {
      // All kinds, because a revision that changed none of the keeper's counts as seen too.
      for await (const change of rows.watch({ after: this.#seen, signal })) {
        const applied = apply(change)
        if (applied !== undefined) await applied
        this.#seen = Math.max(this.#seen, change.row.revision)
        this.#release()
      }
    } catch (error) {
      if (!signal.aborted) onFatal(error)
    }
  }

  #release(): void {
    const ready = this.#waiters.filter((waiter) => waiter.revision <= this.#seen)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#seen)
    for (const waiter of ready) waiter.resolve()
  }
}

function stopped(): AppError {
  return new AppError('OVERLOADED', 'the server is stopping')
}
