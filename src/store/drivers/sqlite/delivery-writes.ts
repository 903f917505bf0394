// Commits of delivery state. The cursor moves in the same transaction as the rows that stand for what it passed.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { AttemptRow, DeliveryCommit, DeliveryRow, ReaderCursor } from '../../deliveries.ts'
import { checkEpoch } from '../../fencing.ts'
import { ATTEMPT_BLOCK_LENGTH, hashEventId } from './attempt-blocks.ts'
import type { Counters } from './counters.ts'
import type { DeletedSlice } from './protocol.ts'

export class DeliveryWrites {
  readonly #db: DatabaseSync
  readonly #counters: Counters
  readonly #epoch: StatementSync
  readonly #putCursor: StatementSync
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #addAttempt: StatementSync
  readonly #addBlock: StatementSync
  /** Hashes of the attempts that are in no block yet. */
  #tail: { readonly hashes: number[]; lastAt: number } | undefined

  constructor(db: DatabaseSync, counters: Counters) {
    this.#db = db
    this.#counters = counters
    this.#epoch = db.prepare('SELECT epoch FROM cursors WHERE reader = ?')
    this.#putCursor = db.prepare(
      `INSERT INTO cursors (reader, epoch, generation, positions) VALUES (?, ?, ?, ?)
       ON CONFLICT (reader) DO UPDATE SET epoch = excluded.epoch,
         generation = excluded.generation, positions = excluded.positions`,
    )
    this.#put = db.prepare(UPSERT)
    this.#remove = db.prepare('DELETE FROM deliveries WHERE id = ?')
    this.#addAttempt = db.prepare(
      'INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#addBlock = db.prepare('INSERT INTO attempt_blocks VALUES (?, ?, ?, ?)')
  }

  commit({ cursor, put, remove, attempts }: DeliveryCommit): void {
    if (cursor !== undefined) this.#moveCursor(cursor)
    for (const id of remove) this.#remove.run(id)
    for (const row of put) this.#putRow(row)
    if (attempts.length > 0) this.#addAttempts(attempts)
  }

  /** Deletes old attempts of the oldest block, or of those in no block yet. */
  pruneAttempts(before: number): DeletedSlice {
    const block = this.#db
      .prepare(
        `SELECT first_seq AS firstSeq, last_seq AS lastSeq, last_at AS lastAt
         FROM attempt_blocks ORDER BY first_seq LIMIT 1`,
      )
      .get() as { firstSeq: number; lastSeq: number; lastAt: number } | undefined
    const through = block?.lastSeq ?? this.#counters.values.attempt
    const deleted = Number(
      this.#db.prepare('DELETE FROM attempts WHERE seq <= ? AND at < ?').run(through, before)
        .changes,
    )
    if (block === undefined || block.lastAt >= before) return { deleted, isDone: true }
    this.#db.prepare('DELETE FROM attempt_blocks WHERE first_seq = ?').run(block.firstSeq)
    return { deleted, isDone: false }
  }

  rolledBack(): void {
    this.#tail = undefined
  }

  #moveCursor(cursor: ReaderCursor): void {
    const stored = this.#epoch.get(cursor.reader) as { epoch: number } | undefined
    checkEpoch(cursor, stored?.epoch)
    const positions = JSON.stringify(cursor.positions)
    this.#putCursor.run(cursor.reader, cursor.epoch, cursor.generation, positions)
  }

  #putRow(row: DeliveryRow): void {
    this.#put.run(
      row.id,
      row.partition,
      row.offset,
      row.busKey,
      row.ruleKey,
      row.ruleName,
      row.targetId,
      row.eventId,
      row.state,
      row.attempts,
      row.firstAttemptAt,
      row.lastAttemptAt,
      row.dueAt,
      row.errorCode,
      row.errorMessage,
      row.record ?? null,
      row.exhausted ?? null,
    )
  }

  #addAttempts(attempts: readonly AttemptRow[]): void {
    const tail = (this.#tail ??= this.#loadTail())
    for (const attempt of attempts) {
      this.#counters.values.attempt += 1
      this.#addAttempt.run(
        this.#counters.values.attempt,
        attempt.deliveryId,
        attempt.eventId,
        attempt.busKey,
        attempt.ruleName,
        attempt.targetId,
        attempt.attempt,
        attempt.at,
        attempt.durationMs,
        attempt.result,
        attempt.errorCode ?? null,
        attempt.errorMessage ?? null,
      )
      tail.hashes.push(hashEventId(attempt.eventId))
      tail.lastAt = Math.max(tail.lastAt, attempt.at)
    }
    if (tail.hashes.length >= ATTEMPT_BLOCK_LENGTH) this.#closeBlock(tail)
  }

  #closeBlock({ hashes, lastAt }: { readonly hashes: readonly number[]; lastAt: number }): void {
    const lastSeq = this.#counters.values.attempt
    const blob = new Uint8Array(Int32Array.from(hashes).buffer)
    this.#addBlock.run(lastSeq - hashes.length + 1, lastSeq, lastAt, blob)
    this.#tail = undefined
  }

  // Sequences without a row (pruned ones) keep their place, so that a hash's index is its sequence.
  #loadTail(): { hashes: number[]; lastAt: number } {
    const first = lastBlockedSeq(this.#db) + 1
    const length = this.#counters.values.attempt - first + 1
    const tail = { hashes: Array.from({ length }, () => 0), lastAt: 0 }
    const rows = this.#db.prepare('SELECT seq, event_id, at FROM attempts WHERE seq >= ?')
    for (const { seq, event_id: eventId, at } of rows.iterate(first)) {
      tail.hashes[Number(seq) - first] = hashEventId(String(eventId))
      tail.lastAt = Math.max(tail.lastAt, Number(at))
    }
    return tail
  }
}

function lastBlockedSeq(db: DatabaseSync): number {
  const block = db
    .prepare('SELECT last_seq FROM attempt_blocks ORDER BY first_seq DESC LIMIT 1')
    .get()
  // With every block pruned, what is left begins at the oldest row.
  if (block !== undefined) return Number(block['last_seq'])
  const oldest = db.prepare('SELECT seq FROM attempts ORDER BY seq LIMIT 1').get()
  if (oldest !== undefined) return Number(oldest['seq']) - 1
  const counter = db.prepare("SELECT value FROM counters WHERE name = 'attempt'").get()
  return counter === undefined ? 0 : Number(counter['value'])
}

const UPSERT = `
  INSERT INTO deliveries (
    id, log_partition, log_offset, bus_key, rule_key, rule_name, target_id, event_id, state,
    attempts, first_attempt_at, last_attempt_at, due_at, error_code, error_message, record, exhausted
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET
    log_partition = excluded.log_partition, log_offset = excluded.log_offset,
    bus_key = excluded.bus_key, rule_key = excluded.rule_key, rule_name = excluded.rule_name,
    target_id = excluded.target_id, event_id = excluded.event_id, state = excluded.state,
    attempts = excluded.attempts, first_attempt_at = excluded.first_attempt_at,
    last_attempt_at = excluded.last_attempt_at, due_at = excluded.due_at,
    error_code = excluded.error_code, error_message = excluded.error_message,
    record = excluded.record, exhausted = excluded.exhausted`
