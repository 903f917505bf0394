// The durable log: the port that every driver passes `log.conformance.ts` for. Records are opaque bytes in
// one or more partitions; a position names one record, a cursor is a position per partition.
//
// Invariant: what `append` resolved for survives a crash of the process and of the machine.
// Invariant: `read` shows only durable records, each exactly as appended, in order within a partition.

import type { Position } from './position.ts'

/** What a record holds; the log itself looks at neither. */
export type RecordKind = 'event' | 'control'

export interface AppendRecord {
  readonly kind: RecordKind
  /** Not empty. The log reads it until the append settles; the caller must not change it. */
  readonly payload: Uint8Array
  /** Records of one key share a partition, and so keep their order. */
  readonly key?: string
}

export interface LogRecord {
  readonly position: Position
  /** When it was appended, wall milliseconds; never falls within a partition. */
  readonly timestamp: number
  readonly kind: RecordKind
  readonly payload: Uint8Array
}

/** One position per partition: the next record to read of each. */
export type Cursor = readonly Position[]

export interface AppendOptions {
  /** How long the records may wait for others to share a flush with, milliseconds; not at all when absent. */
  readonly mayWaitMs?: number
}

export interface ReadOptions {
  /** At most this many records; a read may answer fewer. */
  readonly recordsMax: number
  /** Ends a wait for new records: the read then answers none. */
  readonly signal: AbortSignal
}

export interface ReadResult {
  readonly records: readonly LogRecord[]
  /** Where to read on. */
  readonly cursor: Cursor
}

export interface LogStats {
  readonly sizeBytes: number
  readonly segments: number
  readonly start: Cursor
  readonly end: Cursor
  /** Records that recovery or reading found damaged, by range; empty in health. */
  readonly quarantined: readonly QuarantinedRange[]
}

export interface QuarantinedRange {
  readonly partition: number
  readonly from: number
  /** Exclusive; undefined when nothing readable follows. */
  readonly to: number | undefined
  readonly reason: string
}

export interface Log {
  /**
   * Resolves, once all records are on stable storage, with the position of each.
   * Rejects `LOG_FULL` when the disk or the append buffer has no room (nothing was kept), `LOG_CLOSED` after close.
   */
  append(records: readonly AppendRecord[], options?: AppendOptions): Promise<readonly Position[]>
  /**
   * Records from the cursor on, waiting until there is one. A cursor before the oldest kept record reads from
   * the oldest. Rejects `LOG_CORRUPT` at a damaged record; reading on from behind the quarantined range works.
   */
  read(cursor: Cursor, options: ReadOptions): Promise<ReadResult>
  /** Just before the oldest kept record of each partition. */
  start(): Cursor
  /** Just after the newest durable record of each partition. */
  end(): Cursor
  /** The first records whose timestamp is not before `timestamp`. */
  cursorAt(timestamp: number): Promise<Cursor>
  /** Lets records before the cursor go; whole segments only, so some may stay. */
  trim(before: Cursor): Promise<void>
  stats(): LogStats
  /** Waits for what was accepted, then closes; later calls reject `LOG_CLOSED`. */
  close(): Promise<void>
}
