// Counting messages, from the read-only handle; both queries read one index and no bodies.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { MessageCounts } from '../../messages.ts'

export class MessageReads {
  readonly #counts: StatementSync
  readonly #batchCounts: StatementSync
  readonly #next: StatementSync
  readonly #oldestReference: StatementSync

  constructor(db: DatabaseSync) {
    const queue = '(SELECT id FROM queues WHERE name = ?1)'
    this.#counts = db.prepare(
      `SELECT count(*) AS total, coalesce(sum(visible_at > ?2), 0) AS hidden,
         coalesce(sum(visible_at > ?2 AND receive_count > 0), 0) AS inFlight, min(sent_at) AS oldest
       FROM messages WHERE queue = ${queue}`,
    )
    this.#batchCounts = db.prepare(
      `SELECT coalesce(sum(count - next), 0) AS total,
         coalesce(sum(CASE WHEN visible_at > ?2 THEN count - next END), 0) AS hidden,
         min(sent_at) AS oldest
       FROM message_batches WHERE queue = ${queue}`,
    )
    this.#oldestReference = db.prepare(
      `SELECT min(offset) AS oldest FROM (
         SELECT min(log_offset) AS offset FROM messages
           WHERE log_partition = ?1 AND log_offset IS NOT NULL
         UNION ALL SELECT min(log_offset) FROM message_batches WHERE log_partition = ?1)`,
    )
    this.#next = db.prepare(
      `SELECT min(visible) AS next FROM (
         SELECT min(visible_at) AS visible FROM messages WHERE queue = ${queue} AND visible_at > ?2
         UNION ALL SELECT min(visible_at) FROM message_batches
           WHERE queue = ${queue} AND visible_at > ?2)`,
    )
  }

  counts({ queue, now }: { readonly queue: string; readonly now: number }): MessageCounts {
    const rows = this.#counts.get(queue, now)!
    const batches = this.#batchCounts.get(queue, now)!
    const hidden = Number(rows['hidden'])
    const inFlight = Number(rows['inFlight'])
    const notYet = Number(batches['hidden'])
    const counts = {
      visible: Number(rows['total']) - hidden + Number(batches['total']) - notYet,
      inFlight,
      delayed: hidden - inFlight + notYet,
    }
    const oldest = [rows['oldest'], batches['oldest']].filter((at) => at !== null).map(Number)
    return oldest.length === 0 ? counts : { ...counts, oldestSentAt: Math.min(...oldest) }
  }

  oldestReference(partition: number): number | undefined {
    return numberOf(this.#oldestReference.get(partition)?.['oldest'])
  }

  nextVisibleAt(input: { readonly queue: string; readonly now: number }): number | undefined {
    return numberOf(this.#next.get(input.queue, input.now)?.['next'])
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
