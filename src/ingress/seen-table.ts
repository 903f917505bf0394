// Which keys were seen, with what content and when: hashes in arrays of numbers. Millions of strings and objects would be
// walked by the collector again and again; these are nothing to it, and 32 bytes each.
//
//   slot   | key 4 × 32 bits | content 2 × 32 bits |     `at` f64, NaN where nobody is
//
// Invariant: at most half of the slots are taken, so that a search ends soon.

import type { DedupeKey } from './dedupe-window.ts'
import { SEEN_SLOTS_MIN } from './limits.ts'

const WORDS = 6
const CONTENT_AT = 4
const DIGITS = 8

export class SeenTable {
  #words = new Uint32Array(SEEN_SLOTS_MIN * WORDS)
  #at = new Float64Array(SEEN_SLOTS_MIN).fill(Number.NaN)
  #size = 0
  /** The key that is looked for, and its content. */
  readonly #wanted = new Uint32Array(WORDS)

  get size(): number {
    return this.#size
  }

  /** When a key was last set, and whether with this content; undefined for one that was not. */
  find(key: DedupeKey): { readonly at: number; readonly isSame: boolean } | undefined {
    // Of two generations one is mostly empty.
    if (this.#size === 0) return undefined
    this.#read(key)
    const slot = this.#slotOf(this.#wanted)
    const at = this.#at[slot]!
    if (Number.isNaN(at)) return undefined
    const first = slot * WORDS + CONTENT_AT
    const isSame =
      this.#words[first] === this.#wanted[CONTENT_AT] &&
      this.#words[first + 1] === this.#wanted[CONTENT_AT + 1]
    return { at, isSame }
  }

  set(key: DedupeKey, at: number): void {
    this.#read(key)
    let slot = this.#slotOf(this.#wanted)
    if (Number.isNaN(this.#at[slot])) {
      if (this.#size * 2 >= this.#at.length) {
        this.#grow()
        slot = this.#slotOf(this.#wanted)
      }
      this.#size += 1
    }
    this.#words.set(this.#wanted, slot * WORDS)
    this.#at[slot] = at
  }

  #read({ keyHash, contentHash }: DedupeKey): void {
    for (let word = 0; word < CONTENT_AT; word += 1)
      this.#wanted[word] = parseWord(keyHash, word * DIGITS)
    for (let word = CONTENT_AT; word < WORDS; word += 1)
      this.#wanted[word] = parseWord(contentHash, (word - CONTENT_AT) * DIGITS)
  }

  /** That of the key, else the free one where it belongs. */
  #slotOf(wanted: Uint32Array): number {
    const mask = this.#at.length - 1
    let slot = wanted[0]! & mask
    while (!Number.isNaN(this.#at[slot]) && !this.#isKeyAt(slot, wanted)) slot = (slot + 1) & mask
    return slot
  }

  #isKeyAt(slot: number, wanted: Uint32Array): boolean {
    const first = slot * WORDS
    for (let word = 0; word < CONTENT_AT; word += 1)
      if (this.#words[first + word] !== wanted[word]) return false
    return true
  }

  #grow(): void {
    const [words, at] = [this.#words, this.#at]
    this.#words = new Uint32Array(words.length * 2)
    this.#at = new Float64Array(at.length * 2).fill(Number.NaN)
    for (let slot = 0; slot < at.length; slot += 1) {
      if (Number.isNaN(at[slot])) continue
      const entry = words.subarray(slot * WORDS, (slot + 1) * WORDS)
      const next = this.#slotOf(entry)
      this.#words.set(entry, next * WORDS)
      this.#at[next] = at[slot]!
    }
  }
}

/** Eight hex digits. */
function parseWord(hex: string, start: number): number {
  let word = 0
  for (let at = start; at < start + DIGITS; at += 1) {
    const code = hex.charCodeAt(at)
    // `0` to `9` lie below the letters, which begin at 0x61.
    word = (word << 4) | (code < 0x3a ? code - 0x30 : code - 0x57)
  }
  return word >>> 0
}
