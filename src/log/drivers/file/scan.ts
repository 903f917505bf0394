// Reads the whole of a segment and says what of it is sound: the index of its records, each damaged range
// and where sound records go on behind it, and whether something proves that the damage was durable once.
//
// Invariant: total. Any bytes give an answer, in time linear in their length.

import { crc32c } from '../../../base/index.ts'
import { RESYNC_LOOKAHEAD } from '../../limits.ts'
import {
  checkRecord,
  claimedSize,
  crcAt,
  durableBeforeAt,
  isMark,
  RECORD_BYTES_MIN,
  RECORD_MAGIC_BYTES,
  sequenceAt,
  timestampAt,
  viewOf,
  type Bytes,
} from './record.ts'
import { addToIndex, SEGMENT_HEADER_BYTES, type IndexEntry } from './segment.ts'

// What a search for records may spend on CRCs, in segment lengths: crafted payloads can make it dear.
const SEARCH_BUDGET_LENGTHS = 8

export interface ScanOptions {
  readonly base: number
  readonly salt: number
  /** Records from here on are not of this segment. */
  readonly endSequence?: number
}

/** Records `from` to `to` (exclusive) are damaged; sound ones go on at byte `resumeAt`. */
export interface Damage {
  readonly from: number
  readonly to: number
  readonly position: number
  readonly resumeAt: number
  /** A later record says that record `from` was durable, so this is no torn write. */
  readonly isProven: boolean
}

export interface Scan {
  /** The offset after the last sound record. */
  readonly end: number
  /** The byte after the last sound record or mark. */
  readonly dataEnd: number
  readonly damages: readonly Damage[]
  readonly index: readonly IndexEntry[]
  readonly recordsCrc: number
  readonly firstTimestamp: number
  readonly lastTimestamp: number
  /** The records up to here were durable by what unreadable remains say; at least `end` in a sound tail. */
  readonly provenEnd: number
}

export function scanSegment(bytes: Uint8Array, options: ScanOptions): Scan {
  const from = viewOf(bytes)
  const { salt, endSequence = Infinity } = options
  const index: IndexEntry[] = []
  const damages: Damage[] = []
  let search: Search | undefined
  let at = SEGMENT_HEADER_BYTES
  let end = options.base
  let recordsCrc = 0
  let firstTimestamp: number | undefined
  let lastTimestamp = 0
  while (at < bytes.length && end < endSequence) {
    const size = checkRecord(from, at, salt)
    if (size > 0 && sequenceAt(from, at) === end) {
      if (!isMark(from, at)) {
        lastTimestamp = timestampAt(from, at)
        firstTimestamp ??= lastTimestamp
        addToIndex(index, { offset: end, position: at, timestamp: lastTimestamp })
        recordsCrc = foldCrc(recordsCrc, crcAt(from, at))
        end += 1
      }
      at += size
      continue
    }
    search ??= searchRecords(from, at, salt)
    const next = resync(search, at, end)
    if (next === undefined || next.sequence > endSequence) break
    damages.push({
      from: end,
      to: next.sequence,
      position: at,
      resumeAt: next.at,
      isProven: isProven(search, at, end),
    })
    at = next.at
    end = next.sequence
  }
  return {
    end,
    dataEnd: Math.min(at, bytes.length),
    damages,
    index,
    recordsCrc,
    firstTimestamp: firstTimestamp ?? 0,
    lastTimestamp,
    provenEnd:
      at < bytes.length && end < endSequence ? tailProvenEnd(from, at, end, salt, search) : end,
  }
}

const crcBytes = viewOf(new Uint8Array(4))

/** The running CRC over record CRCs, which a footer seals. */
export function foldCrc(running: number, crc: number): number {
  crcBytes.view.setUint32(0, crc, true)
  return crc32c(crcBytes.bytes, 0, 4, running)
}

interface Candidate {
  readonly at: number
  readonly sequence: number
  readonly durableBefore: number
}

interface Search {
  readonly candidates: readonly Candidate[]
  /** The search gave up, so nothing can be called a torn tail. */
  readonly isExhausted: boolean
}

/** Every record with a sound CRC from `start` on, in order of place, whatever its sequence. */
function searchRecords(from: Bytes, start: number, salt: number): Search {
  const buffer = Buffer.from(from.bytes.buffer, from.bytes.byteOffset, from.bytes.byteLength)
  const candidates: Candidate[] = []
  let budget = from.bytes.length * SEARCH_BUDGET_LENGTHS
  let at = buffer.indexOf(RECORD_MAGIC_BYTES, start)
  while (at !== -1) {
    const claimed = claimedSize(from, at)
    if (claimed <= from.bytes.length - at) budget -= claimed
    if (budget < 0) return { candidates, isExhausted: true }
    const size = checkRecord(from, at, salt)
    if (size > 0) {
      candidates.push({
        at,
        sequence: sequenceAt(from, at),
        durableBefore: durableBeforeAt(from, at),
      })
    }
    at = buffer.indexOf(RECORD_MAGIC_BYTES, at + Math.max(size, 1))
  }
  return { candidates, isExhausted: false }
}

/**
 * The next record that is in its place: far enough behind for the missing ones to have stood between, and
 * none soon after it has a sequence that should have come before (which a misdirected copy would show).
 */
function resync(search: Search, at: number, expected: number): Candidate | undefined {
  const { candidates } = search
  for (let index = firstFrom(candidates, at); index < candidates.length; index += 1) {
    const candidate = candidates[index]!
    const missing = candidate.sequence - expected
    if (missing < 0 || missing * RECORD_BYTES_MIN > candidate.at - at) continue
    if (isInPlace(candidates, index, expected)) return candidate
  }
  return undefined
}

function isInPlace(candidates: readonly Candidate[], index: number, expected: number): boolean {
  const { sequence } = candidates[index]!
  const last = Math.min(candidates.length - 1, index + RESYNC_LOOKAHEAD)
  for (let later = index + 1; later <= last; later += 1) {
    const other = candidates[later]!.sequence
    if (other >= expected && other < sequence) return false
  }
  return true
}

function isProven(search: Search, at: number, offset: number): boolean {
  return search.isExhausted || durableEnd(search, at) > offset
}

function tailProvenEnd(
  from: Bytes,
  at: number,
  end: number,
  salt: number,
  search: Search | undefined,
): number {
  const remains = search ?? searchRecords(from, at, salt)
  // Who gave up looking must suppose as many records as there is room for, so that no offset repeats.
  if (remains.isExhausted) return end + Math.ceil((from.bytes.length - at) / RECORD_BYTES_MIN)
  return Math.max(end, durableEnd(remains, at))
}

function durableEnd(search: Search, at: number): number {
  let end = 0
  for (let index = search.candidates.length - 1; index >= 0; index -= 1) {
    const candidate = search.candidates[index]!
    if (candidate.at < at) break
    end = Math.max(end, candidate.durableBefore)
  }
  return end
}

/** The first candidate at or behind byte `at`. */
function firstFrom(candidates: readonly Candidate[], at: number): number {
  let low = 0
  let high = candidates.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (candidates[middle]!.at < at) low = middle + 1
    else high = middle
  }
  return low
}
