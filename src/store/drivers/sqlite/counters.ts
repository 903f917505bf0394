// Numbers that only rise, held in memory by the writer and written once per transaction.

import type { DatabaseSync, StatementSync } from 'node:sqlite'

const NAMES = ['revision', 'compacted', 'message', 'attempt', 'dedupe', 'sync'] as const
type CounterName = (typeof NAMES)[number]
export type CounterValues = Record<CounterName, number>

export class Counters {
  values: CounterValues
  readonly #upsert: StatementSync
  #flushed: CounterValues

  constructor(db: DatabaseSync) {
    this.#upsert = db.prepare(
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    )
    this.values = readCounters(db)
    this.#flushed = { ...this.values }
  }

  /** Gives a transaction something to write: a commit of nothing makes nothing durable. */
  touch(): void {
    this.values.sync += 1
  }

  /** Writes what changed; part of the transaction. */
  flush(): void {
    for (const name of NAMES) {
      if (this.values[name] !== this.#flushed[name]) this.#upsert.run(name, this.values[name])
    }
  }

  committed(): void {
    this.#flushed = { ...this.values }
  }

  rolledBack(): void {
    this.values = { ...this.#flushed }
  }
}

export function readCounters(db: DatabaseSync): CounterValues {
  const values: CounterValues = {
    revision: 0,
    compacted: 0,
    message: 0,
    attempt: 0,
    dedupe: 0,
    sync: 0,
  }
  for (const row of db.prepare('SELECT name, value FROM counters').all()) {
    values[row['name'] as CounterName] = Number(row['value'])
  }
  return values
}
