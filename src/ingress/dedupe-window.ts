// The dedupe window: which keys came by in the last minutes, and with what content. Hashes only, in two
// rotating generations, so that memory is bounded and nothing is swept. New entries go to the store behind the
// log; on opening, what the store lacks is read from the log itself, which is the truth.
//
// Invariant: a key is remembered only once its event is durable; until then its first sender is waited for.

import { hash } from 'node:crypto'
import { type Clock, isAppError } from '../base/index.ts'
import type { DedupeEntry, DedupeStore } from '../store/index.ts'
import {
  DEDUPE_ENTRIES_MAX,
  DEDUPE_FLUSH_ENTRIES,
  DEDUPE_FLUSH_MS,
  DEDUPE_REPLAY_RECORDS,
} from './limits.ts'
import { SeenTable } from './seen-table.ts'

export type Sighting = 'new' | 'same' | 'different'

export interface DedupeWindowOptions {
  readonly store: DedupeStore
  readonly clock: Clock
  readonly windowMs: number
  readonly onFatal: (error: unknown) => void
}

export interface DedupeKey {
  readonly keyHash: string
  readonly contentHash: string
}

export function dedupeKey(busKey: string, key: string, content: Uint8Array): DedupeKey {
  const keyHash = hash('sha256', `${busKey}\0${key}`)
  const contentHash = hash('sha256', content)
  return { keyHash: keyHash.slice(0, 32), contentHash: contentHash.slice(0, 16) }
}

export class DedupeWindow {
  readonly #options: DedupeWindowOptions
  /** Times are monotonic, so that setting the machine's clock neither ends a window early nor holds it open. */
  #young = new SeenTable()
  #old = new SeenTable()
  #youngSince: number
  #unsaved: DedupeEntry[] = []
  #watermark = 0
  #savedWatermark = 0
  #isFlushing = false
  /** The store had no room the last time: the next try waits for its turn. */
  #isFull = false
  #isScheduled = false

  constructor(options: DedupeWindowOptions) {
    this.#options = options
    this.#youngSince = options.clock.monotonic()
  }

  /** Loads what the store remembers; answers the log offset from which the caller must replay. */
  async load(): Promise<number> {
    const since = this.#options.clock.now() - this.#options.windowMs
    const { entries, watermark } = await this.#options.store.load(since)
    for (const entry of entries) this.#see(entry, entry.at)
    this.#watermark = watermark
    this.#savedWatermark = watermark
    return watermark
  }

  look(key: DedupeKey): Sighting {
    const seen = this.#young.find(key) ?? this.#old.find(key)
    if (seen === undefined) return 'new'
    if (this.#options.clock.monotonic() - seen.at > this.#options.windowMs) return 'new'
    return seen.isSame ? 'same' : 'different'
  }

  /** The event of this key, appended at wall time `at`, is durable at `offset`. */
  remember(key: DedupeKey, at: number, offset: number): void {
    this.#rotate()
    this.#see(key, at)
    this.#unsaved.push({ ...key, at })
    this.#watermark = Math.max(this.#watermark, offset + 1)
    if (this.#unsaved.length >= DEDUPE_FLUSH_ENTRIES && !this.#isFull) void this.flush()
    else this.#schedule()
  }

  /** No key before `offset` is missing here. */
  advance(offset: number): void {
    if (offset <= this.#watermark) return
    this.#watermark = offset
    if (offset - this.#savedWatermark >= DEDUPE_REPLAY_RECORDS) this.#schedule()
  }

  async flush(): Promise<void> {
    if (this.#isFlushing || this.#watermark === this.#savedWatermark) return
    this.#isFlushing = true
    const before = this.#savedWatermark
    this.#savedWatermark = this.#watermark
    const entries = this.#unsaved
    this.#unsaved = []
    try {
      await this.#options.store.append(entries, this.#watermark)
      this.#isFull = false
    } catch (error) {
      if (!isAppError(error, 'STORE_FULL')) return this.#options.onFatal(error)
      // The log still holds what these stand for; they are written when there is room again.
      this.#unsaved = entries.concat(this.#unsaved)
      this.#savedWatermark = before
      this.#isFull = true
      this.#schedule()
    } finally {
      this.#isFlushing = false
    }
  }

  #see(key: DedupeKey, at: number): void {
    const { clock, windowMs } = this.#options
    const ageMs = Math.min(Math.max(0, clock.now() - at), windowMs)
    this.#young.set(key, clock.monotonic() - ageMs)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#options.clock.setTimer(DEDUPE_FLUSH_MS, () => {
      this.#isScheduled = false
      void this.flush()
    })
  }

  #rotate(): void {
    const { clock, windowMs, store, onFatal } = this.#options
    const isDue = clock.monotonic() - this.#youngSince > windowMs
    if (!isDue && this.#young.size < DEDUPE_ENTRIES_MAX) return
    this.#old = this.#young
    this.#young = new SeenTable()
    this.#youngSince = clock.monotonic()
    store.prune(clock.now() - 2 * windowMs).catch((error: unknown) => {
      // What is too old goes at the next turn.
      if (!isAppError(error, 'STORE_FULL')) onFatal(error)
    })
  }
}
