// The log of one directory as the rest of the process sees it: gathers appends into batches, hands a few at a
// time to the writer, and answers reads from memory, or through the reader when they lag.
//
//   idle ──append──> scheduled ──turn of the event loop──> writing ──durable──> writing | idle
//   any ──close──> closing ──all durable──> closed        any ──storage failure──> failed, for good
//
// Invariant: an append resolves, and its records are shown, only after the writer said that they are durable.

import { AppError, channels, isAppError, type Clock, type Logger } from '../../../base/index.ts'
import {
  BATCH_SIZE_BYTES_MAX,
  EARLY_WRITE_SIZE_BYTES,
  PENDING_SIZE_BYTES_MAX,
  QUARANTINED_RANGES_MAX,
  RECORD_SIZE_BYTES_MAX,
  WRITES_OUTSTANDING_MAX,
} from '../../limits.ts'
import type {
  AppendOptions,
  AppendRecord,
  Cursor,
  Log,
  LogRecord,
  LogStats,
  QuarantinedRange,
  ReadOptions,
  ReadResult,
} from '../../log.ts'
import type { Position } from '../../position.ts'
import { Waiters } from '../../waiters.ts'
import { Batch, encodedSize } from './batch.ts'
import { Patience } from './patience.ts'
import { isMark, readRecord, sizeAt, viewOf } from './record.ts'
import type { SegmentSummary } from './segment-file.ts'
import { SegmentList } from './segment-list.ts'
import type { ReadAnswer, ReadRequest, SegmentPart } from './segment-reader.ts'
import type { StoreState, WriteResult } from './segment-store.ts'
import { TailCache } from './tail-cache.ts'

/** Who puts batches on the disk; a rejection is a failed disk, for good. */
export interface Writer {
  /** Gives the buffer back, with the batch sealed in place, once it is durable or refused. */
  commit(buffer: ArrayBuffer, sizeBytes: number): Promise<Commit>
  remove(bases: readonly number[]): Promise<void>
  close(): Promise<void>
}

export interface Commit {
  readonly result: WriteResult
  readonly buffer: ArrayBuffer
}

/** Who reads what is no longer in memory. */
export interface Reader {
  read(request: ReadRequest): Promise<ReadAnswer>
  offsetAt(segment: SegmentPart, timestamp: number): Promise<number>
  forget(bases: readonly number[]): Promise<void>
  close(): Promise<void>
}

export interface Retention {
  readonly ageMsMax?: number
  readonly sizeBytesMax?: number
}

export interface FileLog extends Log {
  /** Lets the oldest segments go while they are too old or too much, never at or past `notBeyond`. */
  retain(retention: Retention, notBeyond: Cursor): Promise<void>
}

export interface SegmentLogOptions {
  readonly writer: Writer
  readonly reader: Reader
  readonly state: StoreState
  readonly clock: Clock
  readonly logger: Logger
  readonly tailCacheSizeBytesMax: number
  /** Runs the callback soon, after the appends of this turn. */
  readonly schedule: (callback: () => void) => void
  /** The disk failed: nothing more will be accepted, and the process should end. */
  readonly onFatal: (error: AppError) => void
}

export class SegmentLog implements FileLog {
  readonly #options: SegmentLogOptions
  readonly #tail: TailCache
  readonly #waiters = new Waiters()
  readonly #segments: SegmentList
  readonly #quarantined: QuarantinedRange[]
  /** Of the open batch. */
  readonly #patience: Patience
  #end: number
  #lastTimestamp: number
  #open: Batch | undefined
  #queue: Batch[] = []
  #pendingBytes = 0
  #sizeExpected = 0
  #isScheduled = false
  /** Batches handed to the writer, which writes and syncs them one after the other. */
  #writing = 0
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined
  #failure: AppError | undefined

  constructor(options: SegmentLogOptions) {
    const { state } = options
    this.#options = options
    this.#tail = new TailCache(options.tailCacheSizeBytesMax)
    this.#segments = new SegmentList(state)
    this.#quarantined = Array.from(state.quarantined)
    this.#patience = new Patience(options.clock, () => this.#scheduleWrite())
    this.#end = state.nextOffset
    this.#lastTimestamp = state.lastTimestamp
  }

  append(
    records: readonly AppendRecord[],
    options: AppendOptions = {},
  ): Promise<readonly Position[]> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    if (records.length === 0) return Promise.resolve([])
    for (const record of records) {
      const tooLarge = checkPayload(record.payload)
      if (tooLarge !== undefined) return Promise.reject(tooLarge)
    }
    const sizeBytes = encodedSize(records)
    if (this.#pendingBytes > 0 && this.#pendingBytes + sizeBytes > PENDING_SIZE_BYTES_MAX) {
      const message = `expected less than \`${PENDING_SIZE_BYTES_MAX}\` bytes to wait for the disk`
      return Promise.reject(new AppError('LOG_FULL', message))
    }
    this.#pendingBytes += sizeBytes
    this.#lastTimestamp = Math.max(this.#lastTimestamp, this.#options.clock.now())
    const batch = this.#batchFor(sizeBytes)
    const { mayWaitMs } = options
    if (mayWaitMs !== undefined && batch.count === 0) this.#patience.wait(mayWaitMs)
    if (mayWaitMs === undefined) this.#patience.end()
    const appended = batch.append(records, sizeBytes, this.#lastTimestamp)
    // Enough to be worth a sync: the disk works while this turn of the event loop goes on gathering.
    if (this.#isWorthWriting()) this.#writeNext()
    else if (!this.#patience.isOn) this.#scheduleWrite()
    return appended
  }

  async read(cursor: Cursor, options: ReadOptions): Promise<ReadResult> {
    const wanted = offsetOf(cursor)
    for (;;) {
      this.#refuseReads()
      const offset = Math.max(wanted, this.#segments.start)
      if (options.signal.aborted) return result([], offset)
      if (offset >= this.#end) {
        await this.#waiters.wait(options.signal)
        continue
      }
      const records =
        this.#tail.read(offset, options.recordsMax) ??
        (await this.#readDisk(offset, options.recordsMax))
      if (records.length === 0) continue
      return result(records, records.at(-1)!.position.offset + 1)
    }
  }

  start(): Cursor {
    return [{ partition: 0, offset: this.#segments.start }]
  }

  end(): Cursor {
    return [{ partition: 0, offset: this.#end }]
  }

  async cursorAt(timestamp: number): Promise<Cursor> {
    this.#refuseReads()
    const segment = this.#segments.firstSince(timestamp)
    if (segment === undefined) return this.end()
    // Times never go back in a log, so this one is known without the disk.
    const isFirst = segment.firstTimestamp >= timestamp
    const offset = isFirst ? segment.base : await this.#options.reader.offsetAt(segment, timestamp)
    return [{ partition: 0, offset: Math.max(offset, this.#segments.start) }]
  }

  async trim(before: Cursor): Promise<void> {
    const offset = offsetOf(before)
    await this.#removeWhile((segment) => segment.end <= offset)
  }

  async retain(retention: Retention, notBeyond: Cursor): Promise<void> {
    const { ageMsMax = Infinity, sizeBytesMax = Infinity } = retention
    const limit = offsetOf(notBeyond)
    const oldest = this.#options.clock.now() - ageMsMax
    let { sizeBytes } = this.#segments
    await this.#removeWhile((segment) => {
      const isOver = segment.lastTimestamp < oldest || sizeBytes > sizeBytesMax
      if (!isOver || segment.end > limit) return false
      sizeBytes -= segment.sizeBytes
      return true
    })
  }

  stats(): LogStats {
    return {
      sizeBytes: this.#segments.sizeBytes,
      segments: this.#segments.length,
      start: this.start(),
      end: this.end(),
      quarantined: Array.from(this.#quarantined),
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#isBusy()) {
      this.#patience.end()
      this.#scheduleWrite()
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    this.#waiters.wake()
    await this.#options.writer.close()
    await this.#options.reader.close()
  }

  #refusal(): AppError | undefined {
    if (this.#failure !== undefined) return this.#failure
    return this.#closing === undefined ? undefined : closed()
  }

  /** Reads go on while a close waits for the last appends, and after the disk failed to write. */
  #refuseReads(): void {
    if (this.#closing !== undefined && !this.#isBusy()) throw closed()
  }

  #isBusy(): boolean {
    return this.#failure === undefined && this.#pendingBytes > 0
  }

  #batchFor(sizeBytes: number): Batch {
    const open = this.#open
    if (open !== undefined && open.sizeBytes + sizeBytes <= BATCH_SIZE_BYTES_MAX) return open
    if (open !== undefined) this.#queue.push(open)
    this.#open = new Batch(Math.max(sizeBytes, this.#sizeExpected))
    return this.#open
  }

  #isWorthWriting(): boolean {
    if (this.#writing >= WRITES_OUTSTANDING_MAX) return false
    return (this.#open?.sizeBytes ?? 0) >= EARLY_WRITE_SIZE_BYTES
  }

  #mayWait(): boolean {
    return this.#queue.length === 0 && this.#patience.isOn
  }

  #scheduleWrite(): void {
    if (this.#writing > 0 || this.#isScheduled) return
    this.#isScheduled = true
    this.#options.schedule(() => {
      this.#isScheduled = false
      if (this.#writing === 0) this.#writeNext()
    })
  }

  #writeNext(): void {
    if (this.#failure !== undefined) return
    let batch = this.#queue.shift()
    if (batch === undefined) {
      batch = this.#open
      this.#open = undefined
      this.#patience.end()
    }
    if (batch === undefined) return
    this.#writing += 1
    this.#sizeExpected = batch.sizeBytes
    const writing = batch
    const startedAt = this.#options.clock.monotonic()
    this.#options.writer.commit(writing.buffer, writing.sizeBytes).then(
      (commit) => this.#committed(writing, commit, startedAt),
      (error: unknown) => this.#fail(writing, error),
    )
  }

  #committed(batch: Batch, { result, buffer }: Commit, startedAt: number): void {
    this.#writing -= 1
    if (result.kind === 'written') {
      if (result.sealed !== undefined) this.#segments.set(result.sealed)
      this.#segments.set(result.segment)
      this.#end = result.firstOffset + batch.count
      this.#tail.add(result.firstOffset, batch.starts, buffer, batch.sizeBytes)
    }
    this.#pendingBytes -= batch.sizeBytes
    // The disk goes on before anyone hears, so that it never waits for this process.
    if (this.#writing === 0 && !this.#mayWait()) this.#writeNext()
    if (result.kind === 'full') {
      batch.reject(new AppError('LOG_FULL', `cannot append to the log: ${result.reason}`))
    } else {
      batch.resolve(result.firstOffset)
      this.#waiters.wake()
      if (channels.logSynced.hasSubscribers) {
        channels.logSynced.publish({
          records: batch.count,
          sizeBytes: batch.sizeBytes,
          durationMs: this.#options.clock.monotonic() - startedAt,
        })
      }
    }
    if (this.#pendingBytes === 0) this.#onIdle?.()
  }

  #fail(writing: Batch | undefined, cause: unknown): void {
    const isFirst = this.#failure === undefined
    this.#failure ??= isAppError(cause, 'STORAGE_FAILED')
      ? cause
      : new AppError('STORAGE_FAILED', 'the writer of the log failed', { cause })
    const waiting = [writing, ...this.#queue, this.#open].filter((batch) => batch !== undefined)
    this.#queue = []
    this.#open = undefined
    this.#pendingBytes = 0
    for (const batch of waiting) batch.reject(this.#failure)
    if (isFirst) {
      this.#options.logger.error('the log cannot be written any more', {
        error: this.#failure.message,
      })
      this.#options.onFatal(this.#failure)
    }
    this.#onIdle?.()
  }

  async #readDisk(offset: number, recordsMax: number): Promise<LogRecord[]> {
    this.#refuseQuarantined(offset)
    const { segment, nextBase = this.#end } = this.#segments.around(offset)
    if (segment === undefined || offset >= segment.end) return this.#quarantine(offset, nextBase)
    const answer = await this.#options.reader.read({ segment, offset, recordsMax })
    if (answer.kind === 'records') return decode(answer.bytes, offset)
    // Retention took the segment meanwhile.
    if (answer.kind === 'gone' && offset < this.#segments.start) return []
    if (answer.kind === 'gone') return this.#quarantine(segment.base, segment.end)
    return this.#quarantine(answer.from, answer.to)
  }

  #refuseQuarantined(offset: number): void {
    for (const { from, to } of this.#quarantined) {
      if (from <= offset && to !== undefined && offset < to) throw corrupt(from, to)
    }
  }

  #quarantine(from: number, to: number): never {
    const isKnown = this.#quarantined.some((one) => one.from <= from && to <= (one.to ?? Infinity))
    if (!isKnown) {
      const reason = 'records were found damaged when they were read'
      this.#options.logger.error('a range of the log is quarantined', { from, to, reason })
      if (this.#quarantined.length < QUARANTINED_RANGES_MAX) {
        this.#quarantined.push({ partition: 0, from, to, reason })
      }
    }
    throw corrupt(from, to)
  }

  /** Removes sealed segments from the oldest on while they may go; the newest segment always stays. */
  async #removeWhile(mayGo: (segment: SegmentSummary) => boolean): Promise<void> {
    const refusal = this.#refusal()
    if (refusal !== undefined) throw refusal
    const going = this.#segments.takeWhile(mayGo)
    if (going.length === 0) return
    const { start } = this.#segments
    const kept = this.#quarantined.filter(({ to }) => to === undefined || to > start)
    this.#quarantined.splice(0, this.#quarantined.length, ...kept)
    await this.#options.reader.forget(going)
    try {
      await this.#options.writer.remove(going)
    } catch (error) {
      this.#fail(undefined, error)
      throw this.#failure
    }
  }
}

function decode(bytes: Uint8Array, first: number): LogRecord[] {
  const from = viewOf(bytes)
  const records: LogRecord[] = []
  for (let at = 0; at < bytes.length; at += sizeAt(from, at)) {
    if (!isMark(from, at)) records.push(readRecord(from, at, first + records.length))
  }
  return records
}

function checkPayload(payload: Uint8Array): Error | undefined {
  if (payload.length === 0) return new RangeError('expected a payload of at least one byte')
  if (payload.length <= RECORD_SIZE_BYTES_MAX) return undefined
  return new AppError(
    'REQUEST_TOO_LARGE',
    `expected a payload of at most \`${RECORD_SIZE_BYTES_MAX}\` bytes, got \`${payload.length}\``,
  )
}

/** A cursor that does not name the partition reads it from the oldest. */
function offsetOf(cursor: Cursor): number {
  let offset = 0
  for (const position of cursor) {
    if (position.partition !== 0) {
      throw new RangeError(`expected a position in partition 0, got \`${position.partition}\``)
    }
    offset = position.offset
  }
  return offset
}

function result(records: readonly LogRecord[], offset: number): ReadResult {
  return { records, cursor: [{ partition: 0, offset }] }
}

function closed(): AppError {
  return new AppError('LOG_CLOSED', 'the log is closed')
}

function corrupt(from: number, to: number): AppError {
  return new AppError('LOG_CORRUPT', `records \`${from}\` to \`${to}\` of the log are damaged`, {
    details: { partition: 0, from, to },
  })
}
