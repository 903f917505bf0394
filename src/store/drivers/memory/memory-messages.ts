// Queue messages in memory: the plain reading of the rules, without indexes, which the SQL drivers must equal.

import { RECEIVE_MOVES_MAX } from '../../limits.ts'
import type {
  LookedMessage,
  LookQuery,
  MessageCounts,
  MessageStore,
  MessageWrite,
  PackedMessages,
  ReceivedMessage,
  ReceiveQuery,
  ReferencedMessages,
  SentMessage,
} from '../../messages.ts'
import {
  formatReceipt,
  formatSequence,
  parseReceipt,
  unpackMessages,
} from '../../messages-codec.ts'
import type { MemoryCommits } from './commits.ts'
import type { MemoryStoreState, StoredMessage } from './state.ts'

type Visibility = 'changed' | 'not-in-flight' | 'unknown'

export class MemoryMessages implements MessageStore {
  readonly #state: MemoryStoreState
  readonly #commits: MemoryCommits

  constructor(state: MemoryStoreState, commits: MemoryCommits) {
    this.#state = state
    this.#commits = commits
  }

  send(messages: readonly MessageWrite[]): Promise<readonly SentMessage[]> {
    const copies = messages.map((message) => ({ ...message, body: new Uint8Array(message.body) }))
    return this.#commits.commit(() => copies.map((message) => this.#send(message)))
  }

  async sendPacked(batch: PackedMessages): Promise<void> {
    const messages = unpackMessages({ ...batch, bodies: new Uint8Array(batch.bodies) })
    await this.#commits.commit(() => {
      for (const message of messages) this.#insert(message)
    })
  }

  async sendReferences(batch: ReferencedMessages): Promise<void> {
    const { offsets, partition, idPrefix, queue, sentAt, visibleAt, expiresAt, sender } = batch
    const messages = Array.from(offsets, (offset, index) => ({
      id: idPrefix + index.toString(36),
      reference: { partition, offset },
      queue,
      sentAt,
      visibleAt,
      expiresAt,
      sender,
    }))
    await this.#commits.commit(() => {
      for (const message of messages) this.#insert(message)
    })
  }

  oldestReference(partition: number): Promise<number | undefined> {
    return this.#commits.read(() => {
      const offsets = [...this.#state.messages.values()]
        .flatMap((messages) => [...messages.values()])
        .filter(({ reference }) => reference?.partition === partition)
        .map(({ reference }) => reference!.offset)
      return offsets.length === 0 ? undefined : Math.min(...offsets)
    })
  }

  receive(query: ReceiveQuery): Promise<readonly ReceivedMessage[]> {
    return this.#commits.commit(() => {
      const received: ReceivedMessage[] = []
      let moves = 0
      for (const message of this.#candidates(query)) {
        if (received.length === query.limit || moves === RECEIVE_MOVES_MAX) break
        if (isExhausted(query, message)) {
          this.#moveToDeadLetters(query, message)
          moves += 1
        } else {
          received.push(this.#take(query, message))
        }
      }
      return received
    })
  }

  remove(queue: string, receipts: readonly string[]): Promise<readonly boolean[]> {
    return this.#commits.commit(() =>
      receipts.map((receipt) => {
        const parsed = parseReceipt(queue, receipt)
        if (parsed === undefined) return false
        this.#state.messages.get(queue)?.delete(parsed.sequence)
        return true
      }),
    )
  }

  changeVisibility(
    queue: string,
    changes: readonly { readonly receipt: string; readonly visibleAt: number }[],
    now: number,
  ): Promise<readonly Visibility[]> {
    return this.#commits.commit(() =>
      changes.map(({ receipt, visibleAt }): Visibility => {
        const parsed = parseReceipt(queue, receipt)
        if (parsed === undefined) return 'unknown'
        const messages = this.#messages(queue)
        const message = messages.get(parsed.sequence)
        if (message?.receiveCount !== parsed.receiveCount || message.visibleAt <= now)
          return 'not-in-flight'
        messages.set(parsed.sequence, { ...message, visibleAt })
        return 'changed'
      }),
    )
  }

  purge(queue: string): Promise<number> {
    return this.#commits.commit(() => {
      const { size } = this.#messages(queue)
      this.#state.messages.delete(queue)
      return size
    })
  }

  look({ queue, now, limit, after = '' }: LookQuery): Promise<readonly LookedMessage[]> {
    return this.#commits.read(() =>
      [...this.#messages(queue).values()]
        .filter(({ expiresAt, sequence }) => expiresAt > now && formatSequence(sequence) > after)
        .sort((a, b) => a.sequence - b.sequence)
        .slice(0, limit)
        .map(lookedAt),
    )
  }

  counts(queue: string, now: number): Promise<MessageCounts> {
    return this.#commits.read(() => {
      const messages = [...this.#messages(queue).values()]
      const hidden = messages.filter((message) => message.visibleAt > now)
      const inFlight = hidden.filter((message) => message.receiveCount > 0).length
      const counts = {
        visible: messages.length - hidden.length,
        inFlight,
        delayed: hidden.length - inFlight,
      }
      if (messages.length === 0) return counts
      return { ...counts, oldestSentAt: Math.min(...messages.map((message) => message.sentAt)) }
    })
  }

  nextVisibleAt(queue: string, now: number): Promise<number | undefined> {
    return this.#commits.read(() => {
      const times = [...this.#messages(queue).values()]
        .map((message) => message.visibleAt)
        .filter((visibleAt) => visibleAt > now)
      return times.length === 0 ? undefined : Math.min(...times)
    })
  }

  expire(now: number): Promise<number> {
    return this.#commits.commit(() => {
      let expired = 0
      for (const messages of this.#state.messages.values()) {
        for (const message of messages.values()) {
          if (message.expiresAt > now) continue
          messages.delete(message.sequence)
          expired += 1
        }
      }
      for (const deduplications of this.#state.deduplications.values()) {
        for (const [id, { until }] of deduplications) if (until <= now) deduplications.delete(id)
      }
      return expired
    })
  }

  #send(message: MessageWrite): SentMessage {
    const { queue, id, deduplicationId, deduplicateUntil } = message
    if (deduplicationId === undefined || deduplicateUntil === undefined)
      return sent(id, this.#insert(message), false)
    const known = this.#deduplications(queue).get(deduplicationId)
    if (known !== undefined && known.until > message.sentAt)
      return sent(known.id, known.sequence, true)
    const sequence = this.#insert(message)
    this.#deduplications(queue).set(deduplicationId, { id, sequence, until: deduplicateUntil })
    return sent(id, sequence, false)
  }

  #insert(message: NewMessage): number {
    this.#state.sequence += 1
    const { sequence } = this.#state
    this.#messages(message.queue).set(sequence, {
      ...message,
      sequence,
      firstReceivedAt: 0,
      receiveCount: 0,
      receivedElsewhere: message.receivedElsewhere ?? 0,
    })
    return sequence
  }

  #candidates({ queue, fifo, now }: ReceiveQuery): StoredMessage[] {
    const messages = [...this.#messages(queue).values()].filter(
      (message) => message.expiresAt > now,
    )
    if (!fifo)
      return messages
        .filter((message) => message.visibleAt <= now)
        .sort((a, b) => a.visibleAt - b.visibleAt || a.sequence - b.sequence)
    return [...groupsOf(messages).values()].flatMap((group) => receivableOf(group, now))
  }

  #moveToDeadLetters(query: ReceiveQuery, message: StoredMessage): void {
    this.#messages(query.queue).delete(message.sequence)
    this.#insert({
      ...message,
      queue: query.deadLetterQueue!,
      visibleAt: query.now,
      movedFrom: query.queue,
      receivedElsewhere: message.receivedElsewhere + message.receiveCount,
    })
  }

  #take(query: ReceiveQuery, message: StoredMessage): ReceivedMessage {
    const receiveCount = message.receiveCount + 1
    const firstReceivedAt = message.receiveCount === 0 ? query.now : message.firstReceivedAt
    const visibleAt = query.now + query.visibilityTimeoutMs
    const taken = { ...message, receiveCount, firstReceivedAt, visibleAt }
    this.#messages(query.queue).set(message.sequence, taken)
    const { visibleAt: _, ...looked } = lookedAt(taken)
    const { sequence } = message
    return { ...looked, receipt: formatReceipt(query.queue, { sequence, receiveCount }) }
  }

  #messages(queue: string): Map<number, StoredMessage> {
    return mapOf(this.#state.messages, queue)
  }

  #deduplications(queue: string): Map<string, { id: string; sequence: number; until: number }> {
    return mapOf(this.#state.deduplications, queue)
  }
}

function lookedAt(message: StoredMessage): LookedMessage {
  const { id, sentAt, sender, sequence, visibleAt } = message
  const { firstReceivedAt, receiveCount, receivedElsewhere } = message
  return {
    id,
    ...(message.body === undefined ? {} : { body: new Uint8Array(message.body) }),
    ...(message.reference === undefined ? {} : { reference: message.reference }),
    sentAt,
    visibleAt,
    firstReceivedAt,
    receiveCount,
    receivedElsewhere,
    sender,
    sequence: formatSequence(sequence),
    ...(message.attributes === undefined ? {} : { attributes: message.attributes }),
    ...(message.groupId === undefined ? {} : { groupId: message.groupId }),
    ...(message.deduplicationId === undefined ? {} : { deduplicationId: message.deduplicationId }),
    ...(message.movedFrom === undefined ? {} : { movedFrom: message.movedFrom }),
  }
}

type Counted = 'sequence' | 'firstReceivedAt' | 'receiveCount' | 'receivedElsewhere'

type NewMessage = Omit<StoredMessage, Counted> & { readonly receivedElsewhere?: number }

function mapOf<K, V>(maps: Map<string, Map<K, V>>, queue: string): Map<K, V> {
  let map = maps.get(queue)
  if (map === undefined) {
    map = new Map()
    maps.set(queue, map)
  }
  return map
}

function sent(id: string, sequence: number, isDuplicate: boolean): SentMessage {
  return { id, sequence: formatSequence(sequence), isDuplicate }
}

function isExhausted(query: ReceiveQuery, message: StoredMessage): boolean {
  const { receiveCountMax, deadLetterQueue } = query
  if (receiveCountMax === undefined || deadLetterQueue === undefined) return false
  return message.receiveCount >= receiveCountMax
}

/** In order of sequence, which is the order in which messages came. */
function groupsOf(messages: readonly StoredMessage[]): Map<string, StoredMessage[]> {
  const groups = new Map<string, StoredMessage[]>()
  for (const message of messages.toSorted((a, b) => a.sequence - b.sequence)) {
    if (message.groupId === undefined) continue
    const group = groups.get(message.groupId)
    if (group === undefined) groups.set(message.groupId, [message])
    else group.push(message)
  }
  return groups
}

/** The visible head of a group; nothing while one of its messages is in flight. */
function receivableOf(group: readonly StoredMessage[], now: number): readonly StoredMessage[] {
  if (group.some((message) => message.receiveCount > 0 && message.visibleAt > now)) return []
  const firstHidden = group.findIndex((message) => message.visibleAt > now)
  return firstHidden === -1 ? group : group.slice(0, firstHidden)
}
