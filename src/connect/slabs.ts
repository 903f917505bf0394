// Memory for the records of one batch, one behind the other, so that they change hands as one piece and come back to be
// used again: what is allocated anew for each batch makes the collector mark the whole heap several times a second.

import { SLAB_BYTES_KEPT, SLABS_KEPT } from './limits.ts'

/** Gives memory for one record, which is written to before the next is asked for. */
export type Allocate = (sizeBytes: number) => Buffer

export class Slabs {
  readonly #all = new WeakSet<ArrayBufferLike>()
  #free: ArrayBuffer[] = []

  /** At least so large, and not zeroed: all that is read of it is to be written first. */
  take(sizeBytes: number): ArrayBuffer {
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= sizeBytes)
    const [known] = index === -1 ? [] : this.#free.splice(index, 1)
    // Of those that are too small one goes, so that larger ones take their places.
    if (known === undefined) this.#free.shift()
    const slab = known ?? Buffer.allocUnsafeSlow(sizeBytes).buffer
    this.#all.add(slab)
    return slab
  }

  /** Of a new batch, in one slab as long as there is room in it. */
  open(sizeBytes: number): Allocate {
    const slab = Buffer.from(this.take(sizeBytes))
    let used = 0
    return (size) => {
      if (used + size > slab.length) return Buffer.allocUnsafe(size)
      used += size
      return slab.subarray(used - size, used)
    }
  }

  /** The slab in which these lie, all there are in it and one behind the other; undefined when they do not. */
  holding(records: readonly Uint8Array[]): ArrayBuffer | undefined {
    const slab = records[0]?.buffer
    if (!(slab instanceof ArrayBuffer) || !this.#all.has(slab)) return undefined
    let end = 0
    for (const { buffer, byteOffset, length } of records) {
      if (buffer !== slab || byteOffset !== end) return undefined
      end += length
    }
    return slab
  }

  /** Nobody reads it any more. */
  giveBack(slab: ArrayBuffer): void {
    if (slab.byteLength <= SLAB_BYTES_KEPT && this.#free.length < SLABS_KEPT) this.#free.push(slab)
  }
}
