// What ingress remembers, in memory.

import type { DedupeStore } from '../../dedupe.ts'
import { dedupeSince } from '../../dedupe-codec.ts'
import type { MemoryCommits } from './commits.ts'
import type { MemoryStoreState } from './state.ts'

export class MemoryDedupe implements DedupeStore {
  readonly #state: MemoryStoreState
  readonly #commits: MemoryCommits

  constructor(state: MemoryStoreState, commits: MemoryCommits) {
    this.#state = state
    this.#commits = commits
  }

  append(entries: Uint8Array, watermark: number): Promise<void> {
    return this.#commits.commit(() => {
      this.#state.dedupeEntries = Buffer.concat([this.#state.dedupeEntries, entries])
      this.#state.dedupeWatermark = watermark
    })
  }

  load(since: number): Promise<{ readonly entries: Uint8Array; readonly watermark: number }> {
    return this.#commits.read(() => ({
      entries: dedupeSince(this.#state.dedupeEntries, since),
      watermark: this.#state.dedupeWatermark,
    }))
  }

  prune(before: number): Promise<void> {
    return this.#commits.commit(() => {
      this.#state.dedupeEntries = dedupeSince(this.#state.dedupeEntries, before)
    })
  }
}
