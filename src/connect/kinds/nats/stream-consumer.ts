// The durable consumer of a stream, made when it is not there, and what the server says of it while it is read.

import type {
  Consumer,
  ConsumerInfo,
  ConsumerMessages,
  ConsumerNotification,
  JetStreamManager,
  JsMsg,
} from '@nats-io/jetstream'
import { AppError } from '../../../base/index.ts'
import {
  ACK_WAIT_MS,
  HEARTBEAT_MS,
  HEARTBEATS_MISSED_MAX,
  PULL_EXPIRES_MS,
  STREAM_AHEAD_BYTES_MAX,
} from './limits.ts'

type Client = typeof import('@nats-io/jetstream')

export interface WantedConsumer {
  readonly stream: string
  /** All of the stream when empty. */
  readonly subjects: readonly string[]
  readonly group: string
  /** Where one begins that is not there yet. */
  readonly from: 'earliest' | 'latest'
  /** Messages that may be out and not acknowledged, of one that is not there yet. */
  readonly ackPendingMax: number
}

/** The durable consumer of a group, reading what is wanted. */
export async function ensureConsumer(
  manager: JetStreamManager,
  client: Client,
  { stream, subjects, group, from, ackPendingMax }: WantedConsumer,
): Promise<ConsumerInfo> {
  // A consumer's name cannot have what subjects are made of.
  const name = group.replace(/[\s.*>/\\]+/g, '-')
  const filter = filterOf(subjects)
  const known = await findConsumer(manager, client, { stream, name })
  if (known === undefined) {
    return manager.consumers.add(stream, {
      durable_name: name,
      ack_policy: client.AckPolicy.Explicit,
      deliver_policy: from === 'latest' ? client.DeliverPolicy.New : client.DeliverPolicy.All,
      ack_wait: ACK_WAIT_MS * 1e6,
      max_ack_pending: ackPendingMax,
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

/** What comes is bounded by what is asked for, in bytes, and by what the consumer may leave unacknowledged. */
export function consume(
  consumer: Consumer,
  callback: (message: JsMsg) => void,
  messageBytesMax: number,
): Promise<ConsumerMessages> {
  return consumer.consume({
    callback,
    max_bytes: Math.max(STREAM_AHEAD_BYTES_MAX, 2 * messageBytesMax),
    expires: PULL_EXPIRES_MS,
    idle_heartbeat: HEARTBEAT_MS,
  })
}

/** Rejects when there is nothing to read from. */
export async function whenMissing(messages: ConsumerMessages, stream: string): Promise<void> {
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
