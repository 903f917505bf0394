// The store in memory: a real implementation for tests and the simulator. Deterministic; without a clock it has
// no timers at all, with one it sets nothing but the timers of commits.

import type { Clock } from '../../../base/index.ts'
import type { Store } from '../../store.ts'
import { MemoryCommits } from './commits.ts'
import { MemoryDedupe } from './memory-dedupe.ts'
import { MemoryDeliveries } from './memory-deliveries.ts'
import { MemoryMessages } from './memory-messages.ts'
import { MemoryRows } from './memory-rows.ts'
import { createMemoryStoreState, type MemoryStoreState } from './state.ts'

export interface MemoryStoreOptions {
  /** What was committed before; survives a kill and can be opened again. */
  readonly state?: MemoryStoreState
  /** With a clock, a commit takes effect only when `latencyMs` has passed on it. */
  readonly clock?: Clock
  readonly latencyMs?: number
}

export interface MemoryStore extends Store {
  /** As kill -9: commits that have not resolved never happened, and nothing answers any more. */
  kill(): void
}

/**
 * @example
 * const state = createMemoryStoreState()
 * const store = openMemoryStore({ state, clock, latencyMs: 2 })
 * void store.rows.write(writes)
 * store.kill() // the write never happened
 * const reopened = openMemoryStore({ state, clock, latencyMs: 2 })
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const state = options.state ?? createMemoryStoreState()
  const commits = new MemoryCommits(options.clock, options.latencyMs ?? 0)
  const rows = new MemoryRows(state, commits)
  return {
    rows,
    deliveries: new MemoryDeliveries(state, commits),
    messages: new MemoryMessages(state, commits),
    dedupe: new MemoryDedupe(state, commits),
    sync: () => commits.read(() => undefined),
    stats: () => commits.read(() => ({ sizeBytes: 0, revision: state.revision })),
    async close() {
      await commits.close()
      rows.end()
    },
    kill() {
      commits.kill()
      rows.end()
    },
  }
}
