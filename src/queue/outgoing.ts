// From what a sender gives to what the store keeps: SQS's checks of one message, in SQS's words, and the
// record written.

import { createHash } from 'node:crypto'
import type { MessageWrite } from '../store/index.ts'
import { queueFault } from './fault.ts'
import { DEDUPLICATION_WINDOW_MS, DELAY_SECONDS_MAX, GROUP_ID_LENGTH_MAX } from './limits.ts'
import {
  attributesSizeBytes,
  checkMessageAttributes,
  hasInvalidCharacters,
  type MessageAttributes,
} from './message-attributes.ts'
import type { Queue } from './registry.ts'

export interface OutgoingMessage {
  readonly body: string
  readonly attributes?: MessageAttributes
  /** AWSTraceHeader is the only one that SQS takes. */
  readonly systemAttributes?: MessageAttributes
  readonly delaySeconds?: number
  readonly groupId?: string
  readonly deduplicationId?: string
}

/** What lies in the store's `attributes`. */
export interface StoredAttributes {
  readonly user?: MessageAttributes
  readonly system?: MessageAttributes
}

// Keeps one group's deduplication ids apart from another's where the queue de-duplicates by group; neither a
// group nor an id can hold a NUL.
const GROUP_SEPARATOR = '\u0000'

/** Body and user attributes: what the size limits count. */
export function messageSizeBytes(message: OutgoingMessage): number {
  return Buffer.byteLength(message.body) + attributesSizeBytes(message.attributes ?? {})
}

/** Throws the fault SQS answers; says nothing when the message may go. */
export function checkMessage(queue: Queue, message: OutgoingMessage): void {
  if (message.body === '') throw missing('MessageBody')
  if (hasInvalidCharacters(message.body)) {
    throw queueFault(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    )
  }
  checkMessageAttributes(message.attributes ?? {})
  checkSystemAttributes(message.systemAttributes ?? {})
  checkDelay(queue, message.delaySeconds)
  checkToken('MessageGroupId', message.groupId)
  checkToken('MessageDeduplicationId', message.deduplicationId)
  if (queue.spec.fifo) checkFifo(queue, message)
  else if (message.deduplicationId !== undefined) {
    throw invalid(
      'MessageDeduplicationId',
      message.deduplicationId,
      'The request includes a parameter that is not valid for this queue type.',
    )
  }
}

export function toWrite(
  queue: Queue,
  message: OutgoingMessage,
  stamp: { readonly id: string; readonly now: number; readonly sender: string },
): MessageWrite {
  const { settings } = queue
  const delayMs =
    message.delaySeconds === undefined || queue.spec.fifo
      ? settings.delayMs
      : message.delaySeconds * 1000
  const attributes = encodeAttributes(message)
  return {
    queue: queue.key,
    id: stamp.id,
    body: Buffer.from(message.body),
    ...(attributes === undefined ? {} : { attributes }),
    sentAt: stamp.now,
    visibleAt: stamp.now + delayMs,
    expiresAt: stamp.now + settings.retentionMs,
    sender: stamp.sender,
    ...(message.groupId === undefined ? {} : { groupId: message.groupId }),
    ...deduplication(queue, message, stamp.now),
  }
}

/** The deduplication id a sender gave or the body's hash, from what the store keeps. */
export function deduplicationIdOf(stored: string): string {
  return stored.slice(stored.indexOf(GROUP_SEPARATOR) + 1)
}

function deduplication(
  queue: Queue,
  message: OutgoingMessage,
  now: number,
): Pick<MessageWrite, 'deduplicationId' | 'deduplicateUntil'> {
  if (!queue.spec.fifo) return {}
  const id = message.deduplicationId ?? createHash('sha256').update(message.body).digest('hex')
  return {
    deduplicationId: queue.settings.deduplicationPerGroup
      ? `${message.groupId}${GROUP_SEPARATOR}${id}`
      : id,
    deduplicateUntil: now + DEDUPLICATION_WINDOW_MS,
  }
}

function encodeAttributes(message: OutgoingMessage): string | undefined {
  const user = message.attributes ?? {}
  const system = message.systemAttributes ?? {}
  const stored: StoredAttributes = {
    ...(Object.keys(user).length === 0 ? {} : { user }),
    ...(Object.keys(system).length === 0 ? {} : { system }),
  }
  return Object.keys(stored).length === 0 ? undefined : JSON.stringify(stored)
}

function checkSystemAttributes(attributes: MessageAttributes): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    if (name !== 'AWSTraceHeader') {
      throw queueFault(
        'InvalidParameterValue',
        `Message system attribute name '${name}' is invalid.`,
      )
    }
    if (attribute.DataType !== 'String' || (attribute.StringValue ?? '') === '') {
      throw queueFault(
        'InvalidParameterValue',
        `Message system attribute '${name}' must contain a non-empty value of type 'String'.`,
      )
    }
  }
}

function checkDelay(queue: Queue, delaySeconds: number | undefined): void {
  if (delaySeconds === undefined) return
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > DELAY_SECONDS_MAX) {
    throw invalid(
      'DelaySeconds',
      delaySeconds,
      `DelaySeconds must be >= 0 and <= ${DELAY_SECONDS_MAX}.`,
    )
  }
  if (queue.spec.fifo && delaySeconds > 0) {
    throw invalid(
      'DelaySeconds',
      delaySeconds,
      'The request include parameter that is not valid for this queue type.',
    )
  }
}

function checkToken(parameter: string, value: string | undefined): void {
  if (value === undefined) return
  if (value.length <= GROUP_ID_LENGTH_MAX && /^[!-~]+$/.test(value)) return
  throw invalid(
    parameter,
    value,
    `${parameter} can only include alphanumeric and punctuation characters. 1 to ${GROUP_ID_LENGTH_MAX} in length.`,
  )
}

function checkFifo(queue: Queue, message: OutgoingMessage): void {
  if (message.groupId === undefined) throw missing('MessageGroupId')
  if (message.deduplicationId === undefined && !queue.settings.contentBasedDeduplication) {
    throw queueFault(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    )
  }
}

function missing(parameter: string): Error {
  return queueFault('MissingParameter', `The request must contain the parameter ${parameter}.`)
}

function invalid(parameter: string, value: string | number, reason: string): Error {
  return queueFault(
    'InvalidParameterValue',
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  )
}
