// A batch of records as a cluster keeps it, in one piece of memory: the client makes some thirty of each record, and a
// collector that follows them costs as much as all the rest of sending.
// https://kafka.apache.org/documentation/#recordbatch
//
//   | base offset 8 | length 4 | leader epoch 4 | magic 1 | crc 4 | attributes … 40 | records |
//                   └───────── counted by length ─────────────────────────────────────────────▶
//                                                        └── what the crc is of ──────────────▶

import { sizeOfSpan, sizeOfVarint, writeVarint } from './header-bytes.ts'
import type { PickedRecords } from './record-list.ts'

export interface BatchOptions {
  /** Wall milliseconds, of records that say nothing. */
  readonly now: number
  /** Gives the memory for it, at least so large. It is new where absent. */
  readonly take?: (sizeBytes: number) => ArrayBuffer
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
export function encodeBatch(picked: readonly PickedRecords[], options: BatchOptions): Buffer {
  const first = firstTimestampOf(picked) ?? options.now
  let count = 0
  let newest = first
  let sizeBytes = RECORDS_AT
  for (const { records, indexes } of picked) {
    for (const index of indexes) {
      const timestamp = records.timestampOf(index) ?? options.now
      if (timestamp > newest) newest = timestamp
      sizeBytes += sizeOfSpan(frontSizeOf(timestamp - first, count) + records.tailSizeOf(index))
      count += 1
    }
  }
  const memory = options.take?.(sizeBytes) ?? Buffer.allocUnsafeSlow(sizeBytes).buffer
  const batch = Buffer.from(memory, 0, sizeBytes)
  let nth = 0
  let at = RECORDS_AT
  for (const { records, indexes } of picked) {
    for (const index of indexes) {
      const delta = (records.timestampOf(index) ?? options.now) - first
      at = writeVarint(batch, frontSizeOf(delta, nth) + records.tailSizeOf(index), at)
      batch[at] = 0
      at = writeVarint(batch, delta, at + RECORD_FLAGS_SIZE_BYTES)
      at = writeVarint(batch, nth, at)
      at = records.writeTail(index, batch, at)
      nth += 1
    }
  }
  writeHead(batch, options, { count, first, newest })
  return batch
}

function firstTimestampOf([first]: readonly PickedRecords[]): number | undefined {
  return first!.records.timestampOf(first!.indexes[0]!)
}

/** What stands before the tail of a record. */
function frontSizeOf(delta: number, nth: number): number {
  return RECORD_FLAGS_SIZE_BYTES + sizeOfVarint(delta) + sizeOfVarint(nth)
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
