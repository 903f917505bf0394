// The archives on disk: a series of segments each, opened when needed, written, read, thinned and removed.
// Synchronous, because it lives in a thread of its own, where compressing and waiting for the disk delay nobody.
//
//   DIRECTORY/<uid of the archive>/<segment files of `log`>
//
// Invariant: an event lies in an archive once: what an append brings a second time is left out by its offset.
// Invariant: at most `seriesMax` archives hold a file open.

import type { Clock, Logger, Random } from '../base/index.ts'
import type { ReplayTarget } from '../event/index.ts'
import { type Disk, removeSegments, Segments } from '../log/index.ts'
import {
  type ArchivedEvent,
  type BlockDraft,
  type BlockHeader,
  decodeBlock,
  decodeBlockHeader,
  encodeBlock,
  withoutKnown,
} from './block.ts'
import { BLOCKS_PER_READ_MAX } from './limits.ts'
import { Packer } from './packer.ts'

export interface ShelfOptions {
  readonly directory: string
  readonly disk: Disk
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Random
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly segmentSizeBytesMax: number
  readonly segmentAgeMsMax: number
  readonly seriesMax: number
  readonly freeBytesMin?: number
}

export interface ArchiveStats {
  readonly events: number
  /** Of the events' records, before compression. */
  readonly sizeBytes: number
  /** Of its files. */
  readonly storedBytes: number
  /** Block positions: the oldest kept, and the next to be written. */
  readonly start: number
  readonly end: number
  /** Blocks that opening found damaged. */
  readonly damaged: number
}

export interface ArchiveRead {
  /** Blocks from this position to that one. */
  readonly from: number
  readonly until: number
  /** Only events that happened from here to there, whole seconds, both included. */
  readonly earliest: number
  readonly latest: number
  /** Only events archived after this, wall milliseconds: what is older waits for its segment to go. */
  readonly writtenAfter: number
  /** Leaves out so many of the first block's wanted events. */
  readonly skip: number
  readonly eventsMax: number
  /** Goes on with further blocks until it has so many bytes; absent = one block that has any. */
  readonly sizeBytesMin?: number
  /** Makes log records of them as this replay brings them back; absent = as they were archived. */
  readonly replay?: ReplayOrder
}

export interface ReplayOrder {
  readonly name: string
  /** The how manieth of the replay the first event of this read is. */
  readonly nth: number
  readonly target: ReplayTarget
}

export interface ArchivedEvents {
  /** The records, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where each of them ends. */
  readonly ends: Uint32Array<ArrayBuffer>
  /** Where to read on: a block, and how many of its wanted events to skip. */
  readonly next: number
  readonly skip: number
  /** When the last of them happened; undefined when there are none. */
  readonly lastTime: number | undefined
}

interface Series {
  readonly segments: Segments
  /** The newest block. */
  last: BlockHeader | undefined
}

export class Shelf {
  readonly #options: ShelfOptions
  /** The least used first. */
  readonly #open = new Map<string, Series>()

  constructor(options: ShelfOptions) {
    this.#options = options
    options.disk.makeDirectory(options.directory)
  }

  /** Resolves to false when the disk has no room; nothing of it was kept then. */
  append(uid: string, draft: BlockDraft, timestamp: number): boolean {
    const series = this.#series(uid)
    const { last } = series
    const isSamePartition = last?.partition === draft.partition
    const fresh = isSamePartition ? withoutKnown(draft, last.last) : draft
    if (fresh === undefined) return true
    const before = {
      events: last === undefined ? 0 : last.eventsBefore + last.count,
      bytes: last === undefined ? 0 : last.bytesBefore + last.sizeBytes,
    }
    const block = encodeBlock(fresh, before)
    if (series.segments.append(block, timestamp) === undefined) return false
    series.last = decodeBlockHeader(block)
    return true
  }

  stats(uid: string): ArchiveStats {
    const { segments, last } = this.#series(uid)
    const first = last === undefined ? undefined : readHeaderFrom(segments)
    return {
      events: count(first, last),
      sizeBytes:
        first === undefined || last === undefined
          ? 0
          : last.bytesBefore + last.sizeBytes - first.bytesBefore,
      storedBytes: segments.sizeBytes,
      start: segments.start,
      end: segments.end,
      damaged: segments.damaged,
    }
  }

  /** The wanted events of the next blocks, or none and a place to go on. */
  read(uid: string, request: ArchiveRead): ArchivedEvents {
    const { segments } = this.#series(uid)
    const end = Math.min(request.until, segments.end)
    const packer = new Packer(request.replay)
    const sizeBytesMin = request.sizeBytesMin ?? 1
    let position = Math.max(request.from, segments.start)
    // What was to be skipped is gone when its block is.
    let skip = position === request.from ? request.skip : 0
    for (let looked = 0; position < end && looked < BLOCKS_PER_READ_MAX; looked += 1) {
      if (packer.sizeBytes >= sizeBytesMin || packer.count >= request.eventsMax) break
      const answer = segments.read(position)
      if (answer.kind === 'damaged') {
        position = answer.to
        skip = 0
        continue
      }
      const events = select(answer, request)
      const until = Math.min(events.length, skip + request.eventsMax - packer.count)
      for (let index = skip; index < until; index += 1) packer.add(events[index]!)
      const isWhole = until === events.length
      skip = isWhole ? 0 : until
      if (isWhole) position += 1
    }
    return { ...packer.finish(), next: Math.min(position, request.until), skip }
  }

  /** Lets segments go whose events were all archived before `timestamp`. */
  drop(uid: string, timestamp: number): void {
    this.#series(uid).segments.drop(timestamp)
  }

  remove(uid: string): void {
    this.#open.get(uid)?.segments.close()
    this.#open.delete(uid)
    if (this.#uids().includes(uid)) removeSegments(this.#path(uid), this.#options.disk)
  }

  /** Removes every archive but these: what a process that was killed had no time to. */
  keep(uids: ReadonlySet<string>): void {
    for (const uid of this.#uids()) if (!uids.has(uid)) this.remove(uid)
  }

  close(): void {
    for (const { segments } of this.#open.values()) segments.close()
    this.#open.clear()
  }

  #uids(): readonly string[] {
    return this.#options.disk.list(this.#options.directory)
  }

  #path(uid: string): string {
    return `${this.#options.directory}/${uid}`
  }

  #series(uid: string): Series {
    const known = this.#open.get(uid)
    if (known !== undefined) {
      this.#open.delete(uid)
      this.#open.set(uid, known)
      return known
    }
    if (this.#open.size >= this.#options.seriesMax) this.#closeLeastUsed()
    const segments = new Segments({ ...this.#options, directory: this.#path(uid) })
    const series: Series = { segments, last: readLastHeader(segments) }
    this.#open.set(uid, series)
    return series
  }

  #closeLeastUsed(): void {
    const [uid, series] = this.#open.entries().next().value!
    series.segments.close()
    this.#open.delete(uid)
  }
}

function select(
  { timestamp, payload }: { readonly timestamp: number; readonly payload: Uint8Array },
  { earliest, latest, writtenAfter }: ArchiveRead,
): readonly ArchivedEvent[] {
  if (timestamp <= writtenAfter) return []
  const header = decodeBlockHeader(payload)
  if (header.latest < earliest || header.earliest > latest) return []
  const events: ArchivedEvent[] = []
  for (const event of decodeBlock(payload)) {
    if (event.time >= earliest && event.time <= latest) events.push(event)
  }
  return events
}

function count(first: BlockHeader | undefined, last: BlockHeader | undefined): number {
  if (first === undefined || last === undefined) return 0
  return last.eventsBefore + last.count - first.eventsBefore
}

/** The oldest block that can be read. */
function readHeaderFrom(segments: Segments): BlockHeader | undefined {
  let position = segments.start
  while (position < segments.end) {
    const answer = segments.read(position)
    if (answer.kind === 'record') return decodeBlockHeader(answer.payload)
    position = answer.to
  }
  return undefined
}

function readLastHeader(segments: Segments): BlockHeader | undefined {
  for (let position = segments.end - 1; position >= segments.start; position -= 1) {
    const answer = segments.read(position)
    if (answer.kind === 'record') return decodeBlockHeader(answer.payload)
  }
  return undefined
}
