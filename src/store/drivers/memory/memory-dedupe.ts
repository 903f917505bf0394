// What ingress remembers, in memory.

import type { DedupeEntry, DedupeStore } from '../../dedupe.ts'
import type { MemoryCommits } from './commits.ts'
import type { MemoryStoreState } from './state.ts'

export class MemoryDedupe implements DedupeStore {
  readonly #state: MemoryStoreState
  readonly #commits: MemoryCommits

  constructor(state: MemoryStoreState, commits: MemoryCommits) {
    this.#state = state
    this.#commits = commits
  }

  append(entries: readonly DedupeEntry[], watermark: number): Promise<void> {
    return this.#commits.commit(() => {
      this.#state.dedupeEntries.push(...entries)
      this.#state.dedupeWatermark = watermark
    })
  }

  load(
    since: number,
  ): Promise<{ readonly entries: readonly DedupeEntry[]; readonly watermark: number }> {
    return this.#commits.read(() => ({
      entries: this.#state.dedupeEntries.filter((entry) => entry.at >= since),
      watermark: this.#state.dedupeWatermark,
    }))
  }

  prune(before: number): Promise<void> {
    return this.#commits.commit(() => {
      this.#state.dedupeEntries = this.#state.dedupeEntries.filter((entry) => entry.at >= before)
    })
  }
}
