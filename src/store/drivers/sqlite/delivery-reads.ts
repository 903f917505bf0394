// Queries over delivery state, from the read-only handle.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type {
  AttemptRow,
  DeliveryQuery,
  DeliveryRow,
  DueQuery,
  PendingTarget,
  ReaderCursor,
} from '../../deliveries.ts'
import { findInBlock, hashEventId } from './attempt-blocks.ts'

export class DeliveryReads {
  readonly #db: DatabaseSync
  readonly #due: StatementSync
  readonly #attempt: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#due = db.prepare(
      `SELECT * FROM deliveries
       WHERE rule_key = ? AND target_id = ? AND due_at <= ? AND state = 'pending'
       ORDER BY due_at`,
    )
    this.#attempt = db.prepare('SELECT * FROM attempts WHERE seq = ? AND event_id = ?')
  }

  cursors(reader: string | undefined): readonly ReaderCursor[] {
    const sql = 'SELECT * FROM cursors'
    const records =
      reader === undefined
        ? this.#db.prepare(`${sql} ORDER BY reader`).all()
        : this.#db.prepare(`${sql} WHERE reader = ?`).all(reader)
    return records.map((record) => ({
      reader: String(record['reader']),
      epoch: Number(record['epoch']),
      positions: JSON.parse(String(record['positions'])) as ReaderCursor['positions'],
      generation: Number(record['generation']),
    }))
  }

  due({ ruleKey, targetId, dueBefore, limit, except }: DueQuery): readonly DeliveryRow[] {
    const rows: DeliveryRow[] = []
    for (const record of this.#due.iterate(ruleKey, targetId, dueBefore)) {
      if (rows.length >= limit) break
      if (!except.has(String(record['id']))) rows.push(toDelivery(record as unknown as Delivery))
    }
    return rows
  }

  pendingTargets(): readonly PendingTarget[] {
    const records = this.#db
      .prepare(
        `SELECT rule_key AS ruleKey, target_id AS targetId, count(*) AS pending,
           min(due_at) AS nextDueAt
         FROM deliveries WHERE state = 'pending' GROUP BY rule_key, target_id`,
      )
      .all()
    return records as unknown as readonly PendingTarget[]
  }

  list(query: DeliveryQuery): readonly DeliveryRow[] {
    const conditions: string[] = []
    const values: SQLInputValue[] = []
    function add(condition: string, value: string | undefined): void {
      if (value === undefined) return
      conditions.push(condition)
      values.push(value)
    }
    // A literal, so that the partial index on dead rows can serve.
    if (query.state !== undefined)
      conditions.push(query.state === 'dead' ? "state = 'dead'" : "state = 'pending'")
    add('bus_key = ?', query.busKey)
    add('rule_name = ?', query.ruleName)
    add('target_id = ?', query.targetId)
    add('id > ?', query.after)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const records = this.#db
      .prepare(`SELECT * FROM deliveries ${where} ORDER BY id LIMIT ?`)
      .all(...values, query.limit)
    return records.map((record) => toDelivery(record as unknown as Delivery))
  }

  counts(): { readonly pending: number; readonly dead: number } {
    const record = this.#db
      .prepare(
        `SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending') AS pending,
           (SELECT count(*) FROM deliveries WHERE state = 'dead') AS dead`,
      )
      .get()!
    return { pending: Number(record['pending']), dead: Number(record['dead']) }
  }

  idsFrom(input: { readonly partition: number; readonly offset: number }): readonly string[] {
    const records = this.#db
      .prepare('SELECT id FROM deliveries WHERE log_partition = ? AND log_offset >= ?')
      .all(input.partition, input.offset)
    return records.map((record) => String(record['id']))
  }

  /** The newest attempts of an event, oldest of them first. */
  attempts(input: { readonly eventId: string; readonly limit: number }): readonly AttemptRow[] {
    this.#db.exec('BEGIN')
    try {
      return [...this.#attemptsNewestFirst(input)].reverse()
    } finally {
      this.#db.exec('COMMIT')
    }
  }

  *#attemptsNewestFirst(input: { eventId: string; limit: number }): Generator<AttemptRow> {
    const { eventId, limit } = input
    let found = 0
    for (const record of this.#attemptRecords(eventId)) {
      if (found >= limit) return
      found += 1
      yield toAttempt(record)
    }
  }

  *#attemptRecords(eventId: string): Generator<Attempt> {
    const newest = this.#db
      .prepare('SELECT last_seq FROM attempt_blocks ORDER BY first_seq DESC LIMIT 1')
      .get()
    const unblocked = this.#db
      .prepare('SELECT * FROM attempts WHERE seq > ? AND event_id = ? ORDER BY seq DESC')
      .all(Number(newest?.['last_seq'] ?? 0), eventId)
    yield* unblocked as unknown as Attempt[]
    const hash = hashEventId(eventId)
    const blocks = this.#db.prepare(
      'SELECT first_seq AS firstSeq, hashes FROM attempt_blocks ORDER BY first_seq DESC',
    )
    for (const block of blocks.iterate()) {
      for (const seq of findInBlock(block as unknown as Block, hash)) {
        const record = this.#attempt.get(seq, eventId)
        if (record !== undefined) yield record as unknown as Attempt
      }
    }
  }
}

interface Block {
  readonly firstSeq: number
  readonly hashes: Uint8Array
}

interface Delivery {
  readonly id: string
  readonly log_partition: number
  readonly log_offset: number
  readonly bus_key: string
  readonly rule_key: string
  readonly rule_name: string
  readonly target_id: string
  readonly event_id: string
  readonly state: DeliveryRow['state']
  readonly attempts: number
  readonly first_attempt_at: number
  readonly last_attempt_at: number
  readonly due_at: number
  readonly error_code: string
  readonly error_message: string
  readonly record: Uint8Array | null
  readonly exhausted: string | null
}

function toDelivery(row: Delivery): DeliveryRow {
  return {
    id: row.id,
    partition: row.log_partition,
    offset: row.log_offset,
    busKey: row.bus_key,
    ruleKey: row.rule_key,
    ruleName: row.rule_name,
    targetId: row.target_id,
    eventId: row.event_id,
    state: row.state,
    attempts: row.attempts,
    firstAttemptAt: row.first_attempt_at,
    lastAttemptAt: row.last_attempt_at,
    dueAt: row.due_at,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    ...(row.record === null ? {} : { record: row.record }),
    ...(row.exhausted === null ? {} : { exhausted: row.exhausted }),
  }
}

interface Attempt {
  readonly delivery_id: string
  readonly event_id: string
  readonly bus_key: string
  readonly rule_name: string
  readonly target_id: string
  readonly attempt: number
  readonly at: number
  readonly duration_ms: number
  readonly result: string
  readonly error_code: string | null
  readonly error_message: string | null
}

function toAttempt(row: Attempt): AttemptRow {
  return {
    deliveryId: row.delivery_id,
    eventId: row.event_id,
    busKey: row.bus_key,
    ruleName: row.rule_name,
    targetId: row.target_id,
    attempt: row.attempt,
    at: row.at,
    durationMs: row.duration_ms,
    result: row.result,
    ...(row.error_code === null ? {} : { errorCode: row.error_code }),
    ...(row.error_message === null ? {} : { errorMessage: row.error_message }),
  }
}
