// Which keys were seen, with what content and when: hashes in arrays of numbers. Millions of strings and objects would be
// walked by the collector again and again; these are nothing to it, and 32 bytes each.
//
//   slot   | key 4 × 32 bits | content 2 × 32 bits |     `at` f64, NaN where nobody is
//
// Invariant: at most half of the slots are taken, so that a search ends soon.

import { EVENT_KEY_CONTENT_AT, EVENT_KEY_WORDS, type EventKey } from '../event/index.ts'
import { SEEN_SLOTS_MIN } from './limits.ts'

export class SeenTable {
  #words = new Int32Array(SEEN_SLOTS_MIN * EVENT_KEY_WORDS)
  #at = new Float64Array(SEEN_SLOTS_MIN).fill(Number.NaN)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** When a key was last set, and whether with this content; undefined for one that was not. */
  find(key: EventKey): { readonly at: number; readonly isSame: boolean } | undefined {
    // Of two generations one is mostly empty.
    if (this.#size === 0) return undefined
    const slot = this.#slotOf(key)
    const at = this.#at[slot]!
    if (Number.isNaN(at)) return undefined
    return { at, isSame: this.#isEqual(slot, key, EVENT_KEY_CONTENT_AT, EVENT_KEY_WORDS) }
  }

  set(key: EventKey, at: number): void {
    let slot = this.#slotOf(key)
    if (Number.isNaN(this.#at[slot])) {
      if (this.#size * 2 >= this.#at.length) {
        this.#grow()
        slot = this.#slotOf(key)
      }
      this.#size += 1
    }
    this.#put(slot, key, at)
  }

  #put(slot: number, { words, at: from }: EventKey, at: number): void {
    const first = slot * EVENT_KEY_WORDS
    for (let word = 0; word < EVENT_KEY_WORDS; word += 1)
      this.#words[first + word] = words[from + word]!
    this.#at[slot] = at
  }

  /** That of the key, else the free one where it belongs. */
  #slotOf(key: EventKey): number {
    const mask = this.#at.length - 1
    let slot = key.words[key.at]! & mask
    while (!Number.isNaN(this.#at[slot]) && !this.#isEqual(slot, key, 0, EVENT_KEY_CONTENT_AT))
      slot = (slot + 1) & mask
    return slot
  }

  #isEqual(slot: number, { words, at }: EventKey, from: number, to: number): boolean {
    const first = slot * EVENT_KEY_WORDS
    for (let word = from; word < to; word += 1)
      if (this.#words[first + word] !== words[at + word]) return false
    return true
  }

  #grow(): void {
    const [words, times] = [this.#words, this.#at]
    this.#words = new Int32Array(words.length * 2)
    this.#at = new Float64Array(times.length * 2).fill(Number.NaN)
    for (let slot = 0; slot < times.length; slot += 1) {
      if (Number.isNaN(times[slot])) continue
      const key = { words, at: slot * EVENT_KEY_WORDS }
      this.#put(this.#slotOf(key), key, times[slot]!)
    }
  }
}
