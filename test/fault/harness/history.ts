// What the producers of a fault test did, written down before and after each call, on another disk than the
// one that is made to fail. It is the only witness when the server is gone.
//
//   invoked ──answered well──> acknowledged
//           ──refused, saying that nothing was kept──> refused
//           ──anything else: no answer, 500, a broken connection──> unknown

import { openSync, writeSync } from 'node:fs'

export type Fate = 'invoked' | 'acknowledged' | 'refused' | 'unknown'

export class History {
  readonly #fates = new Map<string, Fate>()
  readonly #file: number
  #acknowledged = 0

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  get size(): number {
    return this.#fates.size
  }

  record(ids: readonly string[], fate: Fate): void {
    for (const id of ids) this.#fates.set(id, fate)
    if (fate === 'acknowledged') this.#acknowledged += ids.length
    writeSync(this.#file, ids.map((id) => `${fate} ${id}\n`).join(''))
  }

  fate(id: string): Fate | undefined {
    return this.#fates.get(id)
  }

  /** Ids with this fate, in order of invocation. */
  ids(fate: Fate): string[] {
    return [...this.#fates].filter(([, is]) => is === fate).map(([id]) => id)
  }
}
