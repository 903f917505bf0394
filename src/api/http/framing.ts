// What is wrong with a request before it means anything: headers that two readers could take for two
// different requests, and bytes that Node's parser would not take for one at all.

import type { Socket } from 'node:net'
import { AppError } from '../../base/index.ts'
import type { HttpRequest } from './exchange.ts'
import type { HttpLimits } from './limits.ts'

/** Two Host headers, which Node would take the first of, and more headers than anyone sends. */
export function refuseFraming(
  { rawHeaders }: HttpRequest,
  limits: HttpLimits,
): AppError | undefined {
  if (rawHeaders.length > limits.headersMax * 2) {
    return new AppError(
      'REQUEST_TOO_LARGE',
      `expected at most ${limits.headersMax} headers, got \`${rawHeaders.length / 2}\``,
      { details: { status: 431 } },
    )
  }
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts < 2) return undefined
  return new AppError('REQUEST_INVALID', `expected one Host header, got \`${hosts}\``)
}

const STATUS_BY_PARSER_CODE: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
}

/**
 * The last words on a connection whose bytes are not HTTP (or too slow, or too many). While an earlier request
 * of the same connection is being answered there are none: they would land inside that answer.
 */
export function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  isAnswering: boolean,
): void {
  if (isAnswering || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status = STATUS_BY_PARSER_CODE[error.code ?? ''] ?? '400 Bad Request'
  const body = JSON.stringify({
    code: 'REQUEST_INVALID',
    message: 'the bytes sent are not a well-formed HTTP/1.1 request, or came too slowly',
  })
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    // The peer may go on sending; nobody listens any more.
    () => socket.destroy(),
  )
}
