// Writes of rows: current state in `rows`, history in `changes`, both in one transaction.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { DELETE_SLICE_ROWS } from '../../limits.ts'
import {
  changeOf,
  checkExpectation,
  checkRevision,
  type StoredChange,
  type StoredRow,
  type StoredWrite,
} from '../../stored-rows.ts'
import type { Counters } from './counters.ts'
import type { DeletedSlice } from './protocol.ts'

export const ROW_COLUMNS =
  'kind, namespace, name, value, labels, revision, created_revision AS createdRevision'

export class RowWrites {
  readonly #counters: Counters
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync
  readonly #log: StatementSync
  readonly #forget: StatementSync
  #changes: (readonly StoredChange[])[] = []

  constructor(db: DatabaseSync, counters: Counters) {
    this.#counters = counters
    this.#get = db.prepare(
      `SELECT ${ROW_COLUMNS} FROM rows WHERE kind = ? AND namespace = ? AND name = ?`,
    )
    this.#put = db.prepare(
      `INSERT INTO rows (kind, namespace, name, value, labels, revision, created_revision)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, namespace, name) DO UPDATE
       SET value = excluded.value, labels = excluded.labels, revision = excluded.revision`,
    )
    this.#delete = db.prepare('DELETE FROM rows WHERE kind = ? AND namespace = ? AND name = ?')
    this.#log = db.prepare('INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#forget = db.prepare(
      `DELETE FROM changes WHERE (revision, ordinal) IN
         (SELECT revision, ordinal FROM changes WHERE revision <= ? ORDER BY revision LIMIT ?)`,
    )
  }

  write(writes: readonly StoredWrite[]): number {
    const revision = this.#counters.values.revision + 1
    const changes: StoredChange[] = []
    for (const write of writes) {
      const before = this.#get.get(write.kind, write.namespace, write.name) as StoredRow | undefined
      checkExpectation(write, before)
      const change = changeOf(write, before, revision)
      if (change !== undefined) changes.push(change)
    }
    if (changes.length === 0) return this.#counters.values.revision
    for (const [ordinal, change] of changes.entries()) this.#apply(change, ordinal)
    this.#counters.values.revision = revision
    this.#changes.push(changes)
    return revision
  }

  compact(revision: number): DeletedSlice {
    const values = this.#counters.values
    const compacted = Math.max(values.compacted, revision)
    checkRevision(compacted, { compacted: values.compacted, newest: values.revision })
    values.compacted = compacted
    const deleted = Number(this.#forget.run(compacted, DELETE_SLICE_ROWS).changes)
    return { deleted, isDone: deleted < DELETE_SLICE_ROWS }
  }

  /** What was written since this was last asked. */
  takeChanges(): readonly (readonly StoredChange[])[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /** Drops what the transaction's counters no longer stand for. */
  rolledBack(): void {
    const { revision } = this.#counters.values
    this.#changes = this.#changes.filter((changes) => changes[0]!.revision <= revision)
  }

  #apply({ revision, before, after }: StoredChange, ordinal: number): void {
    const { kind, namespace, name } = (after ?? before)!
    if (after === undefined) this.#delete.run(kind, namespace, name)
    else
      this.#put.run(
        kind,
        namespace,
        name,
        after.value,
        after.labels,
        after.revision,
        after.createdRevision,
      )
    this.#log.run(
      revision,
      ordinal,
      kind,
      namespace,
      name,
      after?.value ?? null,
      after?.labels ?? null,
      after?.createdRevision ?? null,
      before?.value ?? null,
      before?.labels ?? null,
      before?.revision ?? null,
      before?.createdRevision ?? null,
    )
  }
}
