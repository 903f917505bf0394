// Looking at the messages of a queue, from the read-only handle: they come as they lie, and stay so.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { formatSequence } from '../../messages-codec.ts'
import type { LookedMessage, LookQuery } from '../../messages.ts'
import type { BatchHead } from './message-batches.ts'
import { bodyOf, type Message } from './message-writes.ts'

export class MessageLooks {
  readonly #messages: StatementSync
  readonly #batches: StatementSync

  constructor(db: DatabaseSync) {
    const queue = '(SELECT id FROM queues WHERE name = ?1)'
    // The places first, so that what is sorted are no bodies.
    this.#messages = db.prepare(
      `SELECT * FROM messages WHERE seq IN
         (SELECT seq FROM messages WHERE queue = ${queue} AND seq > ?2 AND expires_at > ?3
          ORDER BY seq LIMIT ?4)
       ORDER BY seq`,
    )
    this.#batches = db.prepare(
      `SELECT * FROM message_batches WHERE queue = ${queue} AND seq + count - 1 > ?2
         AND expires_at > ?3 ORDER BY seq LIMIT ?4`,
    )
  }

  look({ queue, now, limit, after = '0' }: LookQuery): readonly LookedMessage[] {
    const parameters = [queue, Number(after), now, limit] as const
    const messages = this.#messages.all(...parameters) as unknown as readonly Message[]
    const batches = this.#batches.all(...parameters) as unknown as readonly BatchHead[]
    return [
      ...messages.map(ofMessage),
      ...batches.flatMap((batch) => ofBatch(batch, Number(after), limit)),
    ]
      .sort((a, b) => (a.sequence < b.sequence ? -1 : 1))
      .slice(0, limit)
  }
}

function ofMessage(message: Message): LookedMessage {
  return {
    id: message.id,
    ...bodyOf(message),
    sentAt: message.sent_at,
    visibleAt: message.visible_at,
    firstReceivedAt: message.first_received_at,
    receiveCount: message.receive_count,
    receivedElsewhere: message.received_elsewhere,
    sender: message.sender,
    sequence: formatSequence(message.seq),
    ...(message.attributes === null ? {} : { attributes: message.attributes }),
    ...(message.group_id === null ? {} : { groupId: message.group_id }),
    ...(message.deduplication_id === null ? {} : { deduplicationId: message.deduplication_id }),
    ...(message.moved_from === null ? {} : { movedFrom: message.moved_from }),
  }
}

function ofBatch(batch: BatchHead, after: number, limit: number): readonly LookedMessage[] {
  const offsets = new Float64Array(Uint8Array.from(batch.offsets).buffer)
  const first = Math.max(batch.next, after - batch.seq + 1)
  const looked: LookedMessage[] = []
  for (let nth = first; nth < Math.min(batch.count, first + limit); nth += 1) {
    looked.push({
      id: batch.id_prefix + nth.toString(36),
      reference: { partition: batch.log_partition, offset: offsets[nth]! },
      sentAt: batch.sent_at,
      visibleAt: batch.visible_at,
      firstReceivedAt: 0,
      receiveCount: 0,
      receivedElsewhere: 0,
      sender: batch.sender,
      sequence: formatSequence(batch.seq + nth),
    })
  }
  return looked
}
