// Opening a log's directory: what is there, what is damaged, where appends go on.
//
// Sealed segments are taken by header and footer; only a segment without a sound footer is read in full. In
// the last one an invalid record is a torn tail, and is cut, unless something says that it was durable once:
// a later record, or the caller. Then it is damage: no byte of the file is touched again, the range is
// quarantined, and appends go on in a new segment.

import type { Logger } from '../../../base/index.ts'
import type { QuarantinedRange } from '../../log.ts'
import { writeFully, type Disk, type DiskHandle } from './disk.ts'
import { claimedSize, durableBeforeAt, RECORD_BYTES_MIN, viewOf } from './record.ts'
import { scanSegment, type Scan } from './scan.ts'
import {
  readFooter,
  readHeader,
  readRange,
  segmentPath,
  withFile,
  type SegmentSummary,
} from './segment-file.ts'
import { parseSegmentFileName, SEGMENT_HEADER_BYTES, type SegmentFooter } from './segment.ts'

export interface RecoverOptions {
  readonly disk: Disk
  readonly directory: string
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Records below this offset are known to have been durable. */
  readonly knownDurable: number
  /** Reads every sealed segment in full too. */
  readonly verify: boolean
}

export interface Recovered {
  /** Ascending, all with a file. */
  readonly segments: readonly SegmentSummary[]
  readonly quarantined: readonly QuarantinedRange[]
  readonly nextOffset: number
  readonly lastTimestamp: number
  /** Undefined when the log is new. */
  readonly salt: number | undefined
  /** The last segment's scan, when appends may go on in it. */
  readonly active: Scan | undefined
}

export function recover(options: RecoverOptions): Recovered {
  const { disk, directory } = options
  disk.makeDirectory(directory)
  const bases = listSegments(options)
  const salt = findSalt(options, bases)
  const opened = bases.map((base, index) =>
    openSegment(options, { base, salt, nextBase: bases[index + 1] }),
  )
  const quarantined = opened.flatMap((one) => one.quarantined)
  const last = opened.at(-1)
  let nextOffset = last?.nextOffset ?? 0
  let active = last?.active
  if (nextOffset < options.knownDurable) {
    quarantined.push(range(nextOffset, options.knownDurable, 'durable records are missing'))
    nextOffset = options.knownDurable
    active = undefined
  }
  report(options, quarantined)
  const segments = opened.map((one) => one.summary)
  return {
    segments,
    quarantined,
    nextOffset,
    lastTimestamp: segments.reduce((latest, one) => Math.max(latest, one.lastTimestamp), 0),
    salt,
    active,
  }
}

function listSegments({ disk, directory }: RecoverOptions): number[] {
  const bases: number[] = []
  for (const name of disk.list(directory)) {
    const base = parseSegmentFileName(name)
    if (base !== undefined) bases.push(base)
    // A segment that was being made: it never held a record.
    else if (name.endsWith('.log.tmp')) disk.unlink(`${directory}/${name}`)
  }
  return bases.sort((a, b) => a - b)
}

/** Any sound header tells the salt, since all of a log's segments share it. */
function findSalt(
  { disk, directory }: RecoverOptions,
  bases: readonly number[],
): number | undefined {
  for (const base of bases.toReversed()) {
    const found = withFile(disk, segmentPath(directory, base), (handle) => readHeader(disk, handle))
    if (found !== undefined) return found.header.salt
  }
  return undefined
}

interface Place {
  readonly base: number
  readonly salt: number | undefined
  /** Undefined for the last segment. */
  readonly nextBase: number | undefined
}

interface ReadablePlace extends Place {
  readonly salt: number
  readonly hasHeader: boolean
}

interface Opened {
  readonly summary: SegmentSummary
  readonly quarantined: readonly QuarantinedRange[]
  readonly nextOffset: number
  readonly active: Scan | undefined
}

function openSegment(options: RecoverOptions, place: Place): Opened {
  const { disk, directory, logger } = options
  return withFile(disk, segmentPath(directory, place.base), (handle) => {
    const found = readHeader(disk, handle)
    const isOwnHeader = found !== undefined && found.header.base === place.base
    if (!isOwnHeader || found.copies < 2) {
      logger.warn('the header of a log segment is damaged', { segment: place.base })
    }
    if (place.salt === undefined) return unreadable(place, disk.size(handle))
    const own = { ...place, salt: place.salt, hasHeader: isOwnHeader }
    const footer = readFooter(disk, handle, own)
    if (footer !== undefined && !options.verify) return sealed(place, footer, disk.size(handle))
    return openByScan(options, own, handle, footer)
  })
}

function sealed(place: Place, footer: SegmentFooter, sizeBytes: number): Opened {
  const end = Math.min(footer.base + footer.count, place.nextBase ?? Infinity)
  return {
    summary: {
      base: place.base,
      end,
      dataEnd: footer.dataEnd,
      sizeBytes,
      firstTimestamp: footer.firstTimestamp,
      lastTimestamp: footer.lastTimestamp,
      isSealed: true,
    },
    quarantined: missingBetween(end, place.nextBase),
    nextOffset: end,
    active: undefined,
  }
}

function openByScan(
  options: RecoverOptions,
  place: ReadablePlace,
  handle: DiskHandle,
  footer: SegmentFooter | undefined,
): Opened {
  const { disk } = options
  const sizeBytes = disk.size(handle)
  const whole = readRange(disk, handle, 0, footer?.dataEnd ?? sizeBytes)
  const sealedEnd = footer === undefined ? undefined : footer.base + footer.count
  const endSequence = place.nextBase ?? sealedEnd
  const isLast = endSequence === undefined
  const scan = scanSegment(whole, {
    base: place.base,
    salt: place.salt,
    ...(isLast ? {} : { endSequence }),
  })
  if (isLast) return openTail(options, place, whole, scan)
  if (footer === undefined) {
    options.logger.warn('a log segment has no sound footer, its index is rebuilt', {
      segment: place.base,
    })
  } else if (scan.damages.length === 0 && scan.recordsCrc !== footer.recordsCrc) {
    options.logger.error('the records of a log segment are not those that were sealed', {
      segment: place.base,
    })
  }
  return {
    summary: summarize(place.base, scan, sizeBytes, footer !== undefined),
    quarantined: [
      ...damagedRanges(scan),
      ...missingBetween(scan.end, sealedEnd ?? endSequence),
      ...missingBetween(Math.max(scan.end, sealedEnd ?? 0), place.nextBase),
    ],
    nextOffset: Math.max(scan.end, sealedEnd ?? 0),
    active: undefined,
  }
}

/** The last segment: cuts what was never durable, keeps what was. */
function openTail(
  options: RecoverOptions,
  place: ReadablePlace,
  whole: Uint8Array,
  scan: Scan,
): Opened {
  const torn = scan.damages.find(
    (damage) => !damage.isProven && damage.from >= options.knownDurable,
  )
  const kept =
    torn === undefined
      ? scan
      : {
          ...scanSegment(whole, { base: place.base, salt: place.salt, endSequence: torn.from }),
          provenEnd: torn.from,
        }
  // A lost header means lost records, how many is not known; and its file name is not to be used again.
  const isWhole = place.hasHeader && whole.length >= SEGMENT_HEADER_BYTES
  const provenEnd = Math.max(kept.provenEnd, options.knownDurable, isWhole ? 0 : kept.end + 1)
  const isDamaged = kept.damages.length > 0 || provenEnd > kept.end
  if (!isDamaged && kept.dataEnd < whole.length) cutTail(options, place.base, whole, kept)
  if (!isDamaged) rewriteLastBatch(options, place.base, whole, kept)
  return {
    summary: summarize(place.base, kept, isDamaged ? whole.length : kept.dataEnd, false),
    quarantined: [
      ...damagedRanges(kept),
      ...(provenEnd > kept.end ? [range(kept.end, provenEnd, DAMAGED)] : []),
    ],
    nextOffset: Math.max(kept.end, provenEnd),
    active: isDamaged ? undefined : kept,
  }
}

function cutTail(options: RecoverOptions, base: number, whole: Uint8Array, scan: Scan): void {
  const { disk, directory, logger } = options
  logger.warn('the torn tail of the log is cut', {
    segment: base,
    offset: scan.end,
    fromByte: scan.dataEnd,
    sizeBytes: whole.length - scan.dataEnd,
  })
  const handle = disk.open(segmentPath(directory, base), 'write')
  try {
    disk.truncate(handle, scan.dataEnd)
    disk.syncData(handle)
  } finally {
    disk.close(handle)
  }
}

/**
 * Writes the last batch again, over itself. Its sync may have failed: then the kernel still shows the bytes but
 * calls them clean, and the sync that follows here would find nothing to do. What came before was synced, or
 * this batch would not have been written.
 */
function rewriteLastBatch(
  { disk, directory }: RecoverOptions,
  base: number,
  whole: Uint8Array,
  scan: Scan,
): void {
  const from = lastBatchPosition(whole, scan)
  if (from >= scan.dataEnd) return
  const handle = disk.open(segmentPath(directory, base), 'write')
  try {
    writeFully(disk, handle, whole.subarray(from, scan.dataEnd), from)
    disk.syncData(handle)
  } finally {
    disk.close(handle)
  }
}

function lastBatchPosition(whole: Uint8Array, scan: Scan): number {
  const bytes = viewOf(whole)
  let position = SEGMENT_HEADER_BYTES
  let batchBegan = -1
  let from = position
  while (position < scan.dataEnd) {
    const durableBefore = durableBeforeAt(bytes, position)
    if (durableBefore !== batchBegan) {
      batchBegan = durableBefore
      from = position
    }
    position += claimedSize(bytes, position)
  }
  return from
}

/** A segment of which not even the salt is left: as many offsets are given up as it can have held. */
function unreadable(place: Place, sizeBytes: number): Opened {
  const countMax = Math.max(1, Math.ceil((sizeBytes - SEGMENT_HEADER_BYTES) / RECORD_BYTES_MIN))
  const end = place.nextBase ?? place.base + countMax
  return {
    summary: {
      base: place.base,
      end: place.base,
      dataEnd: SEGMENT_HEADER_BYTES,
      sizeBytes,
      firstTimestamp: 0,
      lastTimestamp: 0,
      isSealed: false,
    },
    quarantined: [range(place.base, end, 'the header of the segment is damaged')],
    nextOffset: end,
    active: undefined,
  }
}

const DAMAGED = 'records are damaged'

function summarize(base: number, scan: Scan, sizeBytes: number, isSealed: boolean): SegmentSummary {
  const { end, dataEnd, firstTimestamp, lastTimestamp } = scan
  return { base, end, dataEnd, sizeBytes, firstTimestamp, lastTimestamp, isSealed }
}

function damagedRanges(scan: Scan): QuarantinedRange[] {
  return scan.damages
    .filter((damage) => damage.to > damage.from)
    .map((damage) => range(damage.from, damage.to, DAMAGED))
}

function missingBetween(end: number, nextBase: number | undefined): QuarantinedRange[] {
  if (nextBase === undefined || end >= nextBase) return []
  return [range(end, nextBase, 'records are missing')]
}

function range(from: number, to: number, reason: string): QuarantinedRange {
  return { partition: 0, from, to, reason }
}

function report({ logger }: RecoverOptions, quarantined: readonly QuarantinedRange[]): void {
  for (const { from, to, reason } of quarantined) {
    logger.error('a range of the log is quarantined', { from, to, reason })
  }
}
