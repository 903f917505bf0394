// Core NATS: what is published while we listen. It does not wait for us; what comes while too much waits is lost, and
// that is said.

import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { createUuid } from '../../../base/index.ts'
import type { ConnectorContext, ConnectorRun, SourceMessage } from '../../connector.ts'
import {
  CORE_WAITING_BYTES_MAX,
  CORE_WAITING_MAX,
  SOURCE_BYTES_MAX,
  SOURCE_MESSAGES_MAX,
} from './limits.ts'
import { Waiting } from './waiting.ts'
import { headersOf } from './message-headers.ts'

export async function pumpCore(
  connection: NatsConnection,
  { source, group, context }: ConnectorRun,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new Waiting<Msg>()
  let lost = 0
  signal.addEventListener('abort', () => waiting.wake(), { once: true })
  let fail: ((error: Error) => void) | undefined
  const failed = new Promise<never>((_, reject) => (fail = reject))
  failed.catch(() => {})
  for (const subject of source.subjects ?? []) {
    connection.subscribe(subject, {
      queue: group,
      callback: (error, message) => {
        if (error !== null) return fail?.(error)
        const { length } = message.data
        const isFull =
          waiting.count >= CORE_WAITING_MAX || waiting.bytes + length > CORE_WAITING_BYTES_MAX
        if (!isFull) return waiting.add(message)
        lost += 1
        if (Number.isInteger(Math.log10(lost)))
          context.logger.warn('messages of core NATS came too fast and were lost', { lost })
      },
    })
  }
  // Answered when the server has the subscriptions.
  await connection.flush()
  context.connected()
  await Promise.race([failed, pump(waiting, context, signal)])
}

async function pump(
  waiting: Waiting<Msg>,
  context: ConnectorContext,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const batch = await waiting.take({ countMax: SOURCE_MESSAGES_MAX, bytesMax: SOURCE_BYTES_MAX })
    if (batch.length > 0)
      await context.accept(
        batch.map((message) => toSourceMessage(message, context)),
        signal,
      )
  }
}

function toSourceMessage(message: Msg, { random }: ConnectorContext): SourceMessage {
  const headers = headersOf(message.headers)
  return {
    topic: message.subject,
    place: headers.get('Nats-Msg-Id') ?? createUuid(random),
    headers,
    body: message.data,
  }
}
