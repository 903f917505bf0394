// Sending to queues and receiving from them: SQS's semantics over the store's transactions. Long polls are
// woken by sends of this process, by the time at which a hidden message shows again, and by aborts.
//
// Invariant: between looking and waiting, a poll compares the line's version, so that no send falls between.

import {
  createUuid,
  describeError,
  isAppError,
  type AppError,
  type Clock,
  type Logger,
  type Random,
} from '../base/index.ts'
import type {
  LogReference,
  MessageCounts,
  MessageStore,
  MessageWrite,
  PackedMessages,
  ReceivedMessage,
  ReferencedMessages,
} from '../store/index.ts'
import { queueFault } from './fault.ts'
import {
  digestBody,
  type ReadMessage,
  toQueueMessage,
  type AttributeSelection,
  type QueueMessage,
} from './incoming.ts'
import { lookedAt, type LookedAt, type LookPage } from './looked-at.ts'
import {
  BATCH_SIZE_BYTES_MAX,
  RECEIVE_MESSAGES_MAX,
  VISIBILITY_TIMEOUT_SECONDS_MAX,
  WAIT_SECONDS_MAX,
} from './limits.ts'
import { digestAttributes } from './message-attributes.ts'
import { checkMessage, messageSizeBytes, toWrite, type OutgoingMessage } from './outgoing.ts'
import type { Queue, Registry } from './registry.ts'

export interface SentReceipt {
  readonly id: string
  readonly bodyDigest: string
  readonly attributesDigest?: string
  readonly systemAttributesDigest?: string
  /** FIFO only. */
  readonly sequence?: string
}

export type SendOutcome =
  | { readonly kind: 'sent'; readonly receipt: SentReceipt }
  | { readonly kind: 'refused'; readonly fault: AppError }

export interface ReceiveOptions {
  /** 1 to 10; 1 when absent. */
  readonly limit?: number
  /** The queue's own when absent. */
  readonly visibilityTimeoutSeconds?: number
  /** The queue's own when absent. */
  readonly waitSeconds?: number
  readonly select: AttributeSelection
}

export interface VisibilityChange {
  readonly receipt: string
  readonly visibilityTimeoutSeconds: number
}

/** What the SQS dialect does with messages. `arn` names a queue; there being none is `QUEUE_NOT_FOUND`. */
export interface QueueMessages {
  /** Durable when it resolves. */
  send(arn: string, sender: string, message: OutgoingMessage): Promise<SentReceipt>
  /** One outcome per message, in order; rejects where SQS refuses the whole batch. */
  sendBatch(
    arn: string,
    sender: string,
    messages: readonly OutgoingMessage[],
  ): Promise<readonly SendOutcome[]>
  /** Waits as told for the first message; an abort ends the wait with what there is. */
  receive(
    arn: string,
    options: ReceiveOptions,
    signal: AbortSignal,
  ): Promise<readonly QueueMessage[]>
  /** True for each receipt that is (or was) one of this queue's. */
  remove(arn: string, receipts: readonly string[]): Promise<readonly boolean[]>
  /** A fault for each change that cannot be. */
  changeVisibility(
    arn: string,
    changes: readonly VisibilityChange[],
  ): Promise<readonly (AppError | undefined)[]>
  purge(arn: string): Promise<void>
  /** In the order in which they came, behind a place when there is one; nobody receives them by that. */
  look(arn: string, page: LookPage): Promise<readonly LookedAt[]>
  counts(arn: string): Promise<MessageCounts>
}

/** What sinks do: no checks of SQS's, because what is delivered was accepted already. */
export interface QueueDeliveries {
  /** Durable when it resolves; wakes long polls. Every message is for the one queue. */
  write(queue: Queue, messages: readonly MessageWrite[]): Promise<void>
  writePacked(queue: Queue, batch: PackedMessages): Promise<void>
  writeReferences(queue: Queue, batch: ReferencedMessages): Promise<void>
}

/** The envelope of the event at a place in the log. */
export type ReadReference = (reference: LogReference) => Promise<Uint8Array>

export interface QueueMessagesOptions {
  readonly messages: MessageStore
  /** Needed where messages are sent by reference. */
  readonly readReference?: ReadReference
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
}

export function refuseReferences(reference: LogReference): Promise<Uint8Array> {
  return Promise.reject(new Error(`nothing reads log offset ${reference.offset}`))
}

// A message may be about to show while its timer fires a millisecond early: look again, but not at once.
const RELOOK_DELAY_MS_MIN = 10

export class StoredQueueMessages implements QueueMessages, QueueDeliveries {
  readonly #store: MessageStore
  readonly #clock: Clock
  readonly #random: Random
  readonly #registry: Registry
  readonly #readReference: ReadReference
  readonly #logger: Logger

  constructor(options: QueueMessagesOptions, registry: Registry) {
    this.#store = options.messages
    this.#readReference = options.readReference ?? refuseReferences
    this.#logger = options.logger
    this.#clock = options.clock
    this.#random = options.random
    this.#registry = registry
  }

  async send(arn: string, sender: string, message: OutgoingMessage): Promise<SentReceipt> {
    const queue = this.#registry.get(arn)
    checkMessage(queue, message)
    checkSize(queue, message, 'are invalid')
    const [receipt] = await this.#sendChecked(queue, sender, [message])
    return receipt!
  }

  async sendBatch(
    arn: string,
    sender: string,
    messages: readonly OutgoingMessage[],
  ): Promise<readonly SendOutcome[]> {
    const queue = this.#registry.get(arn)
    checkBatchSize(messages)
    const faults = messages.map((message) => batchFault(queue, message))
    const sendable = messages.filter((_, index) => faults[index] === undefined)
    const receipts = await this.#sendChecked(queue, sender, sendable)
    let next = 0
    return faults.map((fault) => {
      if (fault !== undefined) return { kind: 'refused', fault }
      next += 1
      return { kind: 'sent', receipt: receipts[next - 1]! }
    })
  }

  async receive(
    arn: string,
    options: ReceiveOptions,
    signal: AbortSignal,
  ): Promise<readonly QueueMessage[]> {
    checkReceive(options)
    const waitMs = waitMsOf(this.#registry.get(arn), options)
    const deadline = this.#clock.monotonic() + waitMs
    for (;;) {
      const queue = this.#registry.find(arn)
      const waiters = this.#registry.waiters(arn)
      // Deleted while this poll waited: what there is, is nothing.
      if (queue === undefined || waiters === undefined) return []
      if (signal.aborted) return []
      const version = waiters.version
      const found = await this.#take(queue, options)
      if (found.length > 0) return found
      if (signal.aborted || this.#clock.monotonic() >= deadline) return []
      const showsAt = await this.#store.nextVisibleAt(queue.key, this.#clock.now())
      if (waiters.version !== version) continue
      if (waiters.isFull) throw throttled(waiters.length)
      const waiting = waiters.wait(deadline, signal)
      if (showsAt !== undefined) {
        waiters.wakeAt(Math.max(showsAt, this.#clock.now() + RELOOK_DELAY_MS_MIN))
      }
      if ((await waiting) !== 'woken') return []
    }
  }

  async remove(arn: string, receipts: readonly string[]): Promise<readonly boolean[]> {
    const queue = this.#registry.get(arn)
    const removed = await this.#store.remove(queue.key, receipts)
    // A group that waited for its first message to go may go on now.
    if (queue.spec.fifo) this.#registry.waiters(arn)?.wake(receipts.length)
    return removed
  }

  async changeVisibility(
    arn: string,
    changes: readonly VisibilityChange[],
  ): Promise<readonly (AppError | undefined)[]> {
    const queue = this.#registry.get(arn)
    const now = this.#clock.now()
    const faults = changes.map((change) => visibilityFault(change))
    const valid = changes.filter((_, index) => faults[index] === undefined)
    const wanted = valid.map((change) => ({
      receipt: change.receipt,
      visibleAt: now + change.visibilityTimeoutSeconds * 1000,
    }))
    const results = await this.#store.changeVisibility(queue.key, wanted, now)
    for (const { visibleAt } of wanted) this.#wakeFor(queue, 1, visibleAt)
    let next = 0
    return faults.map((fault, index) => {
      if (fault !== undefined) return fault
      next += 1
      return resultFault(results[next - 1]!, changes[index]!.receipt)
    })
  }

  async look(arn: string, { limit, after }: LookPage): Promise<readonly LookedAt[]> {
    const now = this.#clock.now()
    const { key } = this.#registry.get(arn)
    const query = { queue: key, now, limit, ...(after === undefined ? {} : { after }) }
    const found = await this.#store.look(query)
    const read = await Promise.all(found.map((one) => this.#readBody({ ...one, receipt: '' })))
    return found.map((looked, index) => lookedAt(looked, read[index]?.body, now))
  }

  async purge(arn: string): Promise<void> {
    await this.#store.purge(this.#registry.get(arn).key)
  }

  counts(arn: string): Promise<MessageCounts> {
    return this.#store.counts(this.#registry.get(arn).key, this.#clock.now())
  }

  async write(queue: Queue, messages: readonly MessageWrite[]): Promise<void> {
    await this.#store.send(messages)
    this.#wakeFor(queue, messages.length, messages[0]?.visibleAt ?? 0)
  }

  async writePacked(queue: Queue, batch: PackedMessages): Promise<void> {
    // Read before the batch is given up.
    const { visibleAt } = batch
    const count = batch.ends.length
    await this.#store.sendPacked(batch)
    this.#wakeFor(queue, count, visibleAt)
  }

  async writeReferences(queue: Queue, batch: ReferencedMessages): Promise<void> {
    await this.#store.sendReferences(batch)
    this.#wakeFor(queue, batch.offsets.length, batch.visibleAt)
  }

  async #sendChecked(
    queue: Queue,
    sender: string,
    messages: readonly OutgoingMessage[],
  ): Promise<readonly SentReceipt[]> {
    if (messages.length === 0) return []
    const now = this.#clock.now()
    const writes = messages.map((message) =>
      toWrite(queue, message, { id: createUuid(this.#random), now, sender }),
    )
    const sent = await this.#store.send(writes)
    const soonest = Math.min(...writes.map((write) => write.visibleAt))
    this.#wakeFor(queue, writes.length, soonest)
    return messages.map((message, index) => {
      const attributesDigest = digestAttributes(message.attributes ?? {})
      const systemAttributesDigest = digestAttributes(message.systemAttributes ?? {})
      return {
        id: sent[index]!.id,
        bodyDigest: digestBody(message.body),
        ...(attributesDigest === undefined ? {} : { attributesDigest }),
        ...(systemAttributesDigest === undefined ? {} : { systemAttributesDigest }),
        ...(queue.spec.fifo ? { sequence: sent[index]!.sequence } : {}),
      }
    })
  }

  async #take(queue: Queue, options: ReceiveOptions): Promise<readonly QueueMessage[]> {
    const now = this.#clock.now()
    const timeoutSeconds = options.visibilityTimeoutSeconds
    const visibilityTimeoutMs =
      timeoutSeconds === undefined ? queue.settings.visibilityTimeoutMs : timeoutSeconds * 1000
    const redrive = queue.settings.redrive
    const deadLetters =
      redrive === undefined ? undefined : this.#registry.find(redrive.deadLetterArn)
    const found = await this.#store.receive({
      queue: queue.key,
      fifo: queue.spec.fifo,
      limit: options.limit ?? 1,
      now,
      visibilityTimeoutMs,
      // A redrive policy whose queue is gone does nothing: better a message too often than a message lost.
      ...(redrive === undefined || deadLetters === undefined
        ? {}
        : { receiveCountMax: redrive.receiveCountMax, deadLetterQueue: deadLetters.key }),
    })
    if (deadLetters !== undefined) this.#registry.waiters(deadLetters.arn)?.wake(1)
    if (found.length > 0) {
      const waiters = this.#registry.waiters(queue.arn)
      // There may be more for the next in line, and these show again when their time is over.
      waiters?.wake(1)
      waiters?.wakeAt(now + visibilityTimeoutMs)
    }
    const read = await Promise.all(found.map((message) => this.#readBody(message)))
    return read
      .filter((message) => message !== undefined)
      .map((message) => toQueueMessage(message, options.select))
  }

  /** Undefined for a message whose record is damaged: it shows again, and in the end expires or is moved. */
  async #readBody(message: ReceivedMessage): Promise<ReadMessage | undefined> {
    const { body, reference } = message
    if (body !== undefined) return { ...message, body }
    try {
      return { ...message, body: await this.#readReference(reference!) }
    } catch (error) {
      this.#logger.error('the body of a queue message cannot be read from the log', {
        message: message.id,
        ...reference,
        error: describeError(error),
      })
      return undefined
    }
  }

  #wakeFor(queue: Queue, count: number, visibleAt: number): void {
    const waiters = this.#registry.waiters(queue.arn)
    if (waiters === undefined) return
    if (visibleAt <= this.#clock.now()) waiters.wake(count)
    else {
      // A poll that is between looking and waiting has not seen this one's time.
      waiters.wake(0)
      waiters.wakeAt(visibleAt)
    }
  }
}

function checkSize(queue: Queue, message: OutgoingMessage, verb: string): void {
  const sizeMax = queue.settings.messageSizeBytesMax
  if (messageSizeBytes(message) <= sizeMax) return
  throw queueFault(
    'InvalidParameterValue',
    `One or more parameters ${verb}. Reason: Message must be shorter than ${sizeMax} bytes.`,
  )
}

function checkBatchSize(messages: readonly OutgoingMessage[]): void {
  let size = 0
  for (const message of messages) size += messageSizeBytes(message)
  if (size <= BATCH_SIZE_BYTES_MAX) return
  throw queueFault(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${BATCH_SIZE_BYTES_MAX} bytes. You have sent ${size} bytes.`,
  )
}

/** An entry's own fault; what SQS refuses the whole batch for is thrown. */
function batchFault(queue: Queue, message: OutgoingMessage): AppError | undefined {
  if (queue.spec.fifo && message.groupId === undefined) {
    throw queueFault(
      'InvalidParameterValue',
      'The request must contain the parameter MessageGroupId.',
    )
  }
  const hasDeduplication =
    message.deduplicationId !== undefined || queue.settings.contentBasedDeduplication
  if (queue.spec.fifo && !hasDeduplication) checkMessage(queue, message)
  try {
    checkMessage(queue, message)
    checkSize(queue, message, 'cannot be validated')
    return undefined
  } catch (error) {
    if (isAppError(error)) return error
    throw error
  }
}

function checkReceive(options: ReceiveOptions): void {
  const { limit = 1, waitSeconds = 0, visibilityTimeoutSeconds = 0 } = options
  if (!isWithin(limit, 1, RECEIVE_MESSAGES_MAX)) {
    throw invalid(
      'MaxNumberOfMessages',
      limit,
      `Must be between 1 and ${RECEIVE_MESSAGES_MAX}, if provided.`,
    )
  }
  if (!isWithin(waitSeconds, 0, WAIT_SECONDS_MAX)) {
    throw invalid(
      'WaitTimeSeconds',
      waitSeconds,
      `Must be >= 0 and <= ${WAIT_SECONDS_MAX}, if provided.`,
    )
  }
  if (!isWithin(visibilityTimeoutSeconds, 0, VISIBILITY_TIMEOUT_SECONDS_MAX)) {
    throw invalidVisibility(visibilityTimeoutSeconds)
  }
}

function visibilityFault(change: VisibilityChange): AppError | undefined {
  const seconds = change.visibilityTimeoutSeconds
  return isWithin(seconds, 0, VISIBILITY_TIMEOUT_SECONDS_MAX)
    ? undefined
    : invalidVisibility(seconds)
}

function resultFault(
  result: 'changed' | 'not-in-flight' | 'unknown',
  receipt: string,
): AppError | undefined {
  switch (result) {
    case 'changed':
      return undefined
    case 'not-in-flight':
      return queueFault(
        'InvalidParameterValue',
        `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      )
    case 'unknown':
      return queueFault('ReceiptHandleIsInvalid', `The input receipt handle is invalid.`)
  }
}

function waitMsOf(queue: Queue, options: ReceiveOptions): number {
  return options.waitSeconds === undefined ? queue.settings.waitMs : options.waitSeconds * 1000
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}

function invalidVisibility(value: number): AppError {
  return invalid(
    'VisibilityTimeout',
    value,
    `VisibilityTimeout must be an integer between 0 and ${VISIBILITY_TIMEOUT_SECONDS_MAX}.`,
  )
}

function invalid(parameter: string, value: number, reason: string): AppError {
  return queueFault(
    'InvalidParameterValue',
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  )
}

function throttled(length: number): AppError {
  return queueFault(
    'RequestThrottled',
    `Too many receive requests wait on this queue: ${length}. Try again later.`,
  )
}
