// The audit log: who did what, kept in files of its own below the data directory and read back in pages.
//
//   record() ──▶ waiting (bounded) ──every 100 ms──▶ data-….jsonl      written; a crash of the machine may take the last
//                                                └─▶ control-….jsonl   written and on stable storage
//
// The two planes have files and bounds of their own, so that no flood of events washes away who deleted a rule. To
// record costs the caller one object: nothing is awaited, and what is written is written together.
//
// Invariant: numbers rise with time and are never given twice, over restarts too.
// Invariant: records that cannot be kept are counted, and the count is in the log itself when it can be.

import { type Audited, type Clock, describeError, type Logger, type Timer } from '../base/index.ts'
import {
  LINES_PER_PAGE_MAX,
  TEND_MS,
  TEXT_LENGTH_MAX,
  WAITING_RECORDS_MAX,
  WRITE_DELAY_MS,
} from './limits.ts'
import { type AuditPage, type AuditQuery, type AuditRecord, isWanted } from './record.ts'
import { RecordFiles } from './record-files.ts'

export interface AuditLogOptions {
  readonly directory: string
  /** How long records are kept, milliseconds. */
  readonly retentionAgeMs: number
  /** Of both planes together; each has half. */
  readonly retentionSizeBytes: number
  readonly clock: Clock
  readonly logger: Logger
}

const PLANES = ['control', 'data'] as const

type Planes = Readonly<Record<AuditRecord['plane'], RecordFiles>>

export class AuditLog {
  readonly #options: AuditLogOptions
  readonly #files: Planes
  #waiting: AuditRecord[] = []
  #lost = 0
  #seq: number
  #timer: Timer | undefined
  #tending: Timer | undefined
  /** Writes come one after the other. */
  #written: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(options: AuditLogOptions, files: Planes, seq: number) {
    this.#options = options
    this.#files = files
    this.#seq = seq
  }

  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { directory } = options
    const control = await RecordFiles.open({ directory, plane: 'control', isSynced: true })
    const data = await RecordFiles.open({ directory, plane: 'data', isSynced: false })
    const seq = Math.max(await control.lastSeq(), await data.lastSeq())
    const log = new AuditLog(options, { control, data }, seq)
    await log.#tend()
    return log
  }

  /** Takes note; never throws, and nothing waits for it. */
  record(audited: Audited): void {
    if (this.#isClosed) return
    if (this.#waiting.length >= WAITING_RECORDS_MAX) {
      this.#lost += 1
      return
    }
    this.#waiting.push(this.#numbered(audited))
    this.#timer ??= this.#options.clock.setTimer(WRITE_DELAY_MS, () => void this.flush())
  }

  /** Resolves when everything recorded so far is in the files, or was given up. */
  flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#written = this.#written.then(() => this.#write())
    return this.#written
  }

  /** Oldest first, everything recorded so far. */
  async list(query: AuditQuery): Promise<AuditPage> {
    await this.flush()
    const { after = 0, limit } = query
    const items: AuditRecord[] = []
    const end = this.#seq
    let last = after
    let lines = 0
    for await (const record of this.#read(query)) {
      if (record.seq > end) break
      last = record.seq
      lines += 1
      if (isWanted(record, query)) items.push(record)
      if (items.length >= limit || lines >= LINES_PER_PAGE_MAX)
        return { items, last, hasMore: last < end }
    }
    return { items, last: Math.max(last, end), hasMore: false }
  }

  async close(): Promise<void> {
    this.#tending?.cancel()
    await this.flush()
    this.#isClosed = true
    await this.#files.control.close()
    await this.#files.data.close()
  }

  #numbered(audited: Audited): AuditRecord {
    this.#seq += 1
    const time = new Date(this.#options.clock.now()).toISOString()
    const { who, from, on } = audited
    return { seq: this.#seq, time, ...audited, who: cut(who), from: cut(from), on: cut(on) }
  }

  /** Both planes as one, in the order of the numbers. */
  async *#read({ plane, after = 0, since = 0 }: AuditQuery): AsyncGenerator<AuditRecord> {
    const readers = PLANES.filter((one) => plane === undefined || one === plane).map((one) =>
      this.#files[one].read(after, since),
    )
    const heads = await Promise.all(readers.map((reader) => reader.next()))
    for (;;) {
      let first = -1
      for (const [index, head] of heads.entries()) {
        const isFirst = first === -1 || head.value?.seq < heads[first]!.value.seq
        if (head.done !== true && isFirst) first = index
      }
      if (first === -1) return
      yield heads[first]!.value as AuditRecord
      heads[first] = await readers[first]!.next()
    }
  }

  async #write(): Promise<void> {
    const records = this.#waiting
    this.#waiting = []
    const lost = this.#lost
    this.#lost = 0
    if (lost > 0) records.push(this.#numbered({ ...LOST, count: lost }))
    if (records.length === 0) return
    for (const plane of PLANES) {
      const own = records.filter((record) => record.plane === plane)
      if (own.length === 0) continue
      try {
        const text = own.map((record) => `${JSON.stringify(record)}\n`).join('')
        await this.#files[plane].append(text, own[0]!.seq, this.#options.clock.now())
      } catch (error) {
        this.#lost += own.length + (plane === LOST.plane && lost > 0 ? lost - 1 : 0)
        const fields = { records: own.length, error: describeError(error) }
        this.#options.logger.error('the audit log cannot be written', fields)
      }
    }
    await this.#tidy()
  }

  async #tend(): Promise<void> {
    await this.#tidy()
    this.#tending = this.#options.clock.setTimer(TEND_MS, () => {
      this.#written = this.#written.then(() => this.#tend())
    })
  }

  async #tidy(): Promise<void> {
    const { retentionAgeMs, retentionSizeBytes, clock, logger } = this.#options
    const oldest = clock.now() - retentionAgeMs
    try {
      for (const plane of PLANES) await this.#files[plane].retain(retentionSizeBytes / 2, oldest)
    } catch (error) {
      logger.error('old audit records stay', { error: describeError(error) })
    }
  }
}

const LOST = {
  plane: 'control',
  action: 'audit-lost',
  who: 'system:signalbox',
  from: '',
  on: 'audit',
  result: 'failed',
} as const

function cut(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}…`
}
