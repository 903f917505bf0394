// The log in memory, for tests: the same contract, nothing survives. Partitions as many as asked for, so that
// readers written for one partition show themselves.

import { AppError, crc32c, type Clock } from '../../../base/index.ts'
import type {
  AppendRecord,
  Cursor,
  Log,
  LogRecord,
  LogStats,
  ReadOptions,
  ReadResult,
} from '../../log.ts'
import type { Position } from '../../position.ts'
import { Waiters } from '../../waiters.ts'

export interface MemoryLogOptions {
  readonly clock: Clock
  /** One by default. */
  readonly partitions?: number
}

export function openMemoryLog(options: MemoryLogOptions): Log {
  return new MemoryLog(options)
}

class MemoryLog implements Log {
  readonly #clock: Clock
  readonly #partitions: Partition[]
  readonly #waiters = new Waiters()
  #turn = 0
  #isClosed = false

  constructor({ clock, partitions = 1 }: MemoryLogOptions) {
    this.#clock = clock
    this.#partitions = Array.from({ length: partitions }, (_, index) => new Partition(index))
  }

  async append(records: readonly AppendRecord[]): Promise<readonly Position[]> {
    this.#refuseClosed()
    for (const record of records) {
      if (record.payload.length === 0) {
        throw new RangeError('expected a payload of at least one byte')
      }
    }
    const positions = records.map((record) =>
      this.#partitionFor(record.key).append(record, this.#clock.now()),
    )
    this.#waiters.wake()
    return positions
  }

  async read(cursor: Cursor, { recordsMax, signal }: ReadOptions): Promise<ReadResult> {
    for (;;) {
      this.#refuseClosed()
      const offsets = this.#offsetsOf(cursor)
      if (signal.aborted) return { records: [], cursor: toCursor(offsets) }
      const records = this.#collect(offsets, recordsMax)
      if (records.length > 0) return { records, cursor: toCursor(offsets) }
      await this.#waiters.wait(signal)
    }
  }

  start(): Cursor {
    return toCursor(this.#partitions.map((partition) => partition.start))
  }

  end(): Cursor {
    return toCursor(this.#partitions.map((partition) => partition.end))
  }

  async cursorAt(timestamp: number): Promise<Cursor> {
    this.#refuseClosed()
    return toCursor(this.#partitions.map((partition) => partition.offsetAt(timestamp)))
  }

  async trim(before: Cursor): Promise<void> {
    this.#refuseClosed()
    const offsets = this.#offsetsOf(before)
    for (const [index, partition] of this.#partitions.entries()) partition.trim(offsets[index]!)
  }

  stats(): LogStats {
    return {
      sizeBytes: this.#partitions.reduce((sum, partition) => sum + partition.sizeBytes, 0),
      segments: this.#partitions.length,
      start: this.start(),
      end: this.end(),
      quarantined: [],
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiters.wake()
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new AppError('LOG_CLOSED', 'the log is closed')
  }

  #partitionFor(key: string | undefined): Partition {
    const hash = key === undefined ? (this.#turn += 1) : crc32c(new TextEncoder().encode(key))
    return this.#partitions[hash % this.#partitions.length]!
  }

  /** Where to read each partition on; one that the cursor does not name, from its oldest record. */
  #offsetsOf(cursor: Cursor): number[] {
    const offsets = this.#partitions.map((partition) => partition.start)
    for (const { partition, offset } of cursor) {
      const start = offsets[partition]
      if (start === undefined) {
        throw new RangeError(`expected one of ${offsets.length} partitions, got \`${partition}\``)
      }
      offsets[partition] = Math.max(start, offset)
    }
    return offsets
  }

  /** Takes from one partition after the other, moving their offsets on; the first to be asked changes. */
  #collect(offsets: number[], recordsMax: number): LogRecord[] {
    const records: LogRecord[] = []
    const first = this.#turn
    for (let nth = 0; nth < offsets.length; nth += 1) {
      const index = (first + nth) % offsets.length
      const taken = this.#partitions[index]!.read(offsets[index]!, recordsMax - records.length)
      records.push(...taken)
      offsets[index]! += taken.length
    }
    this.#turn += 1
    return records
  }
}

class Partition {
  readonly #index: number
  #records: LogRecord[] = []
  #lastTimestamp = 0
  start = 0
  sizeBytes = 0

  constructor(index: number) {
    this.#index = index
  }

  get end(): number {
    return this.start + this.#records.length
  }

  append({ kind, payload }: AppendRecord, now: number): Position {
    const position = { partition: this.#index, offset: this.end }
    this.#lastTimestamp = Math.max(this.#lastTimestamp, now)
    this.#records.push({ position, timestamp: this.#lastTimestamp, kind, payload: payload.slice() })
    this.sizeBytes += payload.length
    return position
  }

  read(offset: number, count: number): LogRecord[] {
    const from = Math.max(0, offset - this.start)
    return this.#records.slice(from, from + Math.max(0, count))
  }

  offsetAt(timestamp: number): number {
    const index = this.#records.findIndex((record) => record.timestamp >= timestamp)
    return index === -1 ? this.end : this.start + index
  }

  trim(before: number): void {
    const gone = this.#records.splice(0, Math.max(0, Math.min(before, this.end) - this.start))
    this.start += gone.length
    for (const record of gone) this.sizeBytes -= record.payload.length
  }
}

function toCursor(offsets: readonly number[]): Cursor {
  return offsets.map((offset, partition) => ({ partition, offset }))
}
