// The messages of a queue as whoever looks after it sees them: all of them, and none is received by it.

import type { LookedMessage } from '../store/index.ts'
import { type QueueMessage, toQueueMessage } from './incoming.ts'

export interface LookPage {
  readonly limit: number
  /** Of a message: those behind it. */
  readonly after?: string
}

/** A message as it lies in its queue. */
export interface LookedAt extends Pick<
  QueueMessage,
  'id' | 'body' | 'attributes' | 'systemAttributes'
> {
  readonly place: string
  readonly state: 'visible' | 'in flight' | 'delayed'
  readonly sentAt: number
  /** In all queues in which it was. */
  readonly receiveCount: number
}

const NO_BODY = new Uint8Array(0)
const ALL = ['All']

/** A body that cannot be read is said in the log, and empty here. */
export function lookedAt(
  looked: LookedMessage,
  body: Uint8Array | undefined,
  now: number,
): LookedAt {
  const { sequence, sentAt, receiveCount, receivedElsewhere, visibleAt } = looked
  const whole = { ...looked, receipt: '', body: body ?? NO_BODY }
  const shown = toQueueMessage(whole, { user: ALL, system: ALL })
  const hidden = receiveCount > 0 ? 'in flight' : 'delayed'
  return {
    place: sequence,
    id: shown.id,
    body: shown.body,
    attributes: shown.attributes,
    systemAttributes: shown.systemAttributes,
    state: visibleAt <= now ? 'visible' : hidden,
    sentAt,
    receiveCount: receivedElsewhere + receiveCount,
  }
}
