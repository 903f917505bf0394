// One record as bytes, little-endian:
//
//   0 magic u32 · 4 length u32 (of the payload, never 0) · 8 crc u32 · 12 kind u8, 3 × zero
//   16 sequence u64 · 24 durableBefore u64 · 32 timestamp f64 · 40 payload
//
// The CRC-32C covers all but itself and begins from the log's secret salt: bytes that a sender chose, or
// that another log left on the disk, are never taken for a record. `sequence` is the record's offset, so a
// record in the wrong place shows. `durableBefore` is the offset of the first record of its batch: all
// below it was on stable storage before this record was written, which tells damage from a torn tail.
// A mark holds no record of its own; it says, at a clean close, that all below it was durable.

import { crc32c } from '../../../base/index.ts'
import type { AppendRecord, LogRecord, RecordKind } from '../../log.ts'
import { RECORD_SIZE_BYTES_MAX } from '../../limits.ts'

export const RECORD_HEADER_BYTES = 40
/** The smallest record there can be. */
export const RECORD_BYTES_MIN: number = RECORD_HEADER_BYTES + 1

const MAGIC = 0x52584253
export const RECORD_MAGIC_BYTES: Uint8Array = Uint8Array.of(0x53, 0x42, 0x58, 0x52)
const CRC_AT = 8
const KIND_AT = 12
const SEQUENCE_AT = 16
const DURABLE_BEFORE_AT = 24
const TIMESTAMP_AT = 32
const TWO_32 = 2 ** 32

const KIND_NUMBERS: Readonly<Record<RecordKind, number>> = { event: 1, control: 2 }
const MARK_NUMBER = 3

/** A stretch of bytes with the view that reads its numbers. */
export interface Bytes {
  readonly bytes: Buffer
  readonly view: DataView
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Bytes {
  return {
    bytes: Buffer.from(buffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
  }
}

/** Writes what the appender knows; `sealRecords` fills in the rest. Answers the record's size. */
export function writeRecord(
  into: Bytes,
  at: number,
  record: Pick<AppendRecord, 'kind' | 'payload'>,
  timestamp: number,
): number {
  const { view, bytes } = into
  view.setUint32(at, MAGIC, true)
  view.setUint32(at + 4, record.payload.length, true)
  view.setUint32(at + KIND_AT, KIND_NUMBERS[record.kind], true)
  view.setFloat64(at + TIMESTAMP_AT, timestamp, true)
  bytes.set(record.payload, at + RECORD_HEADER_BYTES)
  return RECORD_HEADER_BYTES + record.payload.length
}

export interface SealOptions {
  readonly salt: number
  /** The offset of the first record. */
  readonly sequence: number
  /** Called for each record, in order. */
  readonly onRecord: (at: number, sequence: number, timestamp: number, crc: number) => void
}

/** Gives a batch of written records their sequences and CRCs. */
export function sealRecords(batch: Bytes, options: SealOptions): void {
  const { bytes, view } = batch
  let sequence = options.sequence
  for (let at = 0; at < bytes.length; sequence += 1) {
    const end = at + RECORD_HEADER_BYTES + view.getUint32(at + 4, true)
    setUint64(view, at + SEQUENCE_AT, sequence)
    setUint64(view, at + DURABLE_BEFORE_AT, options.sequence)
    const crc = recordCrc(bytes, at, end, options.salt)
    view.setUint32(at + CRC_AT, crc, true)
    options.onRecord(at, sequence, view.getFloat64(at + TIMESTAMP_AT, true), crc)
    at = end
  }
}

/** A mark that says all below `sequence` is durable. */
export function createMark(options: { salt: number; sequence: number; timestamp: number }): Bytes {
  const mark = viewOf(new Uint8Array(RECORD_BYTES_MIN))
  writeRecord(mark, 0, { kind: 'control', payload: Uint8Array.of(1) }, options.timestamp)
  mark.view.setUint32(KIND_AT, MARK_NUMBER, true)
  sealRecords(mark, { salt: options.salt, sequence: options.sequence, onRecord: () => {} })
  return mark
}

/** The size of the whole, sound record at `at`, or 0 when there is none. */
export function checkRecord(from: Bytes, at: number, salt: number): number {
  const { bytes, view } = from
  if (at + RECORD_BYTES_MIN > bytes.length || view.getUint32(at, true) !== MAGIC) return 0
  const length = view.getUint32(at + 4, true)
  if (length === 0 || length > RECORD_SIZE_BYTES_MAX) return 0
  const end = at + RECORD_HEADER_BYTES + length
  if (end > bytes.length) return 0
  return view.getUint32(at + CRC_AT, true) === recordCrc(bytes, at, end, salt) ? end - at : 0
}

/** How many bytes a record at `at` claims to need, or 0 when that is no record's beginning. */
export function claimedSize(from: Bytes, at: number): number {
  if (at + RECORD_HEADER_BYTES > from.bytes.length || from.view.getUint32(at, true) !== MAGIC) {
    return 0
  }
  const length = from.view.getUint32(at + 4, true)
  return length === 0 || length > RECORD_SIZE_BYTES_MAX ? 0 : RECORD_HEADER_BYTES + length
}

export function sequenceAt(from: Bytes, at: number): number {
  return getUint64(from.view, at + SEQUENCE_AT)
}

export function durableBeforeAt(from: Bytes, at: number): number {
  return getUint64(from.view, at + DURABLE_BEFORE_AT)
}

export function timestampAt(from: Bytes, at: number): number {
  return from.view.getFloat64(at + TIMESTAMP_AT, true)
}

export function crcAt(from: Bytes, at: number): number {
  return from.view.getUint32(at + CRC_AT, true)
}

export function sizeAt(from: Bytes, at: number): number {
  return RECORD_HEADER_BYTES + from.view.getUint32(at + 4, true)
}

export function isMark(from: Bytes, at: number): boolean {
  return from.bytes[at + KIND_AT] === MARK_NUMBER
}

/** The record at `at`, whose payload shares the bytes, as a `Buffer`: who decodes it needs no other view. */
export function readRecord(from: Bytes, at: number, offset: number): LogRecord {
  const start = at + RECORD_HEADER_BYTES
  return {
    position: { partition: 0, offset },
    timestamp: timestampAt(from, at),
    kind: from.bytes[at + KIND_AT] === KIND_NUMBERS.control ? 'control' : 'event',
    payload: from.bytes.subarray(start, start + from.view.getUint32(at + 4, true)),
  }
}

export function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, true)
  view.setUint32(at + 4, Math.floor(value / TWO_32), true)
}

export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32
}

function recordCrc(bytes: Uint8Array, at: number, end: number, salt: number): number {
  return crc32c(bytes, at + CRC_AT + 4, end, crc32c(bytes, at, at + CRC_AT, salt))
}
