// The newest committed batches in memory, up to a bound, for readers that keep up: they read the buffer that
// was written, uncopied. Batches follow each other without a gap.

import { READ_SIZE_BYTES_MAX } from '../../limits.ts'
import type { LogRecord } from '../../log.ts'
import { readRecord, sizeAt, viewOf, type Bytes } from './record.ts'

interface CachedBatch extends Bytes {
  readonly first: number
  readonly starts: readonly number[]
}

export class TailCache {
  readonly #sizeBytesMax: number
  #batches: CachedBatch[] = []
  #head = 0
  #sizeBytes = 0

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax
  }

  add(first: number, starts: readonly number[], buffer: ArrayBuffer, sizeBytes: number): void {
    // Growing doubles, so a small batch may come in a large buffer.
    const kept = sizeBytes * 2 <= buffer.byteLength ? buffer.transfer(sizeBytes) : buffer
    this.#batches.push({ ...viewOf(new Uint8Array(kept)), first, starts })
    this.#sizeBytes += kept.byteLength
    while (this.#sizeBytes > this.#sizeBytesMax && this.#head < this.#batches.length) {
      this.#sizeBytes -= this.#batches[this.#head]!.bytes.buffer.byteLength
      this.#head += 1
    }
    if (this.#head > 256 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head)
      this.#head = 0
    }
  }

  /** Records from `offset` on, or undefined when it is not held. */
  read(offset: number, recordsMax: number): LogRecord[] | undefined {
    let index = this.#batchOf(offset)
    if (index === undefined) return undefined
    const records: LogRecord[] = []
    let sizeBytes = 0
    for (; index < this.#batches.length; index += 1) {
      const batch = this.#batches[index]!
      const from = Math.max(0, offset - batch.first)
      for (let nth = from; nth < batch.starts.length; nth += 1) {
        if (records.length >= recordsMax || sizeBytes >= READ_SIZE_BYTES_MAX) return records
        const at = batch.starts[nth]!
        records.push(readRecord(batch, at, batch.first + nth))
        sizeBytes += sizeAt(batch, at)
      }
    }
    return records
  }

  #batchOf(offset: number): number | undefined {
    let low = this.#head
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#batches[middle]!.first <= offset) low = middle + 1
      else high = middle
    }
    const batch = low === this.#head ? undefined : this.#batches[low - 1]
    if (batch === undefined || offset >= batch.first + batch.starts.length) return undefined
    return low - 1
  }
}
