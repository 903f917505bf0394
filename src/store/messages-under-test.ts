// Messages and queries for the conformance of queues.

import type {
  MessageStore,
  MessageWrite,
  PackedMessages,
  ReceivedMessage,
  ReceiveQuery,
  ReferencedMessages,
} from './messages.ts'

export const NOW = 1_000_000
export const HIDDEN_MS = 30_000

export function message(id: string, rest: Partial<MessageWrite> = {}): MessageWrite {
  return {
    queue: 'q',
    id,
    body: Buffer.from(`body of ${id}`),
    sentAt: NOW,
    visibleAt: NOW,
    expiresAt: NOW + 1_000_000,
    sender: '000000000000',
    ...rest,
  }
}

export function packed(
  bodies: readonly string[],
  rest: Partial<PackedMessages> = {},
): PackedMessages {
  const buffers = bodies.map((body) => Buffer.from(body))
  let end = 0
  return {
    queue: 'q',
    idPrefix: 'p-',
    bodies: new Uint8Array(Buffer.concat(buffers)),
    ends: Uint32Array.from(buffers, (buffer) => (end += buffer.length)),
    sentAt: NOW,
    visibleAt: NOW,
    expiresAt: NOW + 1_000_000,
    sender: '000000000000',
    ...rest,
  }
}

/** Messages whose bodies lie at these offsets of partition 0. */
export function referenced(
  offsets: readonly number[],
  rest: Partial<ReferencedMessages> = {},
): ReferencedMessages {
  return {
    queue: 'q',
    idPrefix: 'r-',
    partition: 0,
    offsets: Float64Array.from(offsets),
    sentAt: NOW,
    visibleAt: NOW,
    expiresAt: NOW + 1_000_000,
    sender: '000000000000',
    ...rest,
  }
}

export function receive(
  messages: MessageStore,
  rest: Partial<ReceiveQuery> = {},
): Promise<readonly ReceivedMessage[]> {
  return messages.receive({
    queue: 'q',
    fifo: false,
    limit: 10,
    now: NOW,
    visibilityTimeoutMs: HIDDEN_MS,
    ...rest,
  })
}

export async function receiveIds(
  messages: MessageStore,
  rest: Partial<ReceiveQuery> = {},
): Promise<string[]> {
  return (await receive(messages, rest)).map(({ id }) => id)
}

export function textOf({ body }: ReceivedMessage): string {
  return Buffer.from(body!).toString()
}
