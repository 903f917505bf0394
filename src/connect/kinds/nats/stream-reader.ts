// JetStream: a durable consumer of a stream, made when it is not there. The server keeps what is not acknowledged, so
// what is read ahead here may be lost with the process.

import type {
  Consumer,
  ConsumerInfo,
  ConsumerMessages,
  ConsumerNotification,
  JetStreamManager,
  JsMsg,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { AppError, describeError, wait } from '../../../base/index.ts'
import type { ConnectorContext, ConnectorRun, SourceMessage } from '../../connector.ts'
import {
  ACK_WAIT_MS,
  HEARTBEAT_MS,
  HEARTBEATS_MISSED_MAX,
  LAG_POLL_MS,
  NAK_DELAY_MS,
  PULL_EXPIRES_MS,
  REQUEST_TIMEOUT_MS,
  SOURCE_BYTES_MAX,
  SOURCE_MESSAGES_MAX,
  STREAM_AHEAD_BYTES_MAX,
} from './limits.ts'
import { headersOf } from './message-headers.ts'
import { Waiting } from './waiting.ts'

type Client = typeof import('@nats-io/jetstream')

export async function pumpStream(
  connection: NatsConnection,
  run: ConnectorRun,
  signal: AbortSignal,
): Promise<void> {
  const client = await import('@nats-io/jetstream')
  const timeout = run.broker.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const manager = await client.jetstreamManager(connection, { timeout })
  const { name } = await ensureConsumer(manager, client, run)
  const stream = run.source.stream!
  const consumer = await client.jetstream(connection, { timeout }).consumers.get(stream, name)
  const waiting = new Waiting<JsMsg>()
  const messages = await consume(consumer, waiting, connection.info?.max_payload ?? 0)
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

/** The durable consumer of the source's group, reading what the source says. */
async function ensureConsumer(
  manager: JetStreamManager,
  client: Client,
  { source, group }: ConnectorRun,
): Promise<ConsumerInfo> {
  const stream = source.stream!
  // A consumer's name cannot have what subjects are made of.
  const name = group.replace(/[\s.*>/\\]+/g, '-')
  const filter = filterOf(source.subjects ?? [])
  const known = await findConsumer(manager, client, { stream, name })
  if (known === undefined) {
    return manager.consumers.add(stream, {
      durable_name: name,
      ack_policy: client.AckPolicy.Explicit,
      deliver_policy:
        source.from === 'latest' ? client.DeliverPolicy.New : client.DeliverPolicy.All,
      ack_wait: ACK_WAIT_MS * 1e6,
      max_ack_pending: 2 * SOURCE_MESSAGES_MAX,
      ...filter,
    })
  }
  const { filter_subject, filter_subjects, ack_policy } = known.config
  if (ack_policy !== client.AckPolicy.Explicit) {
    const message = `consumer \`${name}\` of stream \`${stream}\` is acknowledged by \`${ack_policy}\`, expected \`explicit\``
    throw new AppError('BROKER_LOST', message)
  }
  const isSame =
    filter_subject === filter.filter_subject &&
    String(filter_subjects ?? '') === String(filter.filter_subjects ?? '')
  return isSame ? known : manager.consumers.update(stream, name, filter)
}

/** One subject is understood by every server, several by those of 2.10 on. */
function filterOf(subjects: readonly string[]): {
  readonly filter_subject?: string
  readonly filter_subjects?: string[]
} {
  const [first, ...others] = subjects
  if (first === undefined) return {}
  return others.length === 0 ? { filter_subject: first } : { filter_subjects: [...subjects] }
}

async function findConsumer(
  manager: JetStreamManager,
  client: Client,
  { stream, name }: { readonly stream: string; readonly name: string },
): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, name)
  } catch (error) {
    if (!(error instanceof client.JetStreamApiError)) throw error
    if (error.code === client.JetStreamApiCodes.ConsumerNotFound) return undefined
    if (error.code === client.JetStreamApiCodes.StreamNotFound) throw noStream(stream)
    throw error
  }
}

function noStream(stream: string): AppError {
  return new AppError('BROKER_LOST', `stream \`${stream}\` does not exist`)
}

/** What waits here is bounded by what is asked for, in bytes, and by what the consumer may leave unacknowledged. */
function consume(
  consumer: Consumer,
  waiting: Waiting<JsMsg>,
  messageBytesMax: number,
): Promise<ConsumerMessages> {
  return consumer.consume({
    callback: (message) => waiting.add(message),
    max_bytes: Math.max(STREAM_AHEAD_BYTES_MAX, 2 * messageBytesMax),
    expires: PULL_EXPIRES_MS,
    idle_heartbeat: HEARTBEAT_MS,
  })
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

/** Rejects when there is nothing to read from. */
async function whenMissing(messages: ConsumerMessages, stream: string): Promise<void> {
  for await (const told of messages.status()) {
    const missing = whyMissing(told, stream)
    if (missing !== undefined) throw missing
  }
}

function whyMissing(told: ConsumerNotification, stream: string): AppError | undefined {
  const { type } = told
  if (type === 'consumer_deleted' || type === 'consumer_not_found')
    return new AppError('BROKER_LOST', `the consumer of stream \`${stream}\` was deleted`)
  if (type === 'stream_not_found' || type === 'no_responders') return noStream(stream)
  if (type !== 'heartbeats_missed' || told.count < HEARTBEATS_MISSED_MAX) return undefined
  return new AppError('BROKER_LOST', `stream \`${stream}\` does not answer`)
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
