// Texts of patterns in a hash table that is asked with bytes of an event: the whole of a value, all of its beginnings
// or all of its ends at once. Open addressing; what leaves is closed up, so that nothing is left behind.

import {
  ASCII_FOLD,
  addToHash,
  hashText,
  hashTextBackwards,
  isAt,
  isFoldedAt,
  startHash,
  type ByteRange,
} from './bytes.ts'
import type { ReusedList } from './reused-list.ts'

const CAPACITY_MIN = 8
const NONE = 0

export interface TableOptions {
  /** Texts are hashed from their end, to be found as suffixes. */
  readonly isBackwards?: boolean
  /** Texts are folded to small ASCII letters, and so are the bytes that are looked up. */
  readonly isFolded?: boolean
}

export class ByteTable<Entry extends { readonly text: string }> {
  size = 0
  #entries: (Entry | undefined)[] = []
  /** Of the entries; NONE where there is none, so that what is not there is known without a look at them. */
  #hashes: Int32Array = new Int32Array(0)
  /** The lengths of the texts, ascending, with how many have each. */
  readonly #lengths: number[] = []
  readonly #lengthCounts: number[] = []
  readonly #isBackwards: boolean
  readonly #isFolded: boolean

  constructor({ isBackwards = false, isFolded = false }: TableOptions = {}) {
    this.#isBackwards = isBackwards
    this.#isFolded = isFolded
  }

  get(text: string): Entry | undefined {
    if (this.size === 0) return undefined
    const hash = this.#hash(text)
    const mask = this.#entries.length - 1
    for (let slot = hash & mask; this.#hashes[slot] !== NONE; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] !== hash) continue
      const entry = this.#entries[slot]!
      if (entry.text === text) return entry
    }
    return undefined
  }

  /** Adds an entry whose text is not there yet. */
  add(entry: Entry): void {
    if (this.size * 2 >= this.#entries.length) this.#grow()
    this.#place(entry, this.#hash(entry.text))
    this.size += 1
    const { length } = entry.text
    let index = this.#lengths.findIndex((each) => each >= length)
    if (index < 0) index = this.#lengths.length
    if (this.#lengths[index] === length) this.#lengthCounts[index]! += 1
    else {
      this.#lengths.splice(index, 0, length)
      this.#lengthCounts.splice(index, 0, 1)
    }
  }

  remove(entry: Entry): void {
    const mask = this.#entries.length - 1
    let hole = this.#hash(entry.text) & mask
    while (this.#entries[hole] !== entry) hole = (hole + 1) & mask
    for (
      let slot = (hole + 1) & mask;
      this.#entries[slot] !== undefined;
      slot = (slot + 1) & mask
    ) {
      const home = this.#hashes[slot]! & mask
      // An entry may close the hole unless its own place lies between the two.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      this.#entries[hole] = this.#entries[slot]
      this.#hashes[hole] = this.#hashes[slot]!
      hole = slot
    }
    this.#entries[hole] = undefined
    this.#hashes[hole] = NONE
    this.size -= 1
    const index = this.#lengths.indexOf(entry.text.length)
    this.#lengthCounts[index]! -= 1
    if (this.#lengthCounts[index]! > 0) return
    this.#lengths.splice(index, 1)
    this.#lengthCounts.splice(index, 1)
  }

  /** The entry whose text is all of the value. */
  findWhole({ bytes, start, end }: ByteRange): Entry | undefined {
    let hash = startHash()
    if (this.#isFolded) {
      for (let at = start; at < end; at += 1) hash = addToHash(hash, ASCII_FOLD[bytes[at]!]!)
    } else for (let at = start; at < end; at += 1) hash = addToHash(hash, bytes[at]!)
    return this.#find(bytes, start, end, hash)
  }

  /** The entries that the value begins with, or ends with when the table is backwards. */
  findParts({ bytes, start, end }: ByteRange, found: ReusedList<Entry>): void {
    const lengths = this.#lengths
    const isFolded = this.#isFolded
    const isBackwards = this.#isBackwards
    let hash = startHash()
    let done = 0
    for (let index = 0; index < lengths.length; index += 1) {
      const length = lengths[index]!
      if (length > end - start) return
      for (; done < length; done += 1) {
        const byte = bytes[isBackwards ? end - 1 - done : start + done]!
        hash = addToHash(hash, isFolded ? ASCII_FOLD[byte]! : byte)
      }
      const from = isBackwards ? end - length : start
      const entry = this.#find(bytes, from, from + length, hash)
      if (entry !== undefined) found.add(entry)
    }
  }

  #find(bytes: Uint8Array, start: number, end: number, ofBytes: number): Entry | undefined {
    const hashes = this.#hashes
    const mask = hashes.length - 1
    const hash = storable(ofBytes)
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const there = hashes[slot]
      if (there === NONE) return undefined
      if (there !== hash) continue
      const entry = this.#entries[slot]!
      const { text } = entry
      if (text.length !== end - start) continue
      if (this.#isFolded ? isFoldedAt(bytes, start, text) : isAt(bytes, start, text)) return entry
    }
  }

  #hash(text: string): number {
    return storable(this.#isBackwards ? hashTextBackwards(text) : hashText(text))
  }

  #grow(): void {
    const [entries, hashes] = [this.#entries, this.#hashes]
    const capacity = Math.max(CAPACITY_MIN, entries.length * 2)
    this.#entries = Array<Entry | undefined>(capacity).fill(undefined)
    this.#hashes = new Int32Array(capacity)
    for (const [slot, entry] of entries.entries()) {
      if (entry !== undefined) this.#place(entry, hashes[slot]!)
    }
  }

  #place(entry: Entry, hash: number): void {
    const mask = this.#entries.length - 1
    let slot = hash & mask
    while (this.#entries[slot] !== undefined) slot = (slot + 1) & mask
    this.#entries[slot] = entry
    this.#hashes[slot] = hash
  }
}

function storable(hash: number): number {
  return hash === NONE ? 1 : hash
}
