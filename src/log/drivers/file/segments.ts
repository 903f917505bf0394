// A series of segment files for a room that keeps records of its own, in a thread of its own: the same files,
// framing, checks, recovery and quarantine as the log's, with synchronous calls and without its readers.
//
// Invariant: what `append` answered a position for is on stable storage.
// Invariant: a position is never used twice, whatever was dropped.

import type { Clock, Logger, Random } from '../../../base/index.ts'
import { BATCH_SIZE_BYTES_MIN } from '../../limits.ts'
import type { QuarantinedRange } from '../../log.ts'
import type { Disk } from './disk.ts'
import { nodeDisk } from './node-disk.ts'
import { isMark, readRecord, RECORD_HEADER_BYTES, sizeAt, viewOf, writeRecord } from './record.ts'
import type { SegmentSummary } from './segment-file.ts'
import { SegmentReader } from './segment-reader.ts'
import { SegmentStore } from './segment-store.ts'

export interface SegmentsOptions {
  /** Made when it is not there. Nobody else may write here. */
  readonly directory: string
  readonly segmentSizeBytesMax: number
  /** A segment takes no more once its oldest record is so old, so that dropping by age has whole segments to drop. */
  readonly segmentAgeMsMax: number
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Random
  readonly freeBytesMin?: number
  readonly disk?: Disk
}

/** A size that nothing fits, so that a write begins a segment of its own. */
const NEW_SEGMENT = 0

export type SegmentsRead =
  | { readonly kind: 'record'; readonly timestamp: number; readonly payload: Uint8Array }
  /** Reading goes on at `to`. */
  | { readonly kind: 'damaged'; readonly to: number }

export class Segments {
  readonly #store: SegmentStore
  readonly #ageMsMax: number
  readonly #reader: SegmentReader
  readonly #quarantined: readonly QuarantinedRange[]
  #segments: readonly SegmentSummary[]
  #end: number

  /** Throws `STORAGE_FAILED`, or what the disk threw, when the directory cannot be used. */
  constructor(options: SegmentsOptions) {
    const { disk = nodeDisk, directory } = options
    this.#ageMsMax = options.segmentAgeMsMax
    this.#store = new SegmentStore({
      ...options,
      disk,
      knownDurable: 0,
      verify: false,
      freeBytesMin: options.freeBytesMin,
    })
    this.#reader = new SegmentReader({ disk, directory })
    const { segments, nextOffset, quarantined } = this.#store.opened
    this.#segments = segments
    this.#end = nextOffset
    this.#quarantined = quarantined
  }

  /** The position of the oldest record that is kept. */
  get start(): number {
    return this.#segments[0]?.base ?? this.#end
  }

  /** The position after the newest record. */
  get end(): number {
    return this.#end
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  /** Records that opening found damaged. */
  get damaged(): number {
    return this.#quarantined.reduce((sum, { from, to }) => sum + ((to ?? this.#end) - from), 0)
  }

  /** The record's position, once it is durable; undefined when the disk has no room. */
  append(payload: Uint8Array, timestamp: number): number | undefined {
    const batch = viewOf(
      new Uint8Array(Math.max(BATCH_SIZE_BYTES_MIN, RECORD_HEADER_BYTES + payload.length)),
    )
    const sizeBytes = writeRecord(batch, 0, { kind: 'event', payload }, timestamp)
    const newest = this.#segments.at(-1)
    const isOld = newest !== undefined && timestamp - newest.firstTimestamp > this.#ageMsMax
    const result = this.#store.write(
      batch.bytes.subarray(0, sizeBytes),
      ...(isOld ? [NEW_SEGMENT] : []),
    )
    if (result.kind === 'full') return undefined
    this.#store.sync()
    const changed = [...(result.sealed === undefined ? [] : [result.sealed]), result.segment]
    const kept = this.#segments.filter(({ base }) => changed.every((one) => one.base !== base))
    this.#segments = [...kept, ...changed]
    this.#end = result.segment.end
    return result.firstOffset
  }

  /** The record at a position from `start` to `end`. */
  read(position: number): SegmentsRead {
    const segment = this.#segments.find(({ base, end }) => base <= position && position < end)
    if (segment === undefined) return { kind: 'damaged', to: this.#after(position) }
    const answer = this.#reader.read({ segment, offset: position, recordsMax: 1 })
    if (answer.kind === 'gone') return { kind: 'damaged', to: segment.end }
    if (answer.kind === 'damaged') {
      return { kind: 'damaged', to: Math.max(answer.to, position + 1) }
    }
    const from = viewOf(answer.bytes)
    let at = 0
    while (isMark(from, at)) at += sizeAt(from, at)
    const { timestamp, payload } = readRecord(from, at, position)
    return { kind: 'record', timestamp, payload }
  }

  /** Lets whole segments go whose records are all older than `timestamp`; the newest always stays. */
  drop(timestamp: number): void {
    const old = this.#segments
      .slice(0, -1)
      .filter(({ lastTimestamp }) => lastTimestamp < timestamp)
      .map(({ base }) => base)
    if (old.length === 0) return
    this.#store.remove(old)
    this.#reader.forget(old)
    this.#segments = this.#segments.filter(({ base }) => !old.includes(base))
  }

  close(): void {
    this.#store.close()
  }

  #after(position: number): number {
    return this.#segments.find(({ base }) => base > position)?.base ?? this.#end
  }
}

/** Removes a series that is closed, with its directory. */
export function removeSegments(directory: string, disk: Disk = nodeDisk): void {
  for (const name of disk.list(directory)) disk.unlink(`${directory}/${name}`)
  disk.removeDirectory(directory)
}
