// The ids of triggers that were obeyed, over restarts, so that the same event acts once.

import { createHash } from 'node:crypto'
import type { Clock } from '../base/index.ts'
import type { Event } from '../event/index.ts'
import { OBEYED_AGE_MS, OBEYED_MAX } from './limits.ts'
import type { Shelf } from './shelf.ts'

export class ObeyedEvents {
  readonly #shelf: Shelf
  readonly #clock: Clock
  /** When, in wall milliseconds; oldest first. */
  readonly #obeyed = new Map<string, number>()

  constructor(shelf: Shelf, clock: Clock) {
    this.#shelf = shelf
    this.#clock = clock
  }

  async load(): Promise<void> {
    const stored = [...(await this.#shelf.load())].map(([name, at]) => [name, Number(at)] as const)
    for (const [name, at] of stored.sort(([, one], [, other]) => one - other))
      this.#obeyed.set(name, at)
    await this.#forgetOld()
  }

  has(event: Event): boolean {
    return this.#obeyed.has(nameOf(event))
  }

  /** Durable when it resolves. */
  async remember(event: Event): Promise<void> {
    const name = nameOf(event)
    const now = this.#clock.now()
    await this.#shelf.put(name, now)
    this.#obeyed.set(name, now)
    await this.#forgetOld()
  }

  async #forgetOld(): Promise<void> {
    const bound = this.#clock.now() - OBEYED_AGE_MS
    for (const [name, at] of this.#obeyed) {
      if (at >= bound && this.#obeyed.size <= OBEYED_MAX) return
      this.#obeyed.delete(name)
      await this.#shelf.delete(name)
    }
  }
}

function nameOf({ source, id }: Event): string {
  return createHash('sha256')
    .update(JSON.stringify([source, id]))
    .digest('hex')
    .slice(0, 32)
}
