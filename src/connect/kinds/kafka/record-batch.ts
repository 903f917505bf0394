// A batch of records as a cluster keeps it, in one piece of memory: the client makes some thirty of each record, and a
// collector that follows them costs as much as all the rest of sending.
// https://kafka.apache.org/documentation/#recordbatch
//
//   | base offset 8 | length 4 | leader epoch 4 | magic 1 | crc 4 | attributes … 40 | records |
//                   └───────── counted by length ─────────────────────────────────────────────▶
//                                                        └── what the crc is of ──────────────▶

import { sizeOfVarint, writeVarint } from './header-bytes.ts'

export interface BatchRecord {
  readonly key?: Buffer
  /** Absent: a compacted topic forgets the key. */
  readonly value?: Uint8Array
  /** As `encodeHeaders` makes them. */
  readonly headerBytes: Uint8Array
  /** Wall milliseconds; now when absent. */
  readonly timestamp?: number
}

export interface BatchOptions {
  /** Wall milliseconds, of records that say nothing. */
  readonly now: number
  /** Of an idempotent producer; its sequence is the first record's. */
  readonly producer?: {
    readonly id: bigint
    readonly epoch: number
    readonly sequence: number
  }
}

const MAGIC = 2
const RECORDS_AT = 61
const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
/** Attributes of a record, of which there are none. */
const RECORD_FLAGS_SIZE_BYTES = 1

/** Not compressed, and without its checksum: `sealBatch` comes last. */
export function encodeBatch(records: readonly BatchRecord[], options: BatchOptions): Buffer {
  const first = records[0]!.timestamp ?? options.now
  const bodies = new Uint32Array(records.length)
  let sizeBytes = RECORDS_AT
  for (const [index, record] of records.entries()) {
    const size = bodySizeOf(record, index, (record.timestamp ?? options.now) - first)
    bodies[index] = size
    sizeBytes += sizeOfVarint(size) + size
  }
  const batch = Buffer.allocUnsafeSlow(sizeBytes)
  let at = RECORDS_AT
  let newest = first
  for (const [index, record] of records.entries()) {
    const timestamp = record.timestamp ?? options.now
    if (timestamp > newest) newest = timestamp
    at = writeVarint(batch, bodies[index]!, at)
    at = writeBody(batch, record, { at, index, delta: timestamp - first })
  }
  writeHead(batch, options, { count: records.length, first, newest })
  return batch
}

/** The records of a batch, which is what is compressed. */
export function recordsIn(batch: Buffer): Buffer {
  return batch.subarray(RECORDS_AT)
}

/** The same batch with its records compressed. */
export function withRecords(batch: Buffer, compressed: Uint8Array, codec: number): Buffer {
  const whole = Buffer.concat([batch.subarray(0, RECORDS_AT), compressed])
  whole.writeInt16BE(codec, ATTRIBUTES_AT)
  return whole
}

export function sealBatch(batch: Buffer, crc32c: (bytes: Buffer) => number): Buffer {
  batch.writeInt32BE(batch.length - LENGTH_AT - 4, LENGTH_AT)
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
  return batch
}

function bodySizeOf(
  { key, value, headerBytes }: BatchRecord,
  index: number,
  delta: number,
): number {
  return (
    RECORD_FLAGS_SIZE_BYTES +
    sizeOfVarint(delta) +
    sizeOfVarint(index) +
    sizeOfBytes(key) +
    sizeOfBytes(value) +
    headerBytes.length
  )
}

interface Place {
  readonly at: number
  readonly index: number
  readonly delta: number
}

function writeBody(batch: Buffer, record: BatchRecord, { at, index, delta }: Place): number {
  const { key, value, headerBytes } = record
  batch[at] = 0
  let next = writeVarint(batch, delta, at + RECORD_FLAGS_SIZE_BYTES)
  next = writeVarint(batch, index, next)
  next = putBytes(batch, key, next)
  next = putBytes(batch, value, next)
  return put(batch, headerBytes, next)
}

/** A length of -1 says that there are none. */
function putBytes(batch: Buffer, bytes: Uint8Array | undefined, at: number): number {
  if (bytes === undefined) return writeVarint(batch, -1, at)
  return put(batch, bytes, writeVarint(batch, bytes.length, at))
}

function sizeOfBytes(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 1 : sizeOfVarint(bytes.length) + bytes.length
}

function put(batch: Buffer, bytes: Uint8Array, at: number): number {
  batch.set(bytes, at)
  return at + bytes.length
}

function writeHead(
  batch: Buffer,
  { producer }: BatchOptions,
  {
    count,
    first,
    newest,
  }: { readonly count: number; readonly first: number; readonly newest: number },
): void {
  batch.fill(0, 0, RECORDS_AT)
  batch[MAGIC_AT] = MAGIC
  batch.writeInt32BE(count - 1, 23)
  batch.writeBigInt64BE(BigInt(first), 27)
  batch.writeBigInt64BE(BigInt(newest), 35)
  batch.writeBigInt64BE(producer?.id ?? -1n, 43)
  batch.writeInt16BE(producer?.epoch ?? 0, 51)
  batch.writeInt32BE(producer?.sequence ?? 0, 53)
  batch.writeInt32BE(count, 57)
}
