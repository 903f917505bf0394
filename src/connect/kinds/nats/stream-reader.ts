// JetStream: a durable consumer of a stream, made when it is not there. The server keeps what is not acknowledged, so
// what is read ahead here may be lost with the process.

import type { JetStreamManager, JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { describeError, wait } from '../../../base/index.ts'
import type { ConnectorContext, ConnectorRun, SourceMessage } from '../../connector.ts'
import {
  LAG_POLL_MS,
  NAK_DELAY_MS,
  REQUEST_TIMEOUT_MS,
  SOURCE_BYTES_MAX,
  SOURCE_MESSAGES_MAX,
} from './limits.ts'
import { headersOf } from './message-headers.ts'
import { consume, ensureConsumer, whenMissing } from './stream-consumer.ts'
import { Waiting } from './waiting.ts'

export async function pumpStream(
  connection: NatsConnection,
  run: ConnectorRun,
  signal: AbortSignal,
): Promise<void> {
  const client = await import('@nats-io/jetstream')
  const timeout = run.broker.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const manager = await client.jetstreamManager(connection, { timeout })
  const { source, group } = run
  const stream = source.stream!
  const { name } = await ensureConsumer(manager, client, {
    stream,
    subjects: source.subjects ?? [],
    group,
    from: source.from ?? 'earliest',
    ackPendingMax: 2 * SOURCE_MESSAGES_MAX,
  })
  const consumer = await client.jetstream(connection, { timeout }).consumers.get(stream, name)
  const waiting = new Waiting<JsMsg>()
  const messages = await consume(
    consumer,
    (message) => waiting.add(message),
    connection.info?.max_payload ?? 0,
  )
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const watching = watchLag(manager, { stream, name, context: run.context }, either)
  either.addEventListener('abort', () => waiting.wake(), { once: true })
  try {
    run.context.connected()
    const pumping = pump({ connection, waiting }, run, either)
    // What is under way into the log is waited for when reading is over in good order.
    await Promise.race([whenMissing(messages, stream).then(() => pumping), pumping])
  } finally {
    stop.abort()
    await messages.close()
    await watching
  }
}

/** Two batches are under way: one on its way to the disk, and the one behind it, which is made ready meanwhile. */
async function pump(
  {
    connection,
    waiting,
  }: { readonly connection: NatsConnection; readonly waiting: Waiting<JsMsg> },
  { source, context }: ConnectorRun,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController()
  const fail = (): void => {
    failed.abort()
    waiting.wake()
  }
  let older: Promise<void> = Promise.resolve()
  let newer: Promise<void> = Promise.resolve()
  while (!signal.aborted && !failed.signal.aborted) {
    const batch = await waiting.take({ countMax: SOURCE_MESSAGES_MAX, bytesMax: SOURCE_BYTES_MAX })
    if (batch.length === 0) continue
    await older
    older = newer
    const messages = batch.map((message) => toSourceMessage(source.stream!, message))
    newer = settle(connection, { batch, accepted: context.accept(messages, signal) })
    newer.catch(fail)
  }
  await older
  await newer
}

interface UnderWay {
  readonly batch: readonly JsMsg[]
  readonly accepted: Promise<void>
}

async function settle(connection: NatsConnection, { batch, accepted }: UnderWay): Promise<void> {
  try {
    await accepted
  } catch (error) {
    if (!connection.isClosed()) for (const message of batch) message.nak(NAK_DELAY_MS)
    throw error
  }
  for (const message of batch) message.ack()
}

/** By the sequence in its stream, so that what is given again is the same event. */
function toSourceMessage(stream: string, message: JsMsg): SourceMessage {
  return {
    topic: message.subject,
    place: `${stream}/${message.seq}`,
    headers: headersOf(message.headers),
    body: message.data,
    timestamp: Number(message.timestampNanos / 1_000_000n),
  }
}

interface Watched {
  readonly stream: string
  readonly name: string
  readonly context: ConnectorContext
}

async function watchLag(
  manager: JetStreamManager,
  { stream, name, context }: Watched,
  signal: AbortSignal,
): Promise<void> {
  const { clock, lagged, logger } = context
  while (!signal.aborted) {
    try {
      const { num_pending, num_ack_pending } = await manager.consumers.info(stream, name)
      lagged(stream, num_pending + num_ack_pending)
    } catch (error) {
      // Reading says what is wrong with the server; here it is only that nobody knows how far behind.
      logger.debug('the lag of a source could not be read', { error: describeError(error) })
    }
    await wait(clock, LAG_POLL_MS, signal)
  }
}
