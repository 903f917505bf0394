// The writing side of the log: pure, synchronous logic over a Disk. A batch goes write → sync; the caller
// may let time pass between the two (a simulator does), but must not write again before the sync.
//
//   open ──write──> written ──sync──> open        write without room: refused, truncated back, stays open
//   any  ──failed write, sync, truncate──> failed (for good: an fsync is never repeated)

import { AppError, type Clock, type Logger, type Random } from '../../../base/index.ts'
import type { QuarantinedRange } from '../../log.ts'
import {
  FREE_BYTES_MIN_DEFAULT,
  FREE_CHECK_INTERVAL_MS,
  FREE_SHARE_MIN_DEFAULT,
} from '../../limits.ts'
import { isDiskFull, isMissingFile, writeFully, type Disk, type DiskHandle } from './disk.ts'
import { createMark, sealRecords, viewOf } from './record.ts'
import { recover, type Recovered } from './recover.ts'
import { foldCrc } from './scan.ts'
import { segmentPath, type SegmentSummary } from './segment-file.ts'
import {
  addToIndex,
  encodeSegmentFooter,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type IndexEntry,
} from './segment.ts'

export interface SegmentStoreOptions {
  readonly disk: Disk
  readonly directory: string
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Random
  readonly segmentSizeBytesMax: number
  readonly knownDurable: number
  readonly verify: boolean
  /** Appends are refused below so many free bytes; by default 512 MiB or 5 % of the disk. */
  readonly freeBytesMin: number | undefined
}

export interface StoreState {
  readonly segments: readonly SegmentSummary[]
  readonly quarantined: readonly QuarantinedRange[]
  readonly nextOffset: number
  readonly lastTimestamp: number
}

export type WriteResult =
  | {
      readonly kind: 'written'
      readonly firstOffset: number
      /** The segment that took the batch, as it is now. */
      readonly segment: SegmentSummary
      /** The one before it, when this batch began a new segment. */
      readonly sealed: SegmentSummary | undefined
    }
  | { readonly kind: 'full'; readonly reason: string }

interface ActiveSegment {
  readonly handle: DiskHandle
  readonly base: number
  readonly index: IndexEntry[]
  end: number
  dataEnd: number
  recordsCrc: number
  firstTimestamp: number
  lastTimestamp: number
}

export class SegmentStore {
  readonly #options: SegmentStoreOptions
  readonly #salt: number
  readonly opened: StoreState
  #active: ActiveSegment | undefined
  #nextOffset: number
  #failure: AppError | undefined
  #isMarked = true
  /** Sealed but not yet told to the caller, who learns of it with the next batch. */
  #sealed: SegmentSummary | undefined
  #space = { checkedAt: -Infinity, room: 0, isFull: false }

  constructor(options: SegmentStoreOptions) {
    this.#options = options
    const recovered = recover(options)
    this.#salt = recovered.salt ?? viewOf(options.random.bytes(4)).view.getUint32(0, true)
    this.#nextOffset = recovered.nextOffset
    // A killed process may have made or removed files without syncing their names.
    options.disk.syncDirectory(options.directory)
    this.#active = this.#reopen(recovered)
    this.opened = {
      segments: recovered.segments,
      quarantined: recovered.quarantined,
      nextOffset: recovered.nextOffset,
      lastTimestamp: recovered.lastTimestamp,
    }
  }

  /**
   * Writes a batch of `writeRecord` records, not yet durable: nothing may be shown before `sync`. It begins a new
   * segment when the newest would grow beyond `segmentSizeBytesMax`.
   */
  write(batch: Uint8Array, segmentSizeBytesMax?: number): WriteResult {
    this.#refuseAfterFailure()
    if (!this.#hasRoom(batch.length)) {
      return { kind: 'full', reason: 'the disk has less free space than the log keeps in reserve' }
    }
    try {
      this.#roll(batch.length, segmentSizeBytesMax ?? this.#options.segmentSizeBytesMax)
      this.#active ??= this.#create(this.#nextOffset)
      this.#writeInto(this.#active, batch)
    } catch (error) {
      return this.#refuseWhenFull(error)
    }
    const firstOffset = this.#nextOffset
    const sealed = this.#sealed
    this.#sealed = undefined
    this.#nextOffset = this.#active.end
    this.#isMarked = false
    return { kind: 'written', firstOffset, segment: summarize(this.#active, false), sealed }
  }

  /** Makes what was written durable. Throws once and for all when the disk cannot. */
  sync(): void {
    this.#refuseAfterFailure()
    if (this.#active !== undefined) this.#guard('sync', this.#active.handle)
  }

  /** Deletes whole segments, never the newest. */
  remove(bases: readonly number[]): void {
    this.#refuseAfterFailure()
    const { disk, directory } = this.#options
    try {
      for (const base of bases) {
        if (base === this.#active?.base) continue
        try {
          disk.unlink(segmentPath(directory, base))
        } catch (error) {
          if (!isMissingFile(error)) throw error
        }
      }
      disk.syncDirectory(directory)
    } catch (error) {
      throw this.#fail('cannot remove log segments', error)
    }
  }

  /** Leaves a mark that all is durable, so that later damage is never taken for a torn tail. */
  close(): void {
    const active = this.#active
    if (active === undefined) return
    this.#active = undefined
    const { disk } = this.#options
    if (this.#failure === undefined && !this.#isMarked) {
      const { end: sequence, lastTimestamp: timestamp } = active
      const mark = createMark({ salt: this.#salt, sequence, timestamp })
      try {
        writeFully(disk, active.handle, mark.bytes, active.dataEnd)
        disk.syncData(active.handle)
      } catch (error) {
        // All records are durable already; a torn mark is cut at the next open.
        this.#options.logger.warn('the closing mark of the log was not written', {
          error: String(error),
        })
      }
    }
    disk.close(active.handle)
  }

  #reopen({ segments, active }: Recovered): ActiveSegment | undefined {
    const last = segments.at(-1)
    if (active === undefined || last === undefined) return undefined
    const { disk, directory } = this.#options
    const handle = disk.open(segmentPath(directory, last.base), 'write')
    // What a killed process left in the page cache is shown to readers from now on, so it must be durable.
    disk.syncData(handle)
    return { handle, base: last.base, ...active, index: Array.from(active.index) }
  }

  /** Seals the active segment when the batch would take it over its size. */
  #roll(sizeBytes: number, segmentSizeBytesMax: number): void {
    const active = this.#active
    if (active === undefined || active.end === active.base) return
    if (active.dataEnd + sizeBytes <= segmentSizeBytesMax) return
    const { disk } = this.#options
    const footer = encodeSegmentFooter({
      ...active,
      salt: this.#salt,
      count: active.end - active.base,
    })
    try {
      writeFully(disk, active.handle, footer, active.dataEnd)
    } catch (error) {
      this.#truncate(active.handle, active.dataEnd)
      throw error
    }
    this.#guard('sync', active.handle)
    this.#active = undefined
    this.#isMarked = true
    disk.close(active.handle)
    this.#sealed = { ...summarize(active, true), sizeBytes: active.dataEnd + footer.length }
  }

  /** Makes the file under another name first, so that a segment's file always has its header. */
  #create(base: number): ActiveSegment {
    const { disk, directory } = this.#options
    const path = segmentPath(directory, base)
    const handle = disk.open(`${path}.tmp`, 'create')
    try {
      writeFully(disk, handle, encodeSegmentHeader({ base, salt: this.#salt }), 0)
      this.#guard('sync', handle)
      disk.rename(`${path}.tmp`, path)
    } catch (error) {
      // Without room the draft stays behind; the next attempt begins it anew.
      disk.close(handle)
      throw error
    }
    this.#guard('syncDirectory')
    return {
      handle,
      base,
      index: [],
      end: base,
      dataEnd: SEGMENT_HEADER_BYTES,
      recordsCrc: 0,
      firstTimestamp: 0,
      lastTimestamp: 0,
    }
  }

  #writeInto(active: ActiveSegment, batch: Uint8Array): void {
    const before = { ...active, indexLength: active.index.length }
    this.#seal(active, batch)
    try {
      writeFully(this.#options.disk, active.handle, batch, before.dataEnd)
    } catch (error) {
      this.#takeBack(active, before)
      throw error
    }
  }

  #seal(active: ActiveSegment, batch: Uint8Array): void {
    const start = active.dataEnd
    sealRecords(viewOf(batch), {
      salt: this.#salt,
      sequence: this.#nextOffset,
      onRecord(at, offset, timestamp, crc) {
        addToIndex(active.index, { offset, position: start + at, timestamp })
        active.recordsCrc = foldCrc(active.recordsCrc, crc)
        if (active.end === active.base) active.firstTimestamp = timestamp
        active.lastTimestamp = timestamp
        active.end = offset + 1
      },
    })
    active.dataEnd = start + batch.length
  }

  /** Undoes a batch that did not fit, on the disk first. */
  #takeBack(active: ActiveSegment, before: ActiveSegment & { readonly indexLength: number }): void {
    this.#truncate(active.handle, before.dataEnd)
    active.index.length = before.indexLength
    active.end = before.end
    active.dataEnd = before.dataEnd
    active.recordsCrc = before.recordsCrc
    active.firstTimestamp = before.firstTimestamp
    active.lastTimestamp = before.lastTimestamp
  }

  /** Synced, because a refused batch must not come back after a power cut. */
  #truncate(handle: DiskHandle, length: number): void {
    try {
      this.#options.disk.truncate(handle, length)
    } catch (error) {
      throw this.#fail('cannot truncate the log', error)
    }
    this.#guard('sync', handle)
  }

  #guard(call: 'sync', handle: DiskHandle): void
  #guard(call: 'syncDirectory'): void
  #guard(call: 'sync' | 'syncDirectory', handle?: DiskHandle): void {
    try {
      if (handle !== undefined) this.#options.disk.syncData(handle)
      else this.#options.disk.syncDirectory(this.#options.directory)
    } catch (error) {
      throw this.#fail('cannot sync the log to its disk', error)
    }
  }

  #refuseWhenFull(error: unknown): WriteResult {
    if (this.#failure !== undefined) throw this.#failure
    if (!isDiskFull(error)) throw this.#fail('cannot write the log', error)
    this.#space = { checkedAt: this.#options.clock.monotonic(), room: 0, isFull: true }
    return { kind: 'full', reason: 'the disk is full' }
  }

  /** Looks at the free space at most once a second, or after writing a good part of what there was. */
  #hasRoom(sizeBytes: number): boolean {
    const { clock, disk, directory, freeBytesMin } = this.#options
    const now = clock.monotonic()
    const isDue = now - this.#space.checkedAt >= FREE_CHECK_INTERVAL_MS
    if (!isDue && this.#space.isFull) return false
    if (isDue || sizeBytes > this.#space.room) {
      const { freeBytes, sizeBytes: total } = disk.space(directory)
      const low = freeBytesMin ?? Math.min(FREE_BYTES_MIN_DEFAULT, total * FREE_SHARE_MIN_DEFAULT)
      const room = freeBytes - low
      this.#space = { checkedAt: now, room: room / 2, isFull: room < sizeBytes }
    }
    this.#space.room -= sizeBytes
    return !this.#space.isFull
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail(message: string, cause: unknown): AppError {
    this.#failure ??= new AppError('STORAGE_FAILED', message, { cause })
    return this.#failure
  }
}

function summarize(active: ActiveSegment, isSealed: boolean): SegmentSummary {
  const { base, end, dataEnd, firstTimestamp, lastTimestamp } = active
  return { base, end, dataEnd, sizeBytes: dataEnd, firstTimestamp, lastTimestamp, isSealed }
}
