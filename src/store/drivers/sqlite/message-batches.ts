// Messages sent by reference, many to a row: those of one send share everything but their places in the log. A
// batch row stands for its messages from `next` on; one of them becomes a row of `messages` when it is received,
// in flight at once. So a busy queue costs an insert per batch, and a message one insert and one delete in all.
//
//   sendReferences ─► one row here ─► receive ─► a row of `messages`, in flight ─► deleted
//
// Invariant: message k of a batch has the sequence `seq` + k, whichever table it stands in.
// Invariant: `log_offset` is the smallest offset of the messages that are still here.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { DELETE_SLICE_ROWS } from '../../limits.ts'
import type { ReferencedMessages } from '../../messages.ts'

/** The batch whose messages have been visible longest. */
export interface BatchHead {
  readonly seq: number
  readonly visible_at: number
  readonly sent_at: number
  readonly expires_at: number
  readonly id_prefix: string
  readonly sender: string
  readonly log_partition: number
  readonly next: number
  readonly count: number
  readonly offsets: Uint8Array
}

/** One message of a batch. */
export interface BatchMessage {
  readonly seq: number
  readonly id: string
  readonly offset: number
}

export class MessageBatches {
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(db: DatabaseSync) {
    this.#statements = prepareStatements(db)
  }

  add(seq: number, queue: number, batch: ReferencedMessages): void {
    const { offsets, partition, idPrefix, sentAt, visibleAt, expiresAt, sender } = batch
    this.#statements.insert.run(
      seq,
      queue,
      visibleAt,
      sentAt,
      expiresAt,
      idPrefix,
      sender,
      partition,
      smallest(offsets, 0),
      offsets.length,
      new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength),
    )
  }

  head(queue: number, now: number): BatchHead | undefined {
    return this.#statements.head.get(queue, now) as BatchHead | undefined
  }

  /** Takes up to `limit` messages out of the batch; who takes them keeps them. */
  take(batch: BatchHead, limit: number): readonly BatchMessage[] {
    const { seq, next, count, id_prefix: idPrefix } = batch
    const offsets = offsetsOf(batch)
    const end = Math.min(count, next + limit)
    const taken: BatchMessage[] = []
    for (let nth = next; nth < end; nth += 1) {
      taken.push({ seq: seq + nth, id: idPrefix + nth.toString(36), offset: offsets[nth]! })
    }
    if (end === count) this.drop(batch)
    else this.#statements.advance.run(end, smallest(offsets, end), seq)
    return taken
  }

  drop({ seq }: BatchHead): void {
    this.#statements.remove.run(seq)
  }

  /** Deletes a slice of the batches up to a sequence; answers how many batches, and how many messages. */
  purge(queue: number, through: number): Deleted {
    return sum(this.#statements.purge.all(queue, through, DELETE_SLICE_ROWS))
  }

  expire(now: number): Deleted {
    return sum(this.#statements.expire.all(now, DELETE_SLICE_ROWS))
  }
}

interface Deleted {
  readonly batches: number
  readonly messages: number
}

function sum(records: readonly Record<string, unknown>[]): Deleted {
  let messages = 0
  for (const { left } of records) messages += Number(left)
  return { batches: records.length, messages }
}

// SQLite hands out bytes at any address; doubles need one that is a multiple of eight.
function offsetsOf({ offsets }: BatchHead): Float64Array {
  return new Float64Array(Uint8Array.from(offsets).buffer)
}

function smallest(offsets: Float64Array, from: number): number {
  let least = offsets[from]!
  for (let nth = from + 1; nth < offsets.length; nth += 1) {
    if (offsets[nth]! < least) least = offsets[nth]!
  }
  return least
}

function prepareStatements(
  db: DatabaseSync,
): Record<'insert' | 'head' | 'advance' | 'remove' | 'purge' | 'expire', StatementSync> {
  return {
    insert: db.prepare(
      `INSERT INTO message_batches (seq, queue, visible_at, sent_at, expires_at, id_prefix, sender,
         log_partition, log_offset, count, offsets)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    head: db.prepare(
      `SELECT * FROM message_batches WHERE queue = ? AND visible_at <= ?
       ORDER BY visible_at, seq LIMIT 1`,
    ),
    advance: db.prepare('UPDATE message_batches SET next = ?, log_offset = ? WHERE seq = ?'),
    remove: db.prepare('DELETE FROM message_batches WHERE seq = ?'),
    purge: db.prepare(
      `DELETE FROM message_batches WHERE seq IN
         (SELECT seq FROM message_batches WHERE queue = ? AND seq <= ? LIMIT ?)
       RETURNING count - next AS left`,
    ),
    expire: db.prepare(
      `DELETE FROM message_batches WHERE seq IN
         (SELECT seq FROM message_batches WHERE expires_at <= ? LIMIT ?)
       RETURNING count - next AS left`,
    ),
  }
}
