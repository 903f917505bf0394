// How the AWS SDK reaches the network: its own handlers are replaced by this one, which sends over sockets that
// the guard opened and over no others.
//
// Invariant: nothing of the SDK opens a socket; credentials and region are given, so it asks nobody for them.

import { Agent } from 'undici'
import type { Guard } from '../../guard.ts'
import { ANSWER_HEADER_BYTES_MAX, HTTP_IDLE_MS } from '../../limits.ts'
import { AWS_ANSWER_BYTES_MAX, AWS_CONNECTIONS_MAX } from './limits.ts'

/** A request as the SDK has signed it. */
export interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface SdkResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

export interface SdkNetwork {
  handle(
    request: SdkRequest,
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<{ readonly response: SdkResponse }>
  /** Each client calls it when it is destroyed; the connections are shared and outlive it. */
  destroy(): void
  close(): Promise<void>
}

export function createSdkNetwork(
  guard: Guard,
  answerBytesMax: number = AWS_ANSWER_BYTES_MAX,
): SdkNetwork {
  const agent = new Agent({
    connect: guard.connect,
    connections: AWS_CONNECTIONS_MAX,
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: ANSWER_HEADER_BYTES_MAX,
    keepAliveTimeout: HTTP_IDLE_MS,
    keepAliveMaxTimeout: HTTP_IDLE_MS,
    // The attempt's own deadline covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    async handle(request, options) {
      const { protocol, hostname, port, method } = request
      const { statusCode, headers, body } = await agent.request({
        origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
        path: request.path + queryOf(request),
        method,
        headers: withoutHost(request.headers),
        body: bodyOf(request.body),
        signal: options?.abortSignal ?? null,
      })
      const answer = await readBounded(body, answerBytesMax)
      return { response: { statusCode, headers: flat(headers), body: answer } }
    },
    destroy() {},
    close: () => agent.destroy(),
  }
}

function queryOf({ query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === null) return [escapeUri(name)]
    const values = typeof value === 'string' ? [value] : value
    return values.map((item) => `${escapeUri(name)}=${escapeUri(item)}`)
  })
  return pairs.length === 0 ? '' : `?${pairs.sort().join('&')}`
}

/** As SigV4 wants it, which is what was signed. */
export function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The host that was signed is the host that is connected to: undici writes it itself. */
function withoutHost(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(?:host|expect|connection)$/i.test(name)),
  )
}

function bodyOf(body: unknown): string | Uint8Array | null {
  if (body === undefined || body === null) return null
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  throw new TypeError('the SDK made a request whose body is a stream')
}

async function readBounded(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > bytesMax) {
      throw new Error(`the answer has more than ${bytesMax} bytes`)
    }
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function flat(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return Object.fromEntries(entries) as Record<string, string>
}
