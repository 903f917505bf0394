// The reading side for readers that lag behind what is in memory: pure, synchronous logic over a Disk. It
// checks the CRC of every record it answers. What it learns of a segment (footer, or an index found by
// reading) is kept, and may be forgotten at any time.

import {
  INDEX_STEP_BYTES,
  READ_CHUNK_BYTES_MAX,
  READ_CHUNK_BYTES_MIN,
  READ_CHUNK_BYTES_PER_RECORD,
  READ_SIZE_BYTES_MAX,
} from '../../limits.ts'
import { isMissingFile, type Disk, type DiskHandle } from './disk.ts'
import {
  checkRecord,
  claimedSize,
  isMark,
  sequenceAt,
  timestampAt,
  viewOf,
  type Bytes,
} from './record.ts'
import { scanSegment, type Scan } from './scan.ts'
import { readFooter, readHeader, readRange, segmentPath, withFile } from './segment-file.ts'
import { addToIndex, lastEntry, SEGMENT_HEADER_BYTES, type IndexEntry } from './segment.ts'

/** A segment as the log knows it when it asks. */
export interface SegmentPart {
  readonly base: number
  /** Records from here on are not to be shown. */
  readonly end: number
  readonly dataEnd: number
  readonly isSealed: boolean
}

export interface ReadRequest {
  readonly segment: SegmentPart
  readonly offset: number
  readonly recordsMax: number
}

export type ReadAnswer =
  /** Sound records in file form, the first of them `offset`; marks may stand between. */
  | { readonly kind: 'records'; readonly bytes: Uint8Array; readonly count: number }
  | { readonly kind: 'damaged'; readonly from: number; readonly to: number }
  /** The segment's file is not there. */
  | { readonly kind: 'gone' }

interface Known {
  readonly salt: number | undefined
  readonly index: IndexEntry[]
  /** The whole segment's scan, made once damage was met; for its `end` alone. */
  scan: { readonly end: number; readonly result: Scan } | undefined
}

const SEGMENTS_KNOWN_MAX = 64

export class SegmentReader {
  readonly #disk: Disk
  readonly #directory: string
  readonly #known = new Map<number, Known>()

  constructor(options: { readonly disk: Disk; readonly directory: string }) {
    this.#disk = options.disk
    this.#directory = options.directory
  }

  read(request: ReadRequest): ReadAnswer {
    return this.#withSegment(request.segment, (handle, known) => {
      const limit = Math.min(request.recordsMax, request.segment.end - request.offset)
      return this.#readFrom(handle, known, { ...request, recordsMax: limit })
    })
  }

  /** The first offset of the segment whose timestamp is not before `timestamp`; its end when there is none. */
  offsetAt(segment: SegmentPart, timestamp: number): number {
    // The first read learns the index.
    this.read({ segment, offset: segment.base, recordsMax: 1 })
    const index = this.#known.get(segment.base)?.index ?? []
    const entry = lastEntry(index, (entry) => entry.timestamp < timestamp)
    let offset = entry !== undefined && entry.offset < segment.end ? entry.offset : segment.base
    while (offset < segment.end) {
      const answer = this.read({ segment, offset, recordsMax: Infinity })
      if (answer.kind === 'gone') return segment.end
      if (answer.kind === 'damaged') {
        offset = Math.max(answer.to, offset + 1)
        continue
      }
      const found = findTimestamp(answer.bytes, timestamp)
      if (found !== undefined) return found
      offset += answer.count
    }
    return segment.end
  }

  forget(bases: readonly number[]): void {
    for (const base of bases) this.#known.delete(base)
  }

  #withSegment(
    segment: SegmentPart,
    use: (handle: DiskHandle, known: Known) => ReadAnswer,
  ): ReadAnswer {
    try {
      return withFile(this.#disk, segmentPath(this.#directory, segment.base), (handle) =>
        use(handle, this.#know(handle, segment)),
      )
    } catch (error) {
      if (isMissingFile(error)) return { kind: 'gone' }
      throw error
    }
  }

  #know(handle: DiskHandle, segment: SegmentPart): Known {
    const before = this.#known.get(segment.base)
    if (before !== undefined) return before
    const salt = readHeader(this.#disk, handle)?.header.salt ?? this.#saltOfOthers()
    const footer =
      segment.isSealed && salt !== undefined
        ? readFooter(this.#disk, handle, { base: segment.base, salt })
        : undefined
    const known: Known = { salt, index: Array.from(footer?.index ?? []), scan: undefined }
    if (this.#known.size >= SEGMENTS_KNOWN_MAX) {
      this.#known.delete(this.#known.keys().next().value!)
    }
    this.#known.set(segment.base, known)
    return known
  }

  /** All segments of a log share their salt, so any sound header serves for one that lost its own. */
  #saltOfOthers(): number | undefined {
    for (const name of this.#disk.list(this.#directory).sort().reverse()) {
      if (!name.endsWith('.log')) continue
      const path = `${this.#directory}/${name}`
      const found = withFile(this.#disk, path, (handle) => readHeader(this.#disk, handle))
      if (found !== undefined) return found.header.salt
    }
    return undefined
  }

  #readFrom(handle: DiskHandle, known: Known, request: ReadRequest): ReadAnswer {
    const { segment, offset } = request
    if (known.salt === undefined) return { kind: 'damaged', from: segment.base, to: segment.end }
    const damaged = this.#damageAt(known, segment, offset)
    if (damaged !== undefined) return damaged
    const entry = this.#startFor(known, segment, offset)
    const walk = new Walk(known.salt, entry, request, known.index)
    let chunk = chunkFor(request.recordsMax)
    while (!walk.isDone && walk.position < segment.dataEnd) {
      const length = Math.min(chunk, segment.dataEnd - walk.position)
      const bytes = viewOf(readRange(this.#disk, handle, walk.position, length))
      const before = walk.position
      const needed = walk.take(bytes)
      if (walk.position > before) continue
      if (needed > bytes.bytes.length && walk.position + needed <= segment.dataEnd) {
        chunk = Math.max(chunk, needed)
        continue
      }
      break
    }
    if (walk.count > 0) return { kind: 'records', bytes: walk.bytes(), count: walk.count }
    return this.#scanFor(handle, known, request)
  }

  /** Damage stands before or at the wanted record: the whole segment says how far it goes. */
  #scanFor(handle: DiskHandle, known: Known, request: ReadRequest): ReadAnswer {
    const { segment, offset } = request
    if (known.scan?.end !== segment.end) {
      const whole = readRange(this.#disk, handle, 0, segment.dataEnd)
      const result = scanSegment(whole, {
        base: segment.base,
        salt: known.salt!,
        endSequence: segment.end,
      })
      known.scan = { end: segment.end, result }
      known.index.splice(0, known.index.length, ...result.index)
      return this.#readFrom(handle, known, request)
    }
    return { kind: 'damaged', from: offset, to: segment.end }
  }

  #damageAt(known: Known, segment: SegmentPart, offset: number): ReadAnswer | undefined {
    if (known.scan === undefined || known.scan.end !== segment.end) return undefined
    const { damages, end } = known.scan.result
    if (offset >= end) return { kind: 'damaged', from: end, to: segment.end }
    const damage = damages.find((one) => one.from <= offset && offset < one.to)
    return damage === undefined ? undefined : { kind: 'damaged', from: damage.from, to: damage.to }
  }

  /** The nearest place at or before the record from which sound records lead to it. */
  #startFor(known: Known, segment: SegmentPart, offset: number): Place {
    const entry = lastEntry(known.index, (entry) => entry.offset <= offset)
    let start: Place = entry ?? { offset: segment.base, position: SEGMENT_HEADER_BYTES }
    for (const damage of known.scan?.result.damages ?? []) {
      if (damage.to <= offset && damage.to > start.offset) {
        start = { offset: damage.to, position: damage.resumeAt }
      } else if (damage.to === start.offset && damage.position === start.position) {
        start = { offset: damage.to, position: damage.resumeAt }
      }
    }
    return start
  }
}

function chunkFor(recordsMax: number): number {
  const wanted = READ_CHUNK_BYTES_MIN + recordsMax * READ_CHUNK_BYTES_PER_RECORD
  return Math.min(READ_CHUNK_BYTES_MAX, wanted)
}

interface Place {
  readonly offset: number
  readonly position: number
}

/** Goes over records chunk by chunk, keeping those that were asked for. */
class Walk {
  readonly #salt: number
  readonly #request: ReadRequest
  readonly #index: IndexEntry[]
  readonly #parts: Uint8Array[] = []
  #size = 0
  #sequence: number
  position: number
  count = 0
  isDone = false

  constructor(salt: number, start: Place, request: ReadRequest, index: IndexEntry[]) {
    this.#salt = salt
    this.#request = request
    this.#index = index
    this.#sequence = start.offset
    this.position = start.position
  }

  /** Takes the sound records that the chunk at `position` begins with; answers what the next one needs. */
  take(chunk: Bytes): number {
    let at = 0
    let keepFrom = 0
    while (!this.isDone) {
      const size = checkRecord(chunk, at, this.#salt)
      if (size === 0 || sequenceAt(chunk, at) !== this.#sequence) break
      if (!isMark(chunk, at)) {
        if (this.#sequence < this.#request.offset) keepFrom = at + size
        else this.#keep(size)
        this.#learn(chunk, at)
        this.#sequence += 1
      }
      at += size
    }
    if (this.count > 0 && at > keepFrom) this.#parts.push(chunk.bytes.subarray(keepFrom, at))
    this.position += at
    return claimedSize(chunk, at)
  }

  bytes(): Uint8Array {
    const [first] = this.#parts
    if (this.#parts.length === 1 && first !== undefined) return first
    const joined = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of this.#parts) {
      joined.set(part, at)
      at += part.length
    }
    return joined
  }

  #keep(size: number): void {
    this.count += 1
    this.#size += size
    this.isDone = this.count >= this.#request.recordsMax || this.#size >= READ_SIZE_BYTES_MAX
  }

  /** An index that has no footer grows as its segment is read; only from its end, so that it has no gaps. */
  #learn(chunk: Bytes, at: number): void {
    const last = this.#index.at(-1)
    const position = this.position + at
    if (last !== undefined && position < last.position + INDEX_STEP_BYTES) return
    addToIndex(this.#index, {
      offset: this.#sequence,
      position,
      timestamp: timestampAt(chunk, at),
    })
  }
}

function findTimestamp(records: Uint8Array, timestamp: number): number | undefined {
  const from = viewOf(records)
  for (let at = 0; at < records.length;) {
    if (!isMark(from, at) && timestampAt(from, at) >= timestamp) return sequenceAt(from, at)
    at += claimedSize(from, at)
  }
  return undefined
}
