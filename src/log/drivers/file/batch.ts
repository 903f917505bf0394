// The batch that is being gathered while another is being synced: records in file form in one growing
// buffer, and who waits for them. It is handed to the writer whole and comes back in the same buffer.

import type { AppError } from '../../../base/index.ts'
import { BATCH_SIZE_BYTES_MIN } from '../../limits.ts'
import type { AppendRecord } from '../../log.ts'
import type { Position } from '../../position.ts'
import { RECORD_HEADER_BYTES, viewOf, writeRecord, type Bytes } from './record.ts'

interface Appender {
  readonly index: number
  readonly count: number
  readonly resolve: (positions: readonly Position[]) => void
  readonly reject: (error: AppError) => void
}

export class Batch {
  readonly appenders: Appender[] = []
  /** Where each record begins. */
  readonly starts: number[] = []
  #into: Bytes
  #size = 0

  constructor(sizeExpected: number) {
    const size = roomFor(Math.max(sizeExpected, BATCH_SIZE_BYTES_MIN))
    // Not zeroed: no more is read of it than was written.
    this.#into = viewOf(Buffer.allocUnsafeSlow(size))
  }

  get sizeBytes(): number {
    return this.#size
  }

  get count(): number {
    return this.starts.length
  }

  /** The buffer, of which the first `sizeBytes` are the records; it is given away. */
  get buffer(): ArrayBuffer {
    return this.#into.bytes.buffer as ArrayBuffer
  }

  append(
    records: readonly AppendRecord[],
    sizeBytes: number,
    timestamp: number,
  ): Promise<readonly Position[]> {
    this.#grow(this.#size + sizeBytes)
    const index = this.starts.length
    for (const record of records) {
      this.starts.push(this.#size)
      this.#size += writeRecord(this.#into, this.#size, record, timestamp)
    }
    return new Promise((resolve, reject) => {
      this.appenders.push({ index, count: records.length, resolve, reject })
    })
  }

  /** Tells every appender where its records are. */
  resolve(firstOffset: number): void {
    for (const { index, count, resolve } of this.appenders) {
      const positions: Position[] = []
      const first = firstOffset + index
      for (let nth = 0; nth < count; nth += 1) positions.push({ partition: 0, offset: first + nth })
      resolve(positions)
    }
  }

  reject(error: AppError): void {
    for (const appender of this.appenders) appender.reject(error)
  }

  #grow(sizeBytes: number): void {
    if (sizeBytes <= this.#into.bytes.length) return
    const size = 2 ** Math.ceil(Math.log2(sizeBytes))
    this.#into = viewOf(new Uint8Array(this.buffer.transfer(size)))
  }
}

/** An eighth more at most: readers hold what is not filled too, until the batch leaves the cache. */
function roomFor(sizeBytes: number): number {
  const step = 2 ** (Math.floor(Math.log2(sizeBytes)) - 3)
  return Math.ceil(sizeBytes / step) * step
}

/** What records take in a file. */
export function encodedSize(records: readonly AppendRecord[]): number {
  let size = 0
  for (const record of records) size += RECORD_HEADER_BYTES + record.payload.length
  return size
}
