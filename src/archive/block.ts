// Many archived events as one record of an archive's segments, compressed together. Little-endian:
//
//   0 format u8 · 1 zero u8 · 2 partition u16 · 4 count u32 · 8 first f64 · 16 last f64
//   24 earliest f64 · 32 latest f64 · 40 eventsBefore f64 · 48 bytesBefore f64 · 56 rawLength u32 · 60 zero u32
//   64 zstd( count × (length u32 · offset - first u32 · time f64 · the event's log record) )
//
// `first` and `last` are log offsets, which is how an event that comes a second time is known. `earliest` and
// `latest` are event times, whole seconds, so that a block outside a replay's range is passed over unread.
// `eventsBefore` and `bytesBefore` count all that was ever archived before, so that two blocks tell a sum.

import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { AppError } from '../base/index.ts'
import { BLOCK_SIZE_BYTES_MIN, RAW_SIZE_BYTES_MAX } from './limits.ts'

const FORMAT = 1
const HEADER_BYTES = 64
const ENTRY_HEADER_BYTES = 16

/** What a block says of its events. */
export interface BlockSummary {
  readonly partition: number
  readonly count: number
  /** Log offsets of its first and its last event. */
  readonly first: number
  readonly last: number
  /** Event times, whole seconds since the epoch. */
  readonly earliest: number
  readonly latest: number
  /** Bytes of its events' records. */
  readonly sizeBytes: number
}

/** A block before it is compressed. */
export interface BlockDraft extends BlockSummary {
  /** The entries, one behind the other. */
  readonly entries: Uint8Array<ArrayBuffer>
}

export interface BlockHeader extends BlockSummary {
  readonly eventsBefore: number
  readonly bytesBefore: number
}

export interface ArchivedEvent {
  readonly offset: number
  /** When it happened, whole seconds since the epoch. */
  readonly time: number
  /** The log record. */
  readonly record: Uint8Array
}

/** Gathers the events of one archive and one partition. */
export class BlockBuilder {
  readonly #partition: number
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(BLOCK_SIZE_BYTES_MIN)
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  #count = 0
  #first = 0
  #last = 0
  #earliest = Infinity
  #latest = -Infinity

  constructor(partition: number) {
    this.#partition = partition
  }

  /** Of its entries so far. */
  get sizeBytes(): number {
    return this.#length
  }

  add({ offset, time, record }: ArchivedEvent): void {
    this.#grow(this.#length + ENTRY_HEADER_BYTES + record.length)
    if (this.#count === 0) this.#first = offset
    writeEntryHeader(this.#view, this.#length, {
      length: record.length,
      distance: offset - this.#first,
      time,
    })
    this.#bytes.set(record, this.#length + ENTRY_HEADER_BYTES)
    this.#length += ENTRY_HEADER_BYTES + record.length
    this.#count += 1
    this.#last = offset
    this.#earliest = Math.min(this.#earliest, time)
    this.#latest = Math.max(this.#latest, time)
  }

  /** What was gathered; the builder is done with. */
  finish(): BlockDraft {
    return {
      partition: this.#partition,
      count: this.#count,
      first: this.#first,
      last: this.#last,
      earliest: this.#earliest,
      latest: this.#latest,
      sizeBytes: this.#length - this.#count * ENTRY_HEADER_BYTES,
      entries: this.#bytes.subarray(0, this.#length),
    }
  }

  #grow(length: number): void {
    if (length <= this.#bytes.length) return
    const size = 2 ** Math.ceil(Math.log2(length))
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(size))
    this.#view = new DataView(this.#bytes.buffer)
  }
}

/** The events of a draft behind a log offset; undefined when all of them lie behind it. */
export function withoutKnown(draft: BlockDraft, last: number): BlockDraft | undefined {
  if (draft.first > last) return draft
  if (draft.last <= last) return undefined
  const builder = new BlockBuilder(draft.partition)
  for (const event of readEntries(draft.entries, draft)) if (event.offset > last) builder.add(event)
  return builder.finish()
}

export function encodeBlock(
  draft: BlockDraft,
  before: { readonly events: number; readonly bytes: number },
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header[0] = FORMAT
  header.writeUInt16LE(draft.partition, 2)
  header.writeUInt32LE(draft.count, 4)
  header.writeDoubleLE(draft.first, 8)
  header.writeDoubleLE(draft.last, 16)
  header.writeDoubleLE(draft.earliest, 24)
  header.writeDoubleLE(draft.latest, 32)
  header.writeDoubleLE(before.events, 40)
  header.writeDoubleLE(before.bytes, 48)
  header.writeUInt32LE(draft.entries.length, 56)
  return Buffer.concat([header, zstdCompressSync(draft.entries)])
}

export function decodeBlockHeader(block: Uint8Array): BlockHeader {
  const from = viewOf(block)
  if (block.length < HEADER_BYTES || from.getUint8(0) !== FORMAT) {
    throw new AppError('LOG_CORRUPT', `expected an archive block of format ${FORMAT}`)
  }
  const count = from.getUint32(4, true)
  return {
    partition: from.getUint16(2, true),
    count,
    first: from.getFloat64(8, true),
    last: from.getFloat64(16, true),
    earliest: from.getFloat64(24, true),
    latest: from.getFloat64(32, true),
    eventsBefore: from.getFloat64(40, true),
    bytesBefore: from.getFloat64(48, true),
    sizeBytes: from.getUint32(56, true) - count * ENTRY_HEADER_BYTES,
  }
}

/** A block's events in order; they share one memory. */
export function decodeBlock(block: Uint8Array): Iterable<ArchivedEvent> {
  const header = decodeBlockHeader(block)
  const entries = zstdDecompressSync(block.subarray(HEADER_BYTES), {
    maxOutputLength: RAW_SIZE_BYTES_MAX,
  })
  return readEntries(entries, header)
}

function* readEntries(
  entries: Uint8Array,
  { count, first }: BlockSummary,
): Generator<ArchivedEvent> {
  const view = viewOf(entries)
  let at = 0
  for (let nth = 0; nth < count; nth += 1) {
    const length = view.getUint32(at, true)
    const start = at + ENTRY_HEADER_BYTES
    yield {
      offset: first + view.getUint32(at + 4, true),
      time: view.getFloat64(at + 8, true),
      record: entries.subarray(start, start + length),
    }
    at = start + length
  }
}

function writeEntryHeader(
  view: DataView,
  at: number,
  { length, distance, time }: { length: number; distance: number; time: number },
): void {
  view.setUint32(at, length, true)
  view.setUint32(at + 4, distance, true)
  view.setFloat64(at + 8, time, true)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
