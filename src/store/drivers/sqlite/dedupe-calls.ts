// What ingress remembers: a blob per append, because an index on hashes would write a page per event.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { dedupeSince, dedupeTimes } from '../../dedupe-codec.ts'
import { readCounters, type Counters } from './counters.ts'
import type { PackedDedupe } from './protocol.ts'

export class DedupeWrites {
  readonly #db: DatabaseSync
  readonly #counters: Counters
  readonly #append: StatementSync

  constructor(db: DatabaseSync, counters: Counters) {
    this.#db = db
    this.#counters = counters
    this.#append = db.prepare('INSERT INTO dedupe (first_at, last_at, entries) VALUES (?, ?, ?)')
  }

  append({ entries, firstAt, lastAt, watermark }: PackedDedupe): void {
    if (entries.length > 0) this.#append.run(firstAt, lastAt, entries)
    this.#counters.values.dedupe = watermark
  }

  prune(before: number): void {
    this.#db.prepare('DELETE FROM dedupe WHERE last_at < ?').run(before)
    const partly = this.#db.prepare('SELECT seq, entries FROM dedupe WHERE first_at < ?')
    const update = this.#db.prepare('UPDATE dedupe SET first_at = ?, entries = ? WHERE seq = ?')
    for (const { seq, entries } of partly.all(before)) {
      const kept = dedupeSince(entries as Uint8Array, before)
      update.run(dedupeTimes(kept).firstAt, kept, seq!)
    }
  }
}

export class DedupeReads {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  load(since: number): { readonly chunks: readonly Uint8Array[]; readonly watermark: number } {
    this.#db.exec('BEGIN')
    try {
      const rows = this.#db
        .prepare('SELECT entries FROM dedupe WHERE last_at >= ? ORDER BY seq')
        .all(since)
      const chunks = rows.map((row) => row['entries'] as Uint8Array)
      return { chunks, watermark: readCounters(this.#db).dedupe }
    } finally {
      this.#db.exec('COMMIT')
    }
  }
}
