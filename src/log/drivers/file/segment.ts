// A segment file: header, records, and once sealed a footer. Named by the offset of its first record.
//
//   header, twice: magic u32 · version u32 · base u64 · salt u32 · zero u32 · zero u32 · crc u32
//   footer: magic u32 · version u32 · base u64 · count u64 · dataEnd u64 · recordsCrc u32 · entries u32
//           first timestamp f64 · last timestamp f64 · salt u32 · zero u32
//           entries × (offset - base u32 · position u32 · timestamp f64)
//           length u32 · crc u32 · magic u32
//
// The header is there twice because without its salt no record can be told from noise.

import { crc32c } from '../../../base/index.ts'
import { INDEX_STEP_BYTES } from '../../limits.ts'
import { getUint64, setUint64, viewOf } from './record.ts'

export const SEGMENT_HEADER_BYTES = 64
export const FOOTER_TRAILER_BYTES = 12
const HEADER_COPY_BYTES = 32
const FOOTER_FIXED_BYTES = 64
const ENTRY_BYTES = 16
const HEADER_MAGIC = 0x53584253
const FOOTER_MAGIC = 0x46584253
const VERSION = 1
const FILE_NAME = /^(\d{16})\.log$/

export function segmentFileName(base: number): string {
  return `${String(base).padStart(16, '0')}.log`
}

export function parseSegmentFileName(name: string): number | undefined {
  const match = FILE_NAME.exec(name)
  return match === null ? undefined : Number(match[1])
}

export interface SegmentHeader {
  readonly base: number
  readonly salt: number
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const { bytes, view } = viewOf(new Uint8Array(SEGMENT_HEADER_BYTES))
  view.setUint32(0, HEADER_MAGIC, true)
  view.setUint32(4, VERSION, true)
  setUint64(view, 8, header.base)
  view.setUint32(16, header.salt, true)
  view.setUint32(HEADER_COPY_BYTES - 4, crc32c(bytes, 0, HEADER_COPY_BYTES - 4), true)
  bytes.copyWithin(HEADER_COPY_BYTES, 0, HEADER_COPY_BYTES)
  return bytes
}

/** The header, from whichever copy is sound; `copies` says how many are. */
export function decodeSegmentHeader(
  bytes: Uint8Array,
): { readonly header: SegmentHeader; readonly copies: number } | undefined {
  const found = [0, HEADER_COPY_BYTES]
    .map((at) => decodeHeaderCopy(bytes.subarray(at, at + HEADER_COPY_BYTES)))
    .filter((header) => header !== undefined)
  return found[0] === undefined ? undefined : { header: found[0], copies: found.length }
}

function decodeHeaderCopy(copy: Uint8Array): SegmentHeader | undefined {
  if (copy.length < HEADER_COPY_BYTES) return undefined
  const { view } = viewOf(copy)
  if (view.getUint32(0, true) !== HEADER_MAGIC || view.getUint32(4, true) !== VERSION) {
    return undefined
  }
  if (view.getUint32(HEADER_COPY_BYTES - 4, true) !== crc32c(copy, 0, HEADER_COPY_BYTES - 4)) {
    return undefined
  }
  return { base: getUint64(view, 8), salt: view.getUint32(16, true) }
}

/** Where the record of an offset lies, for about every 64 KiB; ascending. */
export interface IndexEntry {
  readonly offset: number
  readonly position: number
  readonly timestamp: number
}

/** Adds the record to the index when it is far enough from the last entry. */
export function addToIndex(index: IndexEntry[], entry: IndexEntry): void {
  const last = index.at(-1)
  if (last === undefined || entry.position >= last.position + INDEX_STEP_BYTES) index.push(entry)
}

/** The last entry for which `isBefore` holds; the index is ascending in whatever it looks at. */
export function lastEntry(
  index: readonly IndexEntry[],
  isBefore: (entry: IndexEntry) => boolean,
): IndexEntry | undefined {
  let low = 0
  let high = index.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(index[middle]!)) low = middle + 1
    else high = middle
  }
  return index[low - 1]
}

export interface SegmentFooter {
  readonly base: number
  readonly salt: number
  readonly count: number
  /** Where the records end. */
  readonly dataEnd: number
  /** The CRC-32C over the CRCs of all records, in order. */
  readonly recordsCrc: number
  readonly firstTimestamp: number
  readonly lastTimestamp: number
  readonly index: readonly IndexEntry[]
}

export function encodeSegmentFooter(footer: SegmentFooter): Uint8Array {
  const length = FOOTER_FIXED_BYTES + footer.index.length * ENTRY_BYTES + FOOTER_TRAILER_BYTES
  const { bytes, view } = viewOf(new Uint8Array(length))
  view.setUint32(0, FOOTER_MAGIC, true)
  view.setUint32(4, VERSION, true)
  setUint64(view, 8, footer.base)
  setUint64(view, 16, footer.count)
  setUint64(view, 24, footer.dataEnd)
  view.setUint32(32, footer.recordsCrc, true)
  view.setUint32(36, footer.index.length, true)
  view.setFloat64(40, footer.firstTimestamp, true)
  view.setFloat64(48, footer.lastTimestamp, true)
  view.setUint32(56, footer.salt, true)
  let at = FOOTER_FIXED_BYTES
  for (const entry of footer.index) {
    view.setUint32(at, entry.offset - footer.base, true)
    view.setUint32(at + 4, entry.position, true)
    view.setFloat64(at + 8, entry.timestamp, true)
    at += ENTRY_BYTES
  }
  view.setUint32(at, length, true)
  view.setUint32(at + 4, crc32c(bytes, 0, at + 4), true)
  view.setUint32(at + 8, FOOTER_MAGIC, true)
  return bytes
}

/** How long the footer is by its trailer, or undefined when that is none. */
export function footerLength(trailer: Uint8Array): number | undefined {
  if (trailer.length < FOOTER_TRAILER_BYTES) return undefined
  const { view } = viewOf(trailer)
  const length = view.getUint32(0, true)
  const isSound =
    view.getUint32(8, true) === FOOTER_MAGIC &&
    length >= FOOTER_FIXED_BYTES + FOOTER_TRAILER_BYTES &&
    (length - FOOTER_FIXED_BYTES - FOOTER_TRAILER_BYTES) % ENTRY_BYTES === 0
  return isSound ? length : undefined
}

export function decodeSegmentFooter(bytes: Uint8Array): SegmentFooter | undefined {
  if (footerLength(bytes.subarray(-FOOTER_TRAILER_BYTES)) !== bytes.length) return undefined
  const { view } = viewOf(bytes)
  const trailer = bytes.length - FOOTER_TRAILER_BYTES
  if (view.getUint32(trailer + 4, true) !== crc32c(bytes, 0, trailer + 4)) return undefined
  if (view.getUint32(0, true) !== FOOTER_MAGIC || view.getUint32(4, true) !== VERSION) {
    return undefined
  }
  const base = getUint64(view, 8)
  const index: IndexEntry[] = []
  for (let at = FOOTER_FIXED_BYTES; at < trailer; at += ENTRY_BYTES) {
    index.push({
      offset: base + view.getUint32(at, true),
      position: view.getUint32(at + 4, true),
      timestamp: view.getFloat64(at + 8, true),
    })
  }
  return {
    base,
    salt: view.getUint32(56, true),
    count: getUint64(view, 16),
    dataEnd: getUint64(view, 24),
    recordsCrc: view.getUint32(32, true),
    firstTimestamp: view.getFloat64(40, true),
    lastTimestamp: view.getFloat64(48, true),
    index,
  }
}
