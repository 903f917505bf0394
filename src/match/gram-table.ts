// Texts that may lie anywhere in a value, by a few of their bytes: every stretch of that many bytes of the value is
// looked up by a hash that moves along with it. What is found may be there by chance; whoever asks makes sure.

import type { Probe } from './probe.ts'
import type { ByteRange } from './bytes.ts'
import type { ReusedList } from './reused-list.ts'

const BASE = 0x01000193
/** Bits of the filter per stretch, and how few there are at least. */
const FILTER_SHARE = 8
const FILTER_BITS_MIN = 1024

export class GramTable {
  readonly length: number
  /** What takes the byte that is left behind out of the hash. */
  readonly #power: number
  readonly #probes = new Map<number, Probe[]>()
  /** One bit per hash that may be there; most stretches go no further. */
  #filter: Uint8Array = new Uint8Array(FILTER_BITS_MIN / 8)

  constructor(length: number) {
    this.length = length
    let power = 1
    for (let count = 1; count < length; count += 1) power = Math.imul(power, BASE)
    this.#power = power
  }

  get size(): number {
    return this.#probes.size
  }

  /** Adds a probe under the stretch of `text` that the fewest share; answers what to remove it by. */
  add(probe: Probe, text: string): number {
    let best = 0
    let fewest = Number.POSITIVE_INFINITY
    for (let start = 0; start + this.length <= text.length; start += 1) {
      const hash = this.#hash(text, start)
      const count = this.#probes.get(hash)?.length ?? 0
      if (count >= fewest) continue
      best = hash
      fewest = count
    }
    const probes = this.#probes.get(best)
    if (probes === undefined) this.#probes.set(best, [probe])
    else probes.push(probe)
    this.#mark(best)
    return best
  }

  remove(probe: Probe, hash: number): void {
    const probes = this.#probes.get(hash)!
    const last = probes.pop()!
    if (last !== probe) probes[probes.indexOf(probe)] = last
    if (probes.length === 0) this.#probes.delete(hash)
  }

  find({ bytes, start, end }: ByteRange, found: ReusedList<Probe>): void {
    const { length } = this
    const filter = this.#filter
    const mask = filter.length * 8 - 1
    let hash = 0
    for (let at = start; at < end; at += 1) {
      if (at - start >= length) hash = (hash - Math.imul(bytes[at - length]!, this.#power)) | 0
      hash = (Math.imul(hash, BASE) + bytes[at]!) | 0
      if (at - start < length - 1) continue
      const bit = spread(hash) & mask
      if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) continue
      const probes = this.#probes.get(hash)
      if (probes !== undefined) found.addAll(probes)
    }
  }

  #hash(text: string, start: number): number {
    let hash = 0
    for (let at = start; at < start + this.length; at += 1) {
      hash = (Math.imul(hash, BASE) + text.charCodeAt(at)) | 0
    }
    return hash
  }

  // Hashes that are gone keep their bits until the filter grows; that costs a look-up, no more.
  #mark(hash: number): void {
    if (this.#probes.size * FILTER_SHARE > this.#filter.length * 8) {
      this.#filter = new Uint8Array(this.#filter.length * 4)
      for (const each of this.#probes.keys()) this.#set(each)
    }
    this.#set(hash)
  }

  #set(hash: number): void {
    const bit = spread(hash) & (this.#filter.length * 8 - 1)
    this.#filter[bit >>> 3]! |= 1 << (bit & 7)
  }
}

/** So that the lowest bits hang on all bytes. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15)
}
