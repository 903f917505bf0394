// A request as the dialects see it, over Node's own. One is made per request on the hot path, so what few
// handlers ask for (the signal, the remote address) is made when asked for.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Linked } from '../../base/index.ts'
import { readClientCertificate } from './client-certificate.ts'
import type { ClientCertificate, HttpRequest } from './exchange.ts'

export const EMPTY_BODY: Buffer = Buffer.alloc(0)

export class IncomingRequest implements HttpRequest, Linked<IncomingRequest> {
  readonly method: string
  readonly target: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly requestId: string
  body: Buffer = EMPTY_BODY
  readonly message: IncomingMessage
  readonly response: ServerResponse
  dialect = 'none'
  /** Monotonic milliseconds; 0 when nobody measures. */
  startedAt = 0
  isHandled = false
  /** Bytes held of the budget for bodies in flight. */
  reservedBytes = 0
  // Its place among the requests under way.
  next: IncomingRequest | undefined
  previous: IncomingRequest | undefined
  isLinked = false
  #abort: AbortController | undefined
  #aborted = false

  constructor(message: IncomingMessage, response: ServerResponse, requestId: string) {
    const target = message.url!
    const queryStart = target.indexOf('?')
    this.method = message.method!
    this.target = target
    this.path = queryStart === -1 ? target : target.slice(0, queryStart)
    this.query = queryStart === -1 ? '' : target.slice(queryStart + 1)
    this.headers = message.headers
    this.rawHeaders = message.rawHeaders
    this.requestId = requestId
    this.message = message
    this.response = response
  }

  get remoteAddress(): string {
    return this.message.socket.remoteAddress ?? ''
  }

  get isSecure(): boolean {
    return (this.message.socket as { readonly encrypted?: boolean }).encrypted === true
  }

  get clientCertificate(): ClientCertificate | undefined {
    return readClientCertificate(this.message.socket)
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#aborted) this.#abort.abort()
    }
    return this.#abort.signal
  }

  abort(): void {
    this.#aborted = true
    this.#abort?.abort()
  }
}
