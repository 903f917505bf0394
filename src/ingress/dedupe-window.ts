// The dedupe window: which keys came by in the last minutes, and with what content. Hashes only, in two
// rotating generations, so that memory is bounded and nothing is swept. New entries go to the store behind the
// log; on opening, what the store lacks is read from the log itself, which is the truth.
//
// Invariant: a key is remembered only once its event is durable; until then its first sender is waited for.

import { type Clock, isAppError } from '../base/index.ts'
import { EVENT_KEY_WORDS, type EventKey } from '../event/index.ts'
import { DEDUPE_ENTRY_BYTES, DEDUPE_TIME_AT, type DedupeStore } from '../store/index.ts'
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

export class DedupeWindow {
  readonly #options: DedupeWindowOptions
  /** Times are monotonic, so that setting the machine's clock neither ends a window early nor holds it open. */
  #young = new SeenTable()
  #old = new SeenTable()
  #youngSince: number
  #unsaved = new UnsavedKeys()
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
    for (const { key, at } of keysIn(entries)) this.#see(key, at)
    this.#watermark = watermark
    this.#savedWatermark = watermark
    return watermark
  }

  look(key: EventKey): Sighting {
    const seen = this.#young.find(key) ?? this.#old.find(key)
    if (seen === undefined) return 'new'
    if (this.#options.clock.monotonic() - seen.at > this.#options.windowMs) return 'new'
    return seen.isSame ? 'same' : 'different'
  }

  /** The event of this key, appended at wall time `at`, is durable at `offset`. */
  remember(key: EventKey, at: number, offset: number): void {
    this.#rotate()
    this.#see(key, at)
    this.#unsaved.add(key, at)
    this.#watermark = Math.max(this.#watermark, offset + 1)
    if (this.#unsaved.count >= DEDUPE_FLUSH_ENTRIES && !this.#isFull) void this.flush()
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
    const entries = this.#unsaved.take()
    try {
      await this.#options.store.append(entries, this.#watermark)
      this.#isFull = false
    } catch (error) {
      if (!isAppError(error, 'STORE_FULL')) return this.#options.onFatal(error)
      // The log still holds what these stand for; they are written when there is room again.
      this.#unsaved.putBack(entries)
      this.#savedWatermark = before
      this.#isFull = true
      this.#schedule()
    } finally {
      this.#isFlushing = false
    }
  }

  #see(key: EventKey, at: number): void {
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

/** What was remembered since the store was last written to, as the store has it. */
class UnsavedKeys {
  #bytes = Buffer.alloc(0)
  #count = 0

  get count(): number {
    return this.#count
  }

  add({ words, at: from }: EventKey, at: number): void {
    const start = this.#count * DEDUPE_ENTRY_BYTES
    if (start === this.#bytes.length) this.#grow()
    for (let word = 0; word < EVENT_KEY_WORDS; word += 1)
      this.#bytes.writeInt32BE(words[from + word]!, start + word * 4)
    this.#bytes.writeDoubleBE(at, start + DEDUPE_TIME_AT)
    this.#count += 1
  }

  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#count * DEDUPE_ENTRY_BYTES)
    this.#bytes = Buffer.alloc(0)
    this.#count = 0
    return taken
  }

  /** What was taken first stands before what came since. */
  putBack(taken: Buffer): void {
    this.#bytes = Buffer.concat([taken, this.take()])
    this.#count = this.#bytes.length / DEDUPE_ENTRY_BYTES
  }

  #grow(): void {
    const larger = Buffer.alloc(
      Math.max(this.#bytes.length * 2, DEDUPE_FLUSH_ENTRIES * DEDUPE_ENTRY_BYTES),
    )
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

function* keysIn(entries: Uint8Array): Generator<{ readonly key: EventKey; readonly at: number }> {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength)
  for (let start = 0; start < entries.length; start += DEDUPE_ENTRY_BYTES) {
    const words = Int32Array.from({ length: EVENT_KEY_WORDS }, (_, word) =>
      view.getInt32(start + word * 4),
    )
    yield { key: { words, at: 0 }, at: view.getFloat64(start + DEDUPE_TIME_AT) }
  }
}
