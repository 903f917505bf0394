// Reads of rows, each in one read transaction, so that a page and its revision belong together.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ChangePage } from '../../change-feed.ts'
import { CHUNK_ROWS_MAX } from '../../limits.ts'
import type { RowPlace } from '../../keys.ts'
import type { RowKey, RowQuery } from '../../rows.ts'
import {
  checkRevision,
  cutPage,
  planScan,
  undoChanges,
  type RowScan,
  type StoredChange,
  type StoredPage,
  type StoredRow,
} from '../../stored-rows.ts'
import { readCounters } from './counters.ts'
import { ROW_COLUMNS } from './row-writes.ts'

export class RowReads {
  readonly #db: DatabaseSync
  readonly #get: StatementSync
  readonly #scanKind: StatementSync
  readonly #scanNamespace: StatementSync
  readonly #scanNamespaceAfter: StatementSync
  readonly #changesOfKind: StatementSync
  readonly #changes: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#get = db.prepare(
      `SELECT ${ROW_COLUMNS} FROM rows WHERE kind = ? AND namespace = ? AND name = ?`,
    )
    this.#scanKind = db.prepare(
      `SELECT ${ROW_COLUMNS} FROM rows WHERE kind = ? AND (namespace, name) > (?, ?)
       ORDER BY namespace, name LIMIT ?`,
    )
    this.#scanNamespace = db.prepare(
      `SELECT ${ROW_COLUMNS} FROM rows WHERE kind = ? AND namespace = ? AND name >= ?
       ORDER BY name LIMIT ?`,
    )
    this.#scanNamespaceAfter = db.prepare(
      `SELECT ${ROW_COLUMNS} FROM rows WHERE kind = ? AND namespace = ? AND name > ?
       ORDER BY name LIMIT ?`,
    )
    this.#changesOfKind = db.prepare(
      'SELECT * FROM changes WHERE revision > ? AND kind = ? ORDER BY revision, ordinal',
    )
    this.#changes = db.prepare(
      'SELECT * FROM changes WHERE revision > ? ORDER BY revision, ordinal',
    )
  }

  get(key: RowKey): StoredRow | undefined {
    return this.#get.get(key.kind, key.namespace, key.name) as StoredRow | undefined
  }

  list(query: RowQuery): StoredPage {
    return this.#inSnapshot((span) => {
      const scan = planScan(query, { compacted: span.compacted, newest: span.revision })
      const undone =
        scan.revision === span.revision
          ? new Map<string, StoredRow>()
          : undoChanges(toChanges(this.#changesOfKind.iterate(scan.revision, scan.kind)))
      return cutPage(scan, this.#current(scan), undone)
    })
  }

  /** Whole revisions after `after`: at least `limit` changes, unless there are fewer. */
  changes(input: {
    readonly after: number
    readonly kinds: readonly string[] | undefined
    readonly limit: number
  }): ChangePage {
    return this.#inSnapshot((span) => {
      checkRevision(input.after, { compacted: span.compacted, newest: span.revision })
      const changes: StoredChange[] = []
      for (const change of toChanges(this.#changes.iterate(input.after))) {
        const last = changes.at(-1)
        if (last !== undefined && changes.length >= input.limit && change.revision > last.revision)
          return { changes, through: last.revision, isFull: true }
        const { kind } = (change.after ?? change.before)!
        if (input.kinds === undefined || input.kinds.includes(kind)) changes.push(change)
      }
      return { changes, through: span.revision, isFull: false }
    })
  }

  #current(scan: RowScan): Iterable<StoredRow> {
    const { namespace, query } = scan
    const rows = this.#chunks(scan)
    return namespace === undefined ? rows : whilePrefixed(rows, query.namePrefix ?? '')
  }

  /** Many at a time: to step from row to row costs three times as much. */
  *#chunks(scan: RowScan): Generator<StoredRow> {
    const { kind, namespace, query } = scan
    // One more than a page tells whether there is another.
    const size = Math.min(scan.limit + 1, CHUNK_ROWS_MAX)
    const from = query.namePrefix ?? ''
    let after: RowPlace | undefined = scan.after
    for (;;) {
      const found =
        namespace === undefined
          ? this.#scanKind.all(kind, after?.namespace ?? '', after?.name ?? '', size)
          : after?.namespace === namespace
            ? this.#scanNamespaceAfter.all(kind, namespace, after.name, size)
            : this.#scanNamespace.all(kind, namespace, from, size)
      const rows = found as unknown as readonly StoredRow[]
      yield* rows
      if (rows.length < size) return
      after = rows.at(-1)
    }
  }

  #inSnapshot<T>(read: (counters: ReturnType<typeof readCounters>) => T): T {
    this.#db.exec('BEGIN')
    try {
      return read(readCounters(this.#db))
    } finally {
      this.#db.exec('COMMIT')
    }
  }
}

/** Names with one prefix lie together in the order of names. */
function* whilePrefixed(rows: Iterable<StoredRow>, prefix: string): Generator<StoredRow> {
  for (const row of rows) {
    if (!row.name.startsWith(prefix)) return
    yield row
  }
}

interface ChangeRecord {
  readonly revision: number
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly value: string | null
  readonly labels: string | null
  readonly created_revision: number | null
  readonly before_value: string | null
  readonly before_labels: string | null
  readonly before_revision: number | null
  readonly before_created_revision: number | null
}

function* toChanges(records: Iterable<unknown>): Generator<StoredChange> {
  for (const record of records) yield toChange(record as ChangeRecord)
}

function toChange(record: ChangeRecord): StoredChange {
  const { revision, kind, namespace, name } = record
  const key = { kind, namespace, name }
  return {
    revision,
    after:
      record.value === null
        ? undefined
        : {
            ...key,
            value: record.value,
            labels: record.labels!,
            revision,
            createdRevision: record.created_revision!,
          },
    before:
      record.before_value === null
        ? undefined
        : {
            ...key,
            value: record.before_value,
            labels: record.before_labels!,
            revision: record.before_revision!,
            createdRevision: record.before_created_revision!,
          },
  }
}
