// From what the store gives to what a receiver sees: the attributes asked for, and the digests by which
// clients check them.

import { createHash } from 'node:crypto'
import type { ReceivedMessage } from '../store/index.ts'
import { digestAttributes, selectAttributes, type MessageAttributes } from './message-attributes.ts'
import { deduplicationIdOf, type StoredAttributes } from './outgoing.ts'

/** Which attributes a receiver wants: names, or `All`; user attributes also by `prefix.*`. */
export interface AttributeSelection {
  readonly user: readonly string[]
  readonly system: readonly string[]
}

export interface QueueMessage {
  readonly id: string
  readonly receipt: string
  readonly body: string
  readonly bodyDigest: string
  readonly attributes: MessageAttributes
  /** Of `attributes` as selected; absent when there are none. */
  readonly attributesDigest?: string
  readonly systemAttributes: Readonly<Record<string, string>>
}

/** A received message with its body, wherever that lay. */
export type ReadMessage = ReceivedMessage & { readonly body: Uint8Array }

export function toQueueMessage(message: ReadMessage, selection: AttributeSelection): QueueMessage {
  const stored: StoredAttributes =
    message.attributes === undefined ? {} : (JSON.parse(message.attributes) as StoredAttributes)
  const attributes = selectAttributes(stored.user ?? {}, selection.user)
  const attributesDigest = digestAttributes(attributes)
  const body = Buffer.from(
    message.body.buffer,
    message.body.byteOffset,
    message.body.byteLength,
  ).toString()
  return {
    id: message.id,
    receipt: message.receipt,
    body,
    bodyDigest: digestBody(body),
    attributes,
    ...(attributesDigest === undefined ? {} : { attributesDigest }),
    systemAttributes: selectSystem(message, stored, selection.system),
  }
}

/** The MD5 of a body, hex. */
export function digestBody(body: string): string {
  return createHash('md5').update(body).digest('hex')
}

function selectSystem(
  message: ReceivedMessage,
  stored: StoredAttributes,
  wanted: readonly string[],
): Record<string, string> {
  if (wanted.length === 0) return {}
  const all = systemAttributes(message, stored)
  if (wanted.includes('All')) return all
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))
}

function systemAttributes(
  message: ReceivedMessage,
  stored: StoredAttributes,
): Record<string, string> {
  const traceHeader = stored.system?.['AWSTraceHeader']?.StringValue
  const { groupId, deduplicationId, movedFrom } = message
  const isFifo = deduplicationId !== undefined
  return {
    SenderId: message.sender,
    SentTimestamp: String(message.sentAt),
    // Across all queues, as SQS counts.
    ApproximateReceiveCount: String(message.receivedElsewhere + message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(isFifo ? { SequenceNumber: message.sequence } : {}),
    ...(isFifo ? { MessageDeduplicationId: deduplicationIdOf(deduplicationId) } : {}),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    ...(traceHeader === undefined ? {} : { AWSTraceHeader: traceHeader }),
    // A queue's key is its ARN, a slash and a uid; a queue's name holds no slash.
    ...(movedFrom === undefined
      ? {}
      : { DeadLetterQueueSourceArn: movedFrom.slice(0, movedFrom.lastIndexOf('/')) }),
  }
}
