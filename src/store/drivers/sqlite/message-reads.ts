// Counting messages, from the read-only handle; both queries read one index and no bodies.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { MessageCounts } from '../../messages.ts'

export class MessageReads {
  readonly #counts: StatementSync
  readonly #next: StatementSync
  readonly #oldestReference: StatementSync

  constructor(db: DatabaseSync) {
    const queue = '(SELECT id FROM queues WHERE name = ?)'
    this.#counts = db.prepare(
      `SELECT count(*) AS total, coalesce(sum(visible_at > ?), 0) AS hidden,
         coalesce(sum(visible_at > ? AND receive_count > 0), 0) AS inFlight, min(sent_at) AS oldest
       FROM messages WHERE queue = ${queue}`,
    )
    this.#oldestReference = db.prepare(
      `SELECT log_offset AS oldest FROM messages
       WHERE log_partition = ? AND log_offset IS NOT NULL ORDER BY log_offset LIMIT 1`,
    )
    this.#next = db.prepare(
      `SELECT visible_at AS next FROM messages WHERE queue = ${queue} AND visible_at > ?
       ORDER BY visible_at LIMIT 1`,
    )
  }

  counts({ queue, now }: { readonly queue: string; readonly now: number }): MessageCounts {
    const record = this.#counts.get(now, now, queue)!
    const hidden = Number(record['hidden'])
    const inFlight = Number(record['inFlight'])
    const counts = {
      visible: Number(record['total']) - hidden,
      inFlight,
      delayed: hidden - inFlight,
    }
    if (record['oldest'] === null) return counts
    return { ...counts, oldestSentAt: Number(record['oldest']) }
  }

  oldestReference(partition: number): number | undefined {
    const record = this.#oldestReference.get(partition)
    return record === undefined ? undefined : Number(record['oldest'])
  }

  nextVisibleAt(input: { readonly queue: string; readonly now: number }): number | undefined {
    const record = this.#next.get(input.queue, input.now)
    return record === undefined ? undefined : Number(record['next'])
  }
}
