// The records of one batch as it came from the cluster, decoded one by one as they are taken: the client makes some
// fifteen objects of each, and what is made long before it is taken is copied about by the collector meanwhile.
// https://kafka.apache.org/documentation/#record
//
//   length varint | attributes 1 | timestampDelta varlong | offsetDelta varint | key | value | headers

import type { KafkaRecord } from './kafka-reader.ts'

export interface BatchFacts {
  readonly firstOffset: bigint
  /** Wall milliseconds. */
  readonly firstTimestamp: number
  /** Of the whole batch, where the topic has the time at which it was appended; wall milliseconds. */
  readonly appendTime?: number
  readonly leaderEpoch: number
  /** How many records there are. */
  readonly count: number
}

const NO_VALUE = Buffer.alloc(0)
const NO_HEADERS: KafkaRecord['headers'] = []
/** Attributes come before the deltas. */
const RECORD_FLAGS_SIZE_BYTES = 1

export class RecordCursor {
  /** Whether the client handed it over. */
  isTaken = false
  readonly #bytes: Buffer
  readonly #facts: BatchFacts
  #at = 0
  #left: number

  /** `bytes` are the records alone, not compressed. Throws `RangeError` when they do not hold so many. */
  constructor(bytes: Buffer, facts: BatchFacts) {
    this.#bytes = bytes
    this.#facts = facts
    this.#left = facts.count
    // The client asks for them where nobody catches what is thrown.
    while (this.#left > 0) this.skip()
    this.#at = 0
    this.#left = facts.count
  }

  /** Records that were not read. */
  get left(): number {
    return this.#left
  }

  get leftBytes(): number {
    return this.#left === 0 ? 0 : this.#bytes.length - this.#at
  }

  /** How far behind the batch's first offset the next record lies. */
  peekOffsetDelta(): number {
    const start = this.#at
    this.#recordEnd()
    this.#at += RECORD_FLAGS_SIZE_BYTES
    this.#varint()
    const delta = this.#varint()
    this.#at = start
    return delta
  }

  skip(): void {
    this.#at = this.#recordEnd()
    this.#left -= 1
  }

  /** The next record, whose key and value share the memory. Throws `RangeError` for damaged bytes. */
  read(topic: string, partition: number): KafkaRecord {
    const { firstOffset, firstTimestamp, appendTime, leaderEpoch } = this.#facts
    const end = this.#recordEnd()
    this.#at += RECORD_FLAGS_SIZE_BYTES
    const timestampDelta = this.#varint()
    const offsetDelta = this.#varint()
    const key = this.#part(end)
    const value = this.#part(end)
    const record: { -readonly [K in keyof KafkaRecord]: KafkaRecord[K] } = {
      topic,
      partition,
      offset: firstOffset + BigInt(offsetDelta),
      key,
      value: value ?? NO_VALUE,
      headers: this.#headers(end),
      timestamp: appendTime ?? firstTimestamp + timestampDelta,
      leaderEpoch,
    }
    if (value === undefined) record.isDeletion = true
    this.#at = end
    this.#left -= 1
    return record
  }

  #headers(end: number): KafkaRecord['headers'] {
    const count = this.#varint()
    if (count === 0) return NO_HEADERS
    if (count < 0 || count > end - this.#at) throw damaged(`\`${count}\` headers`)
    return Array.from({ length: count }, () => {
      const name = this.#part(end)
      const value = this.#part(end)
      return [name?.toString() ?? '', value?.toString() ?? ''] as const
    })
  }

  #recordEnd(): number {
    const length = this.#varint()
    const end = this.#at + length
    if (length <= RECORD_FLAGS_SIZE_BYTES || end > this.#bytes.length)
      throw damaged(`a record of \`${length}\` bytes`)
    return end
  }

  /** Undefined for a length of -1. */
  #part(end: number): Buffer | undefined {
    const length = this.#varint()
    if (length === -1) return undefined
    const start = this.#at
    if (length < 0 || start + length > end) throw damaged(`a part of \`${length}\` bytes`)
    this.#at = start + length
    return this.#bytes.subarray(start, start + length)
  }

  /** Zigzag, seven bits a byte; past the end there are zeros. */
  #varint(): number {
    let value = 0
    let factor = 1
    let byte = 0x80
    while (byte >= 0x80 && factor < 2 ** 64) {
      byte = this.#bytes[this.#at] ?? 0
      this.#at += 1
      value += (byte & 0x7f) * factor
      factor *= 0x80
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}

function damaged(what: string): RangeError {
  return new RangeError(`expected a batch of records, got ${what} where there are fewer`)
}
