// One HTTP exchange as values: every dialect is a function from request to response, with no socket in sight.

import type { IncomingHttpHeaders } from 'node:http'

export interface HttpRequest {
  readonly method: string
  /** The request target exactly as sent; SigV4 is computed over this. */
  readonly target: string
  /** The target up to `?`, not decoded. */
  readonly path: string
  /** What follows `?`, not decoded; empty when there is none. */
  readonly query: string
  /** As Node gives them: lower-case names, duplicates joined or refused. */
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value … as they came on the wire. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly remoteAddress: string
  /** It came over TLS. */
  readonly isSecure?: boolean
  /** What the client showed on a connection with TLS; absent where it showed none. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** Unique per request; answered as `x-amzn-RequestId`. */
  readonly requestId: string
  /** Aborts when the client goes away and when the server begins to drain: who waits, answers with what there is. */
  readonly signal: AbortSignal
}

export interface ClientCertificate {
  /** It is of our own authority, for clients, and has not ended. All else about it means nothing when it is not. */
  readonly isTrusted: boolean
  /** `CN` and `O` of its subject, in the order in which they stand there. */
  readonly commonNames: readonly string[]
  readonly organizations: readonly string[]
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Whole, or in pieces as they come (a watch, a live tail). */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>
  /** What was asked, for metrics: few distinct values. The method when absent. */
  readonly operation?: string
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>

/** One row of the table that tells the dialects apart; the first that accepts a request handles it. */
export interface Dialect {
  readonly name: string
  /** Asked before the body is read: `request.body` is still empty. */
  accepts(request: HttpRequest): boolean
  /** Whether it will unpack, within a bound, a body that comes as gzip; every other packed body is refused. */
  takesGzip?(request: HttpRequest): boolean
  handle: HttpHandler
}
