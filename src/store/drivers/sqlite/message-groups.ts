// One row per group that has messages. Invariant: `ready_at` is the time from which the group's head may be
// received = max(the head's visible_at, the latest visible_at of its messages received before).

import type { DatabaseSync, StatementSync } from 'node:sqlite'

export class MessageGroups {
  readonly #add: StatementSync
  readonly #ready: StatementSync
  readonly #messages: StatementSync
  readonly #head: StatementSync
  readonly #flight: StatementSync
  readonly #update: StatementSync
  readonly #remove: StatementSync

  constructor(db: DatabaseSync) {
    this.#add = db.prepare('INSERT INTO message_groups VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    this.#ready = db.prepare(
      `SELECT group_id FROM message_groups WHERE queue = ? AND ready_at <= ?
       ORDER BY ready_at LIMIT ?`,
    )
    this.#messages = db.prepare(
      'SELECT * FROM messages WHERE queue = ? AND group_id = ? ORDER BY seq LIMIT ?',
    )
    this.#head = db.prepare(
      'SELECT visible_at FROM messages WHERE queue = ? AND group_id = ? ORDER BY seq LIMIT 1',
    )
    this.#flight = db.prepare(
      `SELECT max(visible_at) AS latest FROM messages
       WHERE queue = ? AND group_id = ? AND receive_count > 0`,
    )
    this.#update = db.prepare(
      'UPDATE message_groups SET ready_at = ? WHERE queue = ? AND group_id = ?',
    )
    this.#remove = db.prepare('DELETE FROM message_groups WHERE queue = ? AND group_id = ?')
  }

  /** A message came; behind a head it changes nothing. */
  add(queue: number, groupId: string, visibleAt: number): void {
    this.#add.run(queue, groupId, visibleAt)
  }

  /** The visible heads of groups that are ready, the longest ready group first. */
  nextMessages(queue: number, now: number, limit: number): readonly unknown[] {
    const messages: unknown[] = []
    for (const group of this.#ready.all(queue, now, limit)) {
      const records = this.#messages.all(queue, group['group_id']!, limit - messages.length)
      const firstHidden = records.findIndex((record) => Number(record['visible_at']) > now)
      messages.push(...(firstHidden === -1 ? records : records.slice(0, firstHidden)))
      if (messages.length === limit) break
    }
    return messages
  }

  refresh(queue: number, groupIds: ReadonlySet<string>): void {
    for (const groupId of groupIds) {
      const head = this.#head.get(queue, groupId)
      if (head === undefined) {
        this.#remove.run(queue, groupId)
        continue
      }
      const latest = Number(this.#flight.get(queue, groupId)?.['latest'] ?? 0)
      this.#update.run(Math.max(Number(head['visible_at']), latest), queue, groupId)
    }
  }
}
