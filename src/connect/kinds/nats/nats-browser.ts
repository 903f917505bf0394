// What lies in the streams of a server of NATS, and what comes by on its subjects.

import type { JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Clock, describeError } from '../../../base/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import type {
  BrokerBrowser,
  BrokerPlace,
  BrokerReader,
  PeekedRecord,
  PeekQuery,
} from '../../browser.ts'
import {
  PEEK_LISTEN_MS,
  PLACES_SHOWN_MAX,
  READERS_SHOWN_MAX,
  REQUEST_TIMEOUT_MS,
} from './limits.ts'
import { headersOf } from './message-headers.ts'
import { brokerLost, connectNats } from './nats-client.ts'

export function createNatsBrowser(clock: Clock): BrokerBrowser {
  return {
    type: 'nats',
    places: (access) => withServer(access, async (_, manager) => listStreams(manager)),
    peek: (access, query, signal) =>
      withServer(access, async (connection, manager) => {
        const last = await lastOf(manager, query.place)
        if (last !== undefined) return readNewest(manager, last, query)
        const over = new AbortController()
        const timer = clock.setTimer(PEEK_LISTEN_MS, () => over.abort())
        try {
          return await listen(connection, query, AbortSignal.any([signal, over.signal]))
        } finally {
          timer.cancel()
        }
      }),
  }
}

async function withServer<T>(
  access: BrokerAccess,
  use: (connection: NatsConnection, manager: JetStreamManager) => Promise<T>,
): Promise<T> {
  const { jetstreamManager } = await import('@nats-io/jetstream')
  const connection = await connectNats(access)
  try {
    const timeout = access.broker.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    const manager = await jetstreamManager(connection, { timeout, checkAPI: false })
    return await use(connection, manager)
  } catch (error) {
    throw brokerLost(access.broker.name, error)
  } finally {
    await connection.close()
  }
}

async function listStreams(manager: JetStreamManager): Promise<readonly BrokerPlace[]> {
  const places: BrokerPlace[] = []
  try {
    for await (const { config, state } of manager.streams.list()) {
      if (places.length === PLACES_SHOWN_MAX) break
      places.push({
        name: config.name,
        subjects: config.subjects ?? [],
        records: state.messages,
        readers: await listReaders(manager, config.name),
      })
    }
  } catch (error) {
    // A server without JetStream has no places: what is published goes by.
    if (!isWithoutStreams(error)) throw error
  }
  return places.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function listReaders(
  manager: JetStreamManager,
  stream: string,
): Promise<readonly BrokerReader[]> {
  const readers: BrokerReader[] = []
  for await (const { name, num_pending, num_ack_pending } of manager.consumers.list(stream)) {
    if (readers.length === READERS_SHOWN_MAX) break
    readers.push({ name, behind: num_pending + num_ack_pending })
  }
  return readers
}

interface Last {
  readonly stream: string
  readonly first: number
  readonly last: number
}

/** What a subject may have and the name of a stream may not. */
const NO_STREAM_NAME = /[.*>\s/\\]/

/** Undefined when there is no such stream. */
async function lastOf(manager: JetStreamManager, stream: string): Promise<Last | undefined> {
  if (NO_STREAM_NAME.test(stream)) return undefined
  try {
    const { state } = await manager.streams.info(stream)
    return { stream, first: state.first_seq, last: state.last_seq }
  } catch (error) {
    const { JetStreamApiError } = await import('@nats-io/jetstream')
    if (!(error instanceof JetStreamApiError) && !isWithoutStreams(error)) throw error
    return undefined
  }
}

async function readNewest(
  manager: JetStreamManager,
  { stream, first, last }: Last,
  { limit }: PeekQuery,
): Promise<readonly PeekedRecord[]> {
  const records: PeekedRecord[] = []
  // Some may have been deleted in between.
  const until = Math.max(first, last - 2 * limit, 1)
  for (let seq = last; seq >= until && records.length < limit; seq -= 1) {
    const message = await manager.streams.getMessage(stream, { seq })
    if (message === null) continue
    records.unshift({
      place: `${stream}/${seq}`,
      topic: message.subject,
      timestamp: message.time.getTime(),
      headers: Object.fromEntries(headersOf(message.header)),
      body: message.data,
    })
  }
  return records
}

/** Core NATS keeps nothing: what is published while we listen. */
async function listen(
  connection: NatsConnection,
  { place, limit }: PeekQuery,
  signal: AbortSignal,
): Promise<readonly PeekedRecord[]> {
  const records: PeekedRecord[] = []
  const { promise: full, resolve } = Promise.withResolvers<void>()
  connection.subscribe(place, {
    max: limit,
    callback: (error, message) => {
      if (error !== null) return resolve()
      records.push({
        place: `${message.subject}/${records.length + 1}`,
        topic: message.subject,
        headers: Object.fromEntries(headersOf(message.headers)),
        body: message.data,
      })
      if (records.length === limit) resolve()
    },
  })
  signal.addEventListener('abort', () => resolve(), { once: true })
  await full
  return records
}

function isWithoutStreams(error: unknown): boolean {
  return /no responders|jetstream not enabled|jetstream is not enabled/i.test(describeError(error))
}
