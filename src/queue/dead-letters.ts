// Sending what could not be delivered to a dead-letter queue: the event as it was, and in message attributes
// why it is there. Nothing is refused for its size or its characters: this is the last place it can go.

import { createHash } from 'node:crypto'
import { createUuid, type Clock, type Random } from '../base/index.ts'
import type { MessageWrite } from '../store/index.ts'
import { queueNotFound } from './fault.ts'
import { DEDUPLICATION_WINDOW_MS } from './limits.ts'
import { hasInvalidCharacters, type MessageAttributes } from './message-attributes.ts'
import type { Queues } from './queues.ts'

export interface DeadLetterOptions {
  readonly queues: Queues
  readonly clock: Clock
  readonly random: Random
}

/**
 * Resolves once the letter is durable; rejects `QUEUE_NOT_FOUND` when there is no such queue. Attribute
 * values are text; empty ones are left out, because a queue's attribute cannot be empty.
 */
export type SendDeadLetter = (queueArn: string, letter: DeadLetter) => Promise<void>

export interface DeadLetter {
  readonly body: Uint8Array
  readonly attributes: Readonly<Record<string, string>>
  readonly traceHeader?: string
}

const SENDER = 'events.amazonaws.com'
/** The one group of dead letters in a FIFO queue. */
const GROUP = 'dead-letters'

export function createDeadLetterSender(options: DeadLetterOptions): SendDeadLetter {
  return async (queueArn, { body, attributes, traceHeader }) => {
    const queue = options.queues.registry.find(queueArn)
    if (queue === undefined) throw queueNotFound()
    const now = options.clock.now()
    const write: MessageWrite = {
      queue: queue.key,
      id: createUuid(options.random),
      body,
      attributes: JSON.stringify({
        user: toMessageAttributes(attributes),
        ...(traceHeader === undefined ? {} : { system: traceAttribute(traceHeader) }),
      }),
      sentAt: now,
      visibleAt: now + queue.settings.delayMs,
      expiresAt: now + queue.settings.retentionMs,
      sender: SENDER,
      ...(queue.spec.fifo ? fifoFields(body, attributes, now) : {}),
    }
    await options.queues.deliveries.write(queue, [write])
  }
}

function traceAttribute(traceHeader: string): MessageAttributes {
  return { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } }
}

function toMessageAttributes(attributes: Readonly<Record<string, string>>): MessageAttributes {
  const present = Object.entries(attributes).filter(([, value]) => value !== '')
  return Object.fromEntries(
    present.map(([name, value]) => [
      name,
      { DataType: 'String', StringValue: hasInvalidCharacters(value) ? cleaned(value) : value },
    ]),
  )
}

/** An error's text may hold what XML, the older protocol's form, cannot. */
function cleaned(value: string): string {
  return Array.from(value.toWellFormed(), (character) =>
    hasInvalidCharacters(character) ? '\uFFFD' : character,
  ).join('')
}

function fifoFields(
  body: Uint8Array,
  attributes: Readonly<Record<string, string>>,
  now: number,
): Pick<MessageWrite, 'groupId' | 'deduplicationId' | 'deduplicateUntil'> {
  const hash = createHash('sha256').update(body).update(JSON.stringify(attributes))
  return {
    groupId: GROUP,
    deduplicationId: hash.digest('hex'),
    deduplicateUntil: now + DEDUPLICATION_WINDOW_MS,
  }
}
