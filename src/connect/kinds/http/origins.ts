// The origins that are called just now, so that all who call one share its connections.

import type { Guard } from '../../guard.ts'
import { Origin } from './origin.ts'

/** One Origin per origin, for as long as a sink uses it. */
export class Origins {
  readonly #guard: Guard
  readonly #origins = new Map<string, { readonly origin: Origin; users: number }>()

  constructor(guard: Guard) {
    this.#guard = guard
  }

  acquire(url: string): Origin {
    let entry = this.#origins.get(url)
    if (entry === undefined) {
      entry = { origin: new Origin(url, this.#guard), users: 0 }
      this.#origins.set(url, entry)
    }
    entry.users += 1
    return entry.origin
  }

  async release(url: string): Promise<void> {
    const entry = this.#origins.get(url)
    if (entry === undefined) return
    entry.users -= 1
    if (entry.users > 0) return
    this.#origins.delete(url)
    await entry.origin.close()
  }
}
