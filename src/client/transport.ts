// Requests to one server over kept-alive connections. A server that does not answer is `SERVER_UNREACHABLE`;
// an answer that refuses becomes the AppError that the server threw.

import { Agent, type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http'
import { Agent as TlsAgent, request as requestHttps } from 'node:https'
import { AppError, ERRORS, type ErrorCode } from '../base/index.ts'
import {
  ANSWER_SIZE_BYTES_MAX,
  CONNECTIONS_MAX,
  REQUEST_TIMEOUT_MS,
  STREAM_SILENCE_MS,
} from './limits.ts'

export interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal | undefined
}

/** Who calls, and whom to trust. */
export interface Credentials {
  /** Sent over HTTPS, and on this machine. */
  readonly token?: string
  /** PEM of the authority that the server's certificate is of; the system's when absent. */
  readonly authority?: string
}

export class Transport {
  readonly #endpointUrl: string
  readonly #agent: Agent
  readonly #authorization: Readonly<Record<string, string>>

  constructor(endpointUrl: string, { token, authority }: Credentials = {}) {
    this.#endpointUrl = endpointUrl
    const options = { keepAlive: true, maxSockets: CONNECTIONS_MAX }
    const trust = authority === undefined ? {} : { ca: authority }
    this.#agent = endpointUrl.startsWith('https:')
      ? new TlsAgent({ ...options, ...trust })
      : new Agent(options)
    this.#authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  /** The body of a 2xx answer, as JSON. */
  async json(call: Call): Promise<unknown> {
    const response = await this.#send(call, REQUEST_TIMEOUT_MS)
    const text = await this.#read(response)
    if (!isOk(response)) throw refusal(response, text)
    return parseJson(text) ?? this.#notOurs(response)
  }

  /** The body of a 2xx answer as it comes; ends the connection when the reader leaves. */
  async stream(call: Call): Promise<AsyncIterable<Buffer>> {
    const response = await this.#send(call, STREAM_SILENCE_MS)
    if (!isOk(response)) throw refusal(response, await this.#read(response))
    return this.#pieces(response)
  }

  close(): void {
    this.#agent.destroy()
  }

  #send(call: Call, timeoutMs: number): Promise<IncomingMessage> {
    const url = new URL(this.#endpointUrl + call.path)
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    return new Promise((resolve, reject) => {
      const request = send(url, this.#options(call, timeoutMs), resolve)
      request.on('timeout', () => request.destroy(new Error(`no answer in ${timeoutMs} ms`)))
      request.on('error', (error: Error) => reject(this.#unreachable(error)))
      request.end(call.body)
    })
  }

  #options(call: Call, timeoutMs: number): RequestOptions {
    const { method, headers = {}, body, signal } = call
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    // The mark that tells the server that no web page of a stranger is calling.
    const own = { 'x-signalbox-console': '1', ...this.#authorization, ...length }
    const common = {
      method,
      agent: this.#agent,
      timeout: timeoutMs,
      headers: { ...headers, ...own },
    }
    return signal === undefined ? common : { ...common, signal }
  }

  async #read(response: IncomingMessage): Promise<string> {
    const pieces: Buffer[] = []
    let sizeBytes = 0
    for await (const piece of this.#pieces(response)) {
      pieces.push(piece)
      sizeBytes += piece.length
      if (sizeBytes > ANSWER_SIZE_BYTES_MAX) this.#notOurs(response)
    }
    return Buffer.concat(pieces).toString()
  }

  async *#pieces(response: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const piece of response) yield piece as Buffer
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  #unreachable(cause: unknown): AppError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const message = `cannot reach a server at \`${this.#endpointUrl}\``
    return new AppError('SERVER_UNREACHABLE', message, { cause, details: { reason: code } })
  }

  #notOurs(response: IncomingMessage): never {
    response.destroy()
    const message = `what answers at \`${this.#endpointUrl}\` is not a signalbox server`
    throw new AppError('SERVER_UNREACHABLE', message, { details: { reason: 'foreign' } })
  }
}

function isOk({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300
}

export interface ErrorBody {
  readonly code?: unknown
  readonly message?: unknown
}

/** The failure that the server names. */
export function failureOf({ code, message }: ErrorBody, details: object = {}): AppError {
  if (typeof code === 'string' && typeof message === 'string' && Object.hasOwn(ERRORS, code)) {
    return new AppError(code as ErrorCode, message, { details: { ...details } })
  }
  const text = typeof message === 'string' ? message : 'the server failed and does not say how'
  return new AppError('INTERNAL', text, { details: { ...details } })
}

/** Our own API puts `code` and `message` into `error`, other dialects at the top. */
function refusal({ statusCode = 0 }: IncomingMessage, text: string): AppError {
  const body = parseJson(text) as (ErrorBody & { readonly error?: ErrorBody }) | undefined
  const short = `the server answered \`${statusCode}\`: \`${text.slice(0, 200).trim()}\``
  return failureOf(body?.error ?? body ?? { message: short }, { status: statusCode })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
