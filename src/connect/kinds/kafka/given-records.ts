// Records that were made one by one, as those of mirrors and of a keeper are.

import { encodeHeaders, putBytes, sizeOfBytes } from './header-bytes.ts'
import type { RecordList } from './record-list.ts'

export interface ProducerRecord {
  readonly topic: string
  readonly key?: Buffer
  readonly value: Buffer
  /** In place of the value: a compacted topic forgets the key. */
  readonly isDeletion?: true
  readonly headers?: Readonly<Record<string, string>>
  readonly partition?: number
  /** Wall milliseconds; now when absent. */
  readonly timestamp?: number
}

const NO_HEADERS = encodeHeaders({})

export class GivenRecords implements RecordList {
  readonly #records: readonly ProducerRecord[]
  readonly #headers: readonly Buffer[]

  constructor(records: readonly ProducerRecord[]) {
    this.#records = records
    this.#headers = records.map(({ headers }) =>
      headers === undefined ? NO_HEADERS : encodeHeaders(headers),
    )
  }

  get length(): number {
    return this.#records.length
  }

  topicOf(index: number): string {
    return this.#records[index]!.topic
  }

  keyOf(index: number): Buffer | undefined {
    return this.#records[index]!.key
  }

  partitionOf(index: number): number | undefined {
    return this.#records[index]!.partition
  }

  timestampOf(index: number): number | undefined {
    return this.#records[index]!.timestamp
  }

  sizeOf(index: number): number {
    const { key, value } = this.#records[index]!
    return value.length + (key?.length ?? 0)
  }

  tailSizeOf(index: number): number {
    const record = this.#records[index]!
    return sizeOfBytes(record.key) + sizeOfBytes(valueOf(record)) + this.#headers[index]!.length
  }

  writeTail(index: number, batch: Buffer, at: number): number {
    const record = this.#records[index]!
    const valueAt = putBytes(batch, record.key, at)
    const headersAt = putBytes(batch, valueOf(record), valueAt)
    const headers = this.#headers[index]!
    batch.set(headers, headersAt)
    return headersAt + headers.length
  }
}

function valueOf({ value, isDeletion }: ProducerRecord): Buffer | undefined {
  return isDeletion === true ? undefined : value
}
