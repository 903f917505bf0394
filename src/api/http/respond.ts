// Writing a response: whole in one write, or in pieces with back-pressure.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { HttpResponse } from './exchange.ts'
import type { IncomingRequest } from './request.ts'

// Answers of an API are data: never to be sniffed, framed, embedded by other sites or run.
const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
]

/** Resolves once the response has been handed over; `isLast` closes the connection behind it. */
export function respond(
  request: IncomingRequest,
  answer: HttpResponse,
  isLast: boolean,
): Promise<void> | undefined {
  const { response } = request
  const { body } = answer
  const headers = flattenHeaders(request, answer.headers, isLast)
  if (typeof body === 'string') {
    headers.push('Content-Length', String(Buffer.byteLength(body)))
  } else if (body instanceof Uint8Array) {
    headers.push('Content-Length', String(body.length))
  } else {
    response.writeHead(answer.status, headers)
    return writePieces(response, body)
  }
  response.writeHead(answer.status, headers)
  response.end(body)
  return undefined
}

function flattenHeaders(
  request: IncomingRequest,
  given: Readonly<Record<string, string>>,
  isLast: boolean,
): string[] {
  const headers: string[] = []
  let hasRequestId = false
  let hasOwnSecurity = false
  for (const name in given) {
    headers.push(name, given[name]!)
    // Lengths first: lower-casing each name would cost more than all else here.
    if (name.length === 16 && name.toLowerCase() === 'x-amzn-requestid') hasRequestId = true
    if (name === 'Content-Security-Policy') hasOwnSecurity = true
  }
  if (!hasRequestId) headers.push('x-amzn-RequestId', request.requestId)
  if (!hasOwnSecurity) for (const [name, value] of SECURITY_HEADERS) headers.push(name, value)
  if (isLast) headers.push('Connection', 'close')
  return headers
}

async function writePieces(
  response: ServerResponse,
  pieces: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  response.flushHeaders()
  for await (const piece of pieces) {
    if (response.destroyed) break
    if (!response.write(piece) && !response.destroyed) await drained(response)
  }
  response.end()
}

/** Resolves when there is room again, or nobody left to write for. */
async function drained(response: ServerResponse): Promise<void> {
  const settled = new AbortController()
  const { signal } = settled
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
  settled.abort()
}
