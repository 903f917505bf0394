// The sink of local queues: what deliver sends to `arn:aws:sqs:…` lands here. Shaped as connect's SinkKind,
// which this room does not import. Bodies are copied once, into one buffer, because the store's worker takes
// that buffer over; messages that need attributes or order take the slower way, one record each.

import { createHash } from 'node:crypto'
import { createUuid, describeError, type Clock, type Random } from '../base/index.ts'
import { type StoredEvent, traceHeaderOf } from '../event/index.ts'
import { parseArn, type Target } from '../model/index.ts'
import type { MessageWrite } from '../store/index.ts'
import { DEDUPLICATION_WINDOW_MS, MESSAGE_SIZE_BYTES_MAX } from './limits.ts'
import type { MessageAttributes } from './message-attributes.ts'
import type { Queue } from './registry.ts'
import type { Queues } from './queues.ts'

/** What a delivery to a queue needs to know: connect's SinkMessage. */
export interface QueueDelivery {
  readonly deliveryId: string
  readonly event: StoredEvent
  readonly eventId: string
  readonly body: Uint8Array
  readonly target: Target
  readonly attempt: number
  readonly attributes?: MessageAttributes
  readonly reference?: { readonly partition: number; readonly offset: number }
}

interface QueueSinkFailure {
  readonly code: string
  readonly message: string
}

export type QueueSinkResult =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly failure: QueueSinkFailure }
  | { readonly kind: 'dead'; readonly failure: QueueSinkFailure }

export interface QueueSink {
  readonly batchMax: number
  readonly concurrencyMax: number
  readonly isOwnStore?: boolean
  send(batch: readonly QueueDelivery[], signal: AbortSignal): Promise<readonly QueueSinkResult[]>
  close(): Promise<void>
}

export interface QueueSinkKind {
  readonly name: string
  serves(address: string): boolean
  open(address: string): QueueSink
}

export interface QueueSinkOptions {
  readonly queues: Queues
  readonly clock: Clock
  readonly random: Random
}

const BATCH_MAX = 1000
/** One at a time: a FIFO queue gets events in the order of the log. */
const CONCURRENCY_MAX = 1
// A UUID less its last three characters, which the store makes from the message's place in the batch.
const ID_PREFIX_LENGTH = 33
/** The sender SQS shows for what EventBridge delivers. */
const SENDER = 'events.amazonaws.com'
const DELIVERED: QueueSinkResult = { kind: 'delivered' }

export function createQueueSinkKind(options: QueueSinkOptions): QueueSinkKind {
  return {
    name: 'queue',
    serves: (address) => parseArn(address)?.service === 'sqs',
    open: (address) => ({
      batchMax: BATCH_MAX,
      concurrencyMax: CONCURRENCY_MAX,
      isOwnStore: true,
      send: (batch) => send(options, address, batch),
      close: () => Promise.resolve(),
    }),
  }
}

async function send(
  options: QueueSinkOptions,
  arn: string,
  batch: readonly QueueDelivery[],
): Promise<readonly QueueSinkResult[]> {
  const queue = options.queues.registry.find(arn)
  if (queue === undefined) {
    return batch.map(() => dead('NO_RESOURCE', `queue \`${arn}\` does not exist`))
  }
  const results = batch.map((message) => refusal(queue, message) ?? DELIVERED)
  const sendable = batch.filter((_, index) => results[index] === DELIVERED)
  if (sendable.length === 0) return results
  try {
    await write(options, queue, sendable)
    return results
  } catch (error) {
    const failure = { code: 'INTERNAL_ERROR', message: describeError(error) }
    return results.map((result) => (result === DELIVERED ? { kind: 'retry', failure } : result))
  }
}

function write(
  options: QueueSinkOptions,
  queue: Queue,
  batch: readonly QueueDelivery[],
): Promise<void> {
  const { deliveries } = options.queues
  const now = options.clock.now()
  const traces = batch.map((message) => traceHeaderOf(message.event.meta()))
  const isPlain =
    !queue.spec.fifo &&
    batch.every((message, index) => traces[index] === undefined && message.attributes === undefined)
  if (isPlain) {
    const rest = {
      ...times(queue, now),
      queue: queue.key,
      idPrefix: createUuid(options.random).slice(0, ID_PREFIX_LENGTH),
      sender: SENDER,
    }
    const references = referencesOf(batch)
    return references === undefined
      ? deliveries.writePacked(queue, { ...pack(batch), ...rest })
      : deliveries.writeReferences(queue, { ...references, ...rest })
  }
  const writes = batch.map((message, index): MessageWrite => {
    const traceHeader = traces[index]
    return {
      ...times(queue, now),
      queue: queue.key,
      id: createUuid(options.random),
      body: message.body,
      sender: SENDER,
      ...attributesOf(message, traceHeader),
      ...(queue.spec.fifo ? fifoFields(queue, message, now) : groupOf(message)),
    }
  })
  return deliveries.write(queue, writes)
}

/** Where the bodies lie, when all of them are events as they are in one partition of the log. */
function referencesOf(
  batch: readonly QueueDelivery[],
): { partition: number; offsets: Float64Array } | undefined {
  const partition = batch[0]?.reference?.partition
  if (partition === undefined) return undefined
  const offsets = new Float64Array(batch.length)
  for (const [index, { reference }] of batch.entries()) {
    if (reference?.partition !== partition) return undefined
    offsets[index] = reference.offset
  }
  return { partition, offsets }
}

function pack(batch: readonly QueueDelivery[]): { bodies: Uint8Array; ends: Uint32Array } {
  const ends = new Uint32Array(batch.length)
  let size = 0
  for (const [index, message] of batch.entries()) {
    size += message.body.length
    ends[index] = size
  }
  // Memory of its own, not of Node's pool: it is transferred to the store's worker.
  const bodies = new Uint8Array(size)
  for (const [index, message] of batch.entries()) {
    bodies.set(message.body, ends[index]! - message.body.length)
  }
  return { bodies, ends }
}

function times(
  queue: Queue,
  now: number,
): Pick<MessageWrite, 'sentAt' | 'visibleAt' | 'expiresAt'> {
  const { delayMs, retentionMs } = queue.settings
  return { sentAt: now, visibleAt: now + delayMs, expiresAt: now + retentionMs }
}

function groupOf(message: QueueDelivery): Pick<MessageWrite, 'groupId'> {
  const groupId = message.target.messageGroupId
  return groupId === undefined ? {} : { groupId }
}

function fifoFields(
  queue: Queue,
  message: QueueDelivery,
  now: number,
): Pick<MessageWrite, 'groupId' | 'deduplicationId' | 'deduplicateUntil'> {
  // A delivery's id is the same on every attempt, so an attempt that was repeated is a duplicate.
  const id =
    message.target.messageDeduplicationId ??
    createHash('sha256').update(message.deliveryId).digest('hex')
  const groupId = message.target.messageGroupId!
  return {
    groupId,
    deduplicationId: queue.settings.deduplicationPerGroup ? `${groupId}\u0000${id}` : id,
    deduplicateUntil: now + DEDUPLICATION_WINDOW_MS,
  }
}

function attributesOf(
  { attributes: user }: QueueDelivery,
  traceHeader: string | undefined,
): Pick<MessageWrite, 'attributes'> {
  if (user === undefined && traceHeader === undefined) return {}
  const system =
    traceHeader === undefined
      ? undefined
      : { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } }
  return { attributes: JSON.stringify({ user, system }) }
}

function refusal(queue: Queue, message: QueueDelivery): QueueSinkResult | undefined {
  if (queue.spec.fifo && message.target.messageGroupId === undefined) {
    return dead(
      'SDK_CLIENT_ERROR',
      `queue \`${queue.arn}\` is first-in first-out and target \`${message.target.id}\` names no message group`,
    )
  }
  // At the ceiling nothing is refused: the largest event accepted is larger than it with its envelope.
  const sizeMax = queue.settings.messageSizeBytesMax
  if (sizeMax < MESSAGE_SIZE_BYTES_MAX && message.body.length > sizeMax) {
    return dead(
      'SDK_CLIENT_ERROR',
      `expected a message of at most ${sizeMax} bytes for queue \`${queue.arn}\`, got \`${message.body.length}\``,
    )
  }
  return undefined
}

function dead(code: string, message: string): QueueSinkResult {
  return { kind: 'dead', failure: { code, message } }
}
