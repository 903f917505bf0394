// Copies the write-ahead log into the database when it has grown, by hand: SQLite's automatic checkpoint
// swallows the error of an fsync, and a second try would succeed with the data gone.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { WAL_FRAMES_TARGET } from './database.ts'
import { classifyFailure } from './sqlite-errors.ts'

export class WalCheckpoints {
  readonly #look: StatementSync
  readonly #copy: StatementSync

  constructor(db: DatabaseSync) {
    this.#look = db.prepare('PRAGMA wal_checkpoint(NOOP)')
    this.#copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  }

  /** Throws only what is fatal; without room the log stays as it is, and a later commit tries again. */
  afterCommit(): void {
    const state = this.#look.get()
    if (Number(state?.['log']) < WAL_FRAMES_TARGET) return
    try {
      this.#copy.get()
    } catch (error) {
      if (classifyFailure(error) === 'fatal') throw error
    }
  }
}
