// The typed client of our own API, and of the CloudEvents door for sending.

import { readMessages } from './message-reader.ts'
import { type ErrorBody, failureOf, Transport } from './transport.ts'
import type { InfoView, StatsView, TailEventView } from './views.ts'

const V1 = '/_signalbox/v1'

export interface Client {
  info(signal?: AbortSignal): Promise<InfoView>
  stats(signal?: AbortSignal): Promise<StatsView>
  /** Resolves with what became of each event once all of them are durable. */
  send(request: SendRequest): Promise<readonly SentEvent[]>
  /** Events as they become durable; ends when the server ends the stream, rejects when it is lost. */
  tail(query: TailQuery): AsyncIterable<TailEventView>
  close(): void
}

export interface SendRequest {
  /** Absent means the default bus. */
  readonly bus?: string | undefined
  /** CloudEvents as JSON texts. */
  readonly events: readonly string[]
  readonly signal?: AbortSignal
}

export interface SentEvent {
  readonly id: string
  readonly status: 'accepted' | 'duplicate' | 'clash'
}

export interface TailQuery {
  readonly bus?: string | undefined
  readonly pattern?: string | undefined
  readonly type?: string | undefined
  /** Position behind which to go on. */
  readonly after?: string | undefined
  readonly signal: AbortSignal
}

export function createClient(endpointUrl: string): Client {
  const transport = new Transport(endpointUrl)
  const get = (path: string, signal?: AbortSignal): Promise<unknown> =>
    transport.json({ method: 'GET', path: V1 + path, signal })
  return {
    info: async (signal) => (await get('/info', signal)) as InfoView,
    stats: async (signal) => (await get('/stats', signal)) as StatsView,
    send: (request) => send(transport, request),
    tail: (query) => tail(transport, query),
    close: () => transport.close(),
  }
}

async function send(transport: Transport, request: SendRequest): Promise<readonly SentEvent[]> {
  const { bus, events, signal } = request
  const isOne = events.length === 1
  const answer = await transport.json({
    method: 'POST',
    path: bus === undefined ? '/events' : `/buses/${encodeURIComponent(bus)}/events`,
    headers: {
      'content-type': isOne ? 'application/cloudevents+json' : 'application/cloudevents-batch+json',
    },
    body: isOne ? events[0]! : `[${events.join(',')}]`,
    signal,
  })
  return (answer as { readonly events: readonly SentEvent[] }).events
}

async function* tail(transport: Transport, query: TailQuery): AsyncGenerator<TailEventView> {
  const { signal, ...filters } = query
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined) parameters.set(name, value)
  }
  const path = `${V1}/tail?${parameters.toString()}`
  const headers = { accept: 'text/event-stream' }
  const pieces = await transport.stream({ method: 'GET', path, headers, signal })
  for await (const { event, data } of readMessages(pieces)) {
    if (event === 'event') yield JSON.parse(data) as TailEventView
    // The answer had begun when the tail failed, so the failure comes on the stream.
    if (event === 'error') throw failureOf(JSON.parse(data) as ErrorBody)
  }
}
