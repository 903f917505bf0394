// Sending, receiving and deleting queue messages. A message's sequence is its place: it only rises, so that new
// messages land at the end of the table. For first-in first-out queues `message_groups.ready_at` says when a
// group's head may be received: not before it is visible, nor before every message in flight is back.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { DELETE_SLICE_ROWS, RECEIVE_MOVES_MAX } from '../../limits.ts'
import { checkEnds, formatReceipt, formatSequence, parseReceipt } from '../../messages-codec.ts'
import type {
  MessageWrite,
  PackedMessages,
  ReceivedMessage,
  ReceiveQuery,
  ReferencedMessages,
  SentMessage,
} from '../../messages.ts'
import type { Counters } from './counters.ts'
import { type BatchHead, MessageBatches } from './message-batches.ts'
import { MessageGroups } from './message-groups.ts'
import type { DeletedSlice, VisibilityChanges, VisibilityResults } from './protocol.ts'
import { QueueIds } from './queue-ids.ts'

export interface Message {
  readonly seq: number
  readonly visible_at: number
  readonly receive_count: number
  readonly first_received_at: number
  readonly received_elsewhere: number
  readonly sent_at: number
  readonly expires_at: number
  readonly id: string
  readonly sender: string
  readonly group_id: string | null
  readonly deduplication_id: string | null
  readonly moved_from: string | null
  readonly attributes: string | null
  readonly body: Uint8Array | null
  readonly log_partition: number | null
  readonly log_offset: number | null
}

export class MessageWrites {
  readonly #counters: Counters
  readonly #queues: QueueIds
  readonly #groups: MessageGroups
  readonly #batches: MessageBatches
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(db: DatabaseSync, counters: Counters) {
    this.#counters = counters
    this.#queues = new QueueIds(db)
    this.#groups = new MessageGroups(db)
    this.#batches = new MessageBatches(db)
    this.#statements = prepareStatements(db)
  }

  send(messages: readonly MessageWrite[]): readonly SentMessage[] {
    return messages.map((message) => this.#send(this.#queues.idOf(message.queue), message))
  }

  sendPacked(batch: PackedMessages): void {
    checkEnds(batch)
    const { bodies, ends, idPrefix, sentAt, visibleAt, expiresAt, sender } = batch
    const queue = this.#queues.idOf(batch.queue)
    const insert = this.#statements.insertPlain
    let seq = this.#counters.values.message
    let start = 0
    for (let index = 0; index < ends.length; index += 1) {
      const end = ends[index]!
      const id = idPrefix + index.toString(36)
      seq += 1
      insert.run(seq, queue, visibleAt, sentAt, expiresAt, id, sender, bodies.subarray(start, end))
      start = end
    }
    this.#counters.values.message = seq
  }

  sendReferences(batch: ReferencedMessages): void {
    if (batch.offsets.length === 0) return
    const { values } = this.#counters
    this.#batches.add(values.message + 1, this.#queues.idOf(batch.queue), batch)
    values.message += batch.offsets.length
  }

  receive(query: ReceiveQuery): readonly ReceivedMessage[] {
    const queue = this.#queues.idOf(query.queue)
    const received: ReceivedMessage[] = []
    let passed = 0
    while (received.length < query.limit && passed < RECEIVE_MOVES_MAX) {
      const limit = query.limit - received.length
      const batch = query.fifo ? undefined : this.#batches.head(queue, query.now)
      const messages = query.fifo
        ? this.#groups.nextMessages(queue, query.now, limit)
        : this.#statements.visible.all(
            queue,
            Math.min(query.now, batch?.visible_at ?? Infinity),
            limit,
          )
      if (messages.length === 0) {
        if (batch === undefined) break
        if (batch.expires_at > query.now) received.push(...this.#takeOf(batch, queue, query, limit))
        else this.#batches.drop(batch)
        continue
      }
      for (const message of messages as unknown as readonly Message[]) {
        if (this.#passOver(queue, query, message)) passed += 1
        else received.push(this.#take(query, message))
      }
      if (query.fifo) this.#groups.refresh(queue, groupsOf(messages))
    }
    return received
  }

  remove(input: {
    readonly queue: string
    readonly receipts: readonly string[]
  }): readonly boolean[] {
    const queue = this.#queues.idOf(input.queue)
    return input.receipts.map((text) => {
      const receipt = parseReceipt(input.queue, text)
      if (receipt === undefined) return false
      const removed = this.#statements.remove.get(receipt.sequence, queue)
      if (removed !== undefined) this.#groups.refresh(queue, groupsOf([removed]))
      return true
    })
  }

  changeVisibility({ queue: name, changes, now }: VisibilityChanges): VisibilityResults {
    const queue = this.#queues.idOf(name)
    return changes.map(({ receipt: text, visibleAt }) => {
      const receipt = parseReceipt(name, text)
      if (receipt === undefined) return 'unknown'
      const { sequence, receiveCount } = receipt
      const changed = this.#statements.hide.get(visibleAt, sequence, queue, receiveCount, now)
      if (changed === undefined) return 'not-in-flight'
      this.#groups.refresh(queue, groupsOf([changed]))
      return 'changed'
    })
  }

  /** Deletes a slice of the messages that were there when the purge began. */
  purge(input: {
    readonly queue: string
    readonly through: number | undefined
  }): DeletedSlice & { readonly through: number } {
    const queue = this.#queues.idOf(input.queue)
    const through = input.through ?? this.#counters.values.message
    const deleted = this.#statements.purge.all(queue, through, DELETE_SLICE_ROWS)
    this.#groups.refresh(queue, groupsOf(deleted))
    const { batches, messages } = this.#batches.purge(queue, through)
    const isDone = deleted.length < DELETE_SLICE_ROWS && batches < DELETE_SLICE_ROWS
    return { deleted: deleted.length + messages, isDone, through }
  }

  expire(now: number): DeletedSlice {
    const deleted = this.#statements.expire.all(now, DELETE_SLICE_ROWS)
    for (const record of deleted) this.#groups.refresh(Number(record['queue']), groupsOf([record]))
    const { batches, messages } = this.#batches.expire(now)
    const { changes } = this.#statements.forgetDuplicates.run(now, DELETE_SLICE_ROWS)
    const isDone = Math.max(deleted.length, batches, Number(changes)) < DELETE_SLICE_ROWS
    return { deleted: deleted.length + messages, isDone }
  }

  rolledBack(): void {
    this.#queues.rolledBack()
  }

  #send(queue: number, message: MessageWrite): SentMessage {
    const { id, deduplicationId, deduplicateUntil, sentAt } = message
    if (deduplicationId === undefined || deduplicateUntil === undefined)
      return sent(id, this.#insert(queue, message), false)
    const known = this.#statements.duplicate.get(queue, deduplicationId, sentAt)
    if (known !== undefined) return sent(String(known['id']), Number(known['seq']), true)
    const seq = this.#insert(queue, message)
    this.#statements.rememberDuplicate.run(queue, deduplicationId, id, seq, deduplicateUntil)
    return sent(id, seq, false)
  }

  #insert(queue: number, message: MessageWrite): number {
    this.#counters.values.message += 1
    const seq = this.#counters.values.message
    this.#statements.insert.run(
      seq,
      queue,
      message.visibleAt,
      message.sentAt,
      message.expiresAt,
      message.id,
      message.sender,
      message.groupId ?? null,
      message.deduplicationId ?? null,
      message.attributes ?? null,
      message.body,
    )
    if (message.groupId !== undefined) this.#groups.add(queue, message.groupId, message.visibleAt)
    return seq
  }

  /** Deletes an expired message, moves one received too often; false for one to hand out. */
  #passOver(queue: number, query: ReceiveQuery, message: Message): boolean {
    const { now, receiveCountMax, deadLetterQueue } = query
    if (message.expires_at <= now) {
      this.#statements.remove.get(message.seq, queue)
      return true
    }
    if (deadLetterQueue === undefined || message.receive_count < (receiveCountMax ?? Infinity))
      return false
    const target = this.#queues.idOf(deadLetterQueue)
    this.#counters.values.message += 1
    const seq = this.#counters.values.message
    this.#statements.move.run(seq, target, now, query.queue, message.seq)
    if (message.group_id !== null) this.#groups.add(target, message.group_id, now)
    return true
  }

  /** Messages of a batch, each a row of its own from now on. */
  #takeOf(
    batch: BatchHead,
    queue: number,
    query: ReceiveQuery,
    limit: number,
  ): readonly ReceivedMessage[] {
    const { sent_at: sentAt, expires_at: expiresAt, sender, log_partition: partition } = batch
    const visibleAt = query.now + query.visibilityTimeoutMs
    return this.#batches.take(batch, limit).map(({ seq: sequence, id, offset }) => {
      this.#statements.insertTaken.run(
        sequence,
        queue,
        visibleAt,
        query.now,
        sentAt,
        expiresAt,
        id,
        sender,
        partition,
        offset,
      )
      return {
        id,
        receipt: formatReceipt(query.queue, { sequence, receiveCount: 1 }),
        reference: { partition, offset },
        sentAt,
        firstReceivedAt: query.now,
        receiveCount: 1,
        receivedElsewhere: 0,
        sender,
        sequence: formatSequence(sequence),
      }
    })
  }

  #take(query: ReceiveQuery, message: Message): ReceivedMessage {
    const { seq: sequence, receive_count: receivedBefore } = message
    const receiveCount = receivedBefore + 1
    const firstReceivedAt = receivedBefore === 0 ? query.now : message.first_received_at
    const visibleAt = query.now + query.visibilityTimeoutMs
    this.#statements.take.run(visibleAt, receiveCount, firstReceivedAt, sequence)
    return {
      id: message.id,
      receipt: formatReceipt(query.queue, { sequence, receiveCount }),
      ...bodyOf(message),
      sentAt: message.sent_at,
      firstReceivedAt,
      receiveCount,
      receivedElsewhere: message.received_elsewhere,
      sender: message.sender,
      sequence: formatSequence(sequence),
      ...(message.attributes === null ? {} : { attributes: message.attributes }),
      ...(message.group_id === null ? {} : { groupId: message.group_id }),
      ...(message.deduplication_id === null ? {} : { deduplicationId: message.deduplication_id }),
      ...(message.moved_from === null ? {} : { movedFrom: message.moved_from }),
    }
  }
}

export function bodyOf(message: Message): Pick<ReceivedMessage, 'body' | 'reference'> {
  const { body, log_partition: partition, log_offset: offset } = message
  if (body !== null) return { body }
  return { reference: { partition: partition!, offset: offset! } }
}

function sent(id: string, seq: number, isDuplicate: boolean): SentMessage {
  return { id, sequence: formatSequence(seq), isDuplicate }
}

function groupsOf(records: readonly unknown[]): ReadonlySet<string> {
  const groups = new Set<string>()
  for (const record of records) {
    const { group_id: groupId } = record as { readonly group_id: string | null }
    if (groupId !== null) groups.add(groupId)
  }
  return groups
}

function prepareStatements(
  db: DatabaseSync,
): Record<
  | 'insert'
  | 'insertPlain'
  | 'insertTaken'
  | 'visible'
  | 'take'
  | 'move'
  | 'remove'
  | 'hide'
  | 'purge'
  | 'expire'
  | 'forgetDuplicates'
  | 'duplicate'
  | 'rememberDuplicate',
  StatementSync
> {
  return {
    insertPlain: db.prepare(
      `INSERT INTO messages (seq, queue, visible_at, sent_at, expires_at, id, sender, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertTaken: db.prepare(
      `INSERT INTO messages (seq, queue, visible_at, receive_count, first_received_at, sent_at,
         expires_at, id, sender, log_partition, log_offset)
       VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    insert: db.prepare(
      `INSERT INTO messages (seq, queue, visible_at, sent_at, expires_at, id, sender,
         group_id, deduplication_id, attributes, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    visible: db.prepare(
      'SELECT * FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at LIMIT ?',
    ),
    take: db.prepare(
      'UPDATE messages SET visible_at = ?, receive_count = ?, first_received_at = ? WHERE seq = ?',
    ),
    move: db.prepare(
      `UPDATE messages SET seq = ?, queue = ?, visible_at = ?, moved_from = ?,
         received_elsewhere = received_elsewhere + receive_count,
         receive_count = 0, first_received_at = 0 WHERE seq = ?`,
    ),
    remove: db.prepare('DELETE FROM messages WHERE seq = ? AND queue = ? RETURNING group_id'),
    hide: db.prepare(
      `UPDATE messages SET visible_at = ?
       WHERE seq = ? AND queue = ? AND receive_count = ? AND visible_at > ? RETURNING group_id`,
    ),
    purge: db.prepare(
      `DELETE FROM messages WHERE seq IN
         (SELECT seq FROM messages WHERE queue = ? AND seq <= ? LIMIT ?) RETURNING group_id`,
    ),
    expire: db.prepare(
      `DELETE FROM messages WHERE seq IN
         (SELECT seq FROM messages WHERE expires_at <= ? LIMIT ?) RETURNING queue, group_id`,
    ),
    forgetDuplicates: db.prepare(
      `DELETE FROM message_deduplications WHERE (queue, deduplication_id) IN
         (SELECT queue, deduplication_id FROM message_deduplications WHERE until <= ? LIMIT ?)`,
    ),
    duplicate: db.prepare(
      `SELECT id, seq FROM message_deduplications
       WHERE queue = ? AND deduplication_id = ? AND until > ?`,
    ),
    rememberDuplicate: db.prepare(
      `INSERT INTO message_deduplications VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET id = excluded.id, seq = excluded.seq, until = excluded.until`,
    ),
  }
}
