// Opens the database file with the settings that durability rests on, and asserts that they took.

import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../base/index.ts'

// Four pages of 1.2 KB messages cost half the writes of the default 4 KiB; 16 KiB is a little faster in bulk
// but doubles what a small commit writes.
const PAGE_SIZE_BYTES = 8192
const BUSY_TIMEOUT_MS = 5_000
const CACHE_SIZE_BYTES = 32 * 1024 * 1024
/** The write-ahead log is copied into the database past this size. */
export const WAL_SIZE_BYTES_TARGET: number = 16 * 1024 * 1024
export const WAL_FRAMES_TARGET: number = WAL_SIZE_BYTES_TARGET / PAGE_SIZE_BYTES

export interface WritableOptions {
  readonly path: string
  /** Past this size writes are refused with `STORE_FULL`. */
  readonly sizeBytesMax?: number | undefined
}

export function openWritable(options: WritableOptions): DatabaseSync {
  const db = new DatabaseSync(options.path)
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.exec(`PRAGMA page_size = ${PAGE_SIZE_BYTES}`)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('PRAGMA synchronous = FULL')
  // Checkpoints are run by hand: SQLite's own swallows an fsync error.
  db.exec('PRAGMA wal_autocheckpoint = 0')
  db.exec(`PRAGMA journal_size_limit = ${4 * WAL_SIZE_BYTES_TARGET}`)
  db.exec(`PRAGMA cache_size = -${CACHE_SIZE_BYTES / 1024}`)
  if (options.sizeBytesMax !== undefined)
    db.exec(`PRAGMA max_page_count = ${Math.floor(options.sizeBytesMax / pageSizeOf(db))}`)
  assertPragma(db, 'journal_mode', 'wal')
  assertPragma(db, 'synchronous', 2)
  assertPragma(db, 'wal_autocheckpoint', 0)
  return db
}

export function openReadOnly(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true })
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.exec(`PRAGMA cache_size = -${CACHE_SIZE_BYTES / 1024}`)
  assertPragma(db, 'journal_mode', 'wal')
  return db
}

export function sizeBytesOf(db: DatabaseSync): number {
  return readPragma(db, 'page_count') * pageSizeOf(db)
}

function pageSizeOf(db: DatabaseSync): number {
  return readPragma(db, 'page_size')
}

function readPragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0])
}

function assertPragma(db: DatabaseSync, name: string, expected: string | number): void {
  const actual = Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  if (actual === expected) return
  throw new AppError(
    'STORAGE_FAILED',
    `expected the database to open with ${name} \`${expected}\`, got \`${String(actual)}\``,
  )
}
