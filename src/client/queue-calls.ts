// The messages of queues, as our own API shows them.

import { formatQuery } from './query.ts'
import type { Transport } from './transport.ts'

export interface QueueMessageView {
  readonly place: string
  readonly id: string
  readonly state: 'visible' | 'in flight' | 'delayed'
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number
  readonly receiveCount: number
  readonly body: string
  /** The body is longer. */
  readonly isCut?: boolean
  readonly attributes: object
  readonly systemAttributes: object
}

export interface QueueCalls {
  /** The oldest first; nobody receives them by it. */
  queueMessages(
    queue: string,
    page: { readonly after?: string | undefined },
    signal?: AbortSignal,
  ): Promise<{ readonly items: readonly QueueMessageView[]; readonly after?: string }>
  queueMessage(queue: string, place: string, signal?: AbortSignal): Promise<QueueMessageView>
}

/** `prefix` is that of our own API. */
export function createQueueCalls(transport: Transport, prefix: string): QueueCalls {
  const get = async <T>(path: string, signal: AbortSignal | undefined): Promise<T> =>
    (await transport.json({ method: 'GET', path: `${prefix}/queues/${path}`, signal })) as T
  return {
    queueMessages: (queue, { after }, signal) =>
      get(`messages?${formatQuery({ queue, after })}`, signal),
    queueMessage: (queue, place, signal) => get(`message?${formatQuery({ queue, place })}`, signal),
  }
}
