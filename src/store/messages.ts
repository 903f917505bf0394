// The messages of durable queues, with the semantics that need a transaction: visibility, first-in first-out
// groups, de-duplication, receive counts. What SQS calls things and checks is the queue room's.

export interface MessageWrite {
  readonly queue: string
  readonly id: string
  readonly body: Uint8Array
  /** JSON of the message attributes, as the dialect gave them; undefined when there are none. */
  readonly attributes?: string
  readonly sentAt: number
  /** Not received before. */
  readonly visibleAt: number
  readonly expiresAt: number
  readonly sender: string
  readonly groupId?: string
  readonly deduplicationId?: string
  /** Until when an equal deduplication id is a duplicate. */
  readonly deduplicateUntil?: number
}

export interface SentMessage {
  readonly id: string
  /** FIFO only: 20 decimal digits that grow. */
  readonly sequence: string
  /** An equal deduplication id was there: `id` is the first message's. */
  readonly isDuplicate: boolean
}

export interface ReceiveQuery {
  readonly queue: string
  /** Hands out groups in order, and only messages that have a group. */
  readonly fifo: boolean
  readonly limit: number
  readonly now: number
  readonly visibilityTimeoutMs: number
  /** Messages received this often already go to `deadLetterQueue` instead. */
  readonly receiveCountMax?: number
  readonly deadLetterQueue?: string
}

export interface ReceivedMessage {
  readonly id: string
  readonly receipt: string
  /** Absent for a message sent by reference. */
  readonly body?: Uint8Array
  readonly reference?: LogReference
  readonly attributes?: string
  readonly sentAt: number
  readonly firstReceivedAt: number
  /** In this queue. */
  readonly receiveCount: number
  /** In queues whose redrive policies moved it on. */
  readonly receivedElsewhere: number
  readonly sender: string
  readonly groupId?: string
  readonly deduplicationId?: string
  readonly sequence: string
  /** The queue whose redrive policy moved the message here, if one did. */
  readonly movedFrom?: string
}

export interface LookQuery {
  readonly queue: string
  readonly now: number
  readonly limit: number
  /** A sequence; what came later follows, all when absent. */
  readonly after?: string
}

/** A message as it lies in its queue, which nobody receives by looking at it. */
export interface LookedMessage extends Omit<ReceivedMessage, 'receipt'> {
  readonly visibleAt: number
}

export interface MessageCounts {
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
  readonly oldestSentAt?: number
}

export interface MessageStore {
  /** One transaction; durable when it resolves. Answers in the order given. */
  send(messages: readonly MessageWrite[]): Promise<readonly SentMessage[]>
  /**
   * The hot path of deliveries to a standard queue: bodies laid end to end in `bodies`, message k ending at
   * `ends[k]`. Gives up `bodies` (its ArrayBuffer may be transferred). Ids are `idPrefix` + k in base 36.
   * As durable as `DeliveryStore.commit`, whose cursor it precedes.
   */
  sendPacked(batch: PackedMessages): Promise<void>
  /**
   * Messages whose bodies lie in the log already: each is the envelope of the event there. The log must be kept
   * from `oldestReference` on. Ids as for `sendPacked`.
   */
  sendReferences(batch: ReferencedMessages): Promise<void>
  /** The smallest offset that a message refers to, of all queues. */
  oldestReference(partition: number): Promise<number | undefined>
  receive(query: ReceiveQuery): Promise<readonly ReceivedMessage[]>
  /** True for each receipt that is (or was) one of this queue's. */
  remove(queue: string, receipts: readonly string[]): Promise<readonly boolean[]>
  changeVisibility(
    queue: string,
    changes: readonly { readonly receipt: string; readonly visibleAt: number }[],
    now: number,
  ): Promise<readonly ('changed' | 'not-in-flight' | 'unknown')[]>
  purge(queue: string): Promise<number>
  /** In the order in which they came, those in flight and delayed too; changes nothing. */
  look(query: LookQuery): Promise<readonly LookedMessage[]>
  counts(queue: string, now: number): Promise<MessageCounts>
  /** When the next hidden message becomes visible, for long polls. */
  nextVisibleAt(queue: string, now: number): Promise<number | undefined>
  /** Drops expired messages and stale deduplication ids. */
  expire(now: number): Promise<number>
}

export interface PackedMessages {
  readonly queue: string
  readonly idPrefix: string
  readonly bodies: Uint8Array
  readonly ends: Uint32Array
  readonly sentAt: number
  readonly visibleAt: number
  readonly expiresAt: number
  readonly sender: string
}

/** Where a body lies: a record of the log. */
export interface LogReference {
  readonly partition: number
  readonly offset: number
}

export interface ReferencedMessages {
  readonly queue: string
  readonly idPrefix: string
  readonly partition: number
  readonly offsets: Float64Array
  readonly sentAt: number
  readonly visibleAt: number
  readonly expiresAt: number
  readonly sender: string
}
