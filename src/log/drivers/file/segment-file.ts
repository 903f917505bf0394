// Reading segment files over a Disk: header, footer, the whole. Whatever cannot be read soundly is
// undefined, never a throw: only a disk that fails throws.

import { readFully, type Disk, type DiskHandle } from './disk.ts'
import {
  decodeSegmentFooter,
  decodeSegmentHeader,
  footerLength,
  FOOTER_TRAILER_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentFileName,
  type SegmentFooter,
  type SegmentHeader,
} from './segment.ts'

/** What the rest of the log needs to know of a segment. */
export interface SegmentSummary {
  readonly base: number
  /** The offset after its last record. */
  readonly end: number
  /** The byte after its last record. */
  readonly dataEnd: number
  readonly sizeBytes: number
  readonly firstTimestamp: number
  readonly lastTimestamp: number
  readonly isSealed: boolean
}

export function segmentPath(directory: string, base: number): string {
  return `${directory}/${segmentFileName(base)}`
}

/** Opens for reading, calls, and closes again whatever happens. */
export function withFile<T>(disk: Disk, path: string, use: (handle: DiskHandle) => T): T {
  const handle = disk.open(path, 'read')
  try {
    return use(handle)
  } finally {
    disk.close(handle)
  }
}

export function readRange(disk: Disk, handle: DiskHandle, at: number, length: number): Uint8Array {
  return readFully(disk, handle, new Uint8Array(length), at)
}

export function readHeader(
  disk: Disk,
  handle: DiskHandle,
): { readonly header: SegmentHeader; readonly copies: number } | undefined {
  return decodeSegmentHeader(readRange(disk, handle, 0, SEGMENT_HEADER_BYTES))
}

/** The footer, when there is a sound one that belongs to this segment. */
export function readFooter(
  disk: Disk,
  handle: DiskHandle,
  segment: { readonly base: number; readonly salt: number },
): SegmentFooter | undefined {
  const size = disk.size(handle)
  if (size < SEGMENT_HEADER_BYTES + FOOTER_TRAILER_BYTES) return undefined
  const trailer = readRange(disk, handle, size - FOOTER_TRAILER_BYTES, FOOTER_TRAILER_BYTES)
  const length = footerLength(trailer)
  if (length === undefined || length > size - SEGMENT_HEADER_BYTES) return undefined
  const footer = decodeSegmentFooter(readRange(disk, handle, size - length, length))
  const isOwn =
    footer !== undefined &&
    footer.base === segment.base &&
    footer.salt === segment.salt &&
    footer.dataEnd === size - length
  return isOwn ? footer : undefined
}
