// Receiving a request's body into one Buffer, within the bounds of one body and of all bodies in flight.
// What cannot fit is refused before it is read.

import type { IncomingMessage } from 'node:http'
import { AppError, type Clock } from '../../base/index.ts'
import type { HttpLimits } from './limits.ts'
import { EMPTY_BODY, type IncomingRequest } from './request.ts'

/** The bytes of request bodies that the server holds at once. */
export class BodyBudget {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#bytesMax
  }

  /** Holds `bytes` more for the request, or answers false and holds nothing more. */
  reserve(request: IncomingRequest, bytes: number): boolean {
    if (!this.hasRoomFor(bytes)) return false
    this.#bytes += bytes
    request.reservedBytes += bytes
    return true
  }

  release(request: IncomingRequest): void {
    this.#bytes -= request.reservedBytes
    request.reservedBytes = 0
  }
}

/** Why a body in this encoding is not read; `served` are those that somebody will unpack. */
export function refuseEncoding(
  { headers }: IncomingRequest,
  served: readonly string[],
): AppError | undefined {
  const encoding = headers['content-encoding']?.toLowerCase()
  if (encoding === undefined || encoding === 'identity' || served.includes(encoding)) {
    return undefined
  }
  return new AppError(
    'REQUEST_INVALID',
    `content encoding \`${encoding}\` is not served; send the body as it is`,
    { details: { status: 415 } },
  )
}

/** Why the body may not even be read, judged by the headers; sets aside room for its beginning when it may. */
export function refuseBody(
  request: IncomingRequest,
  limits: HttpLimits,
  budget: BodyBudget,
): AppError | undefined {
  const length = contentLength(request.message)
  if (length > limits.bodyBytesMax) return tooLarge(limits)
  if (!budget.hasRoomFor(length)) return overloaded()
  budget.reserve(request, Math.min(length, limits.bodyBytesAhead))
  return undefined
}

/**
 * Calls back once: with the whole body, or with why there is none. Nothing is called when the client goes
 * away first. What was not set aside is reserved as it comes.
 */
export function receiveBody(
  request: IncomingRequest,
  limits: HttpLimits,
  budget: BodyBudget,
  done: (error: AppError | undefined, body: Buffer) => void,
): void {
  const { message } = request
  const length = contentLength(message)
  if (length === 0 && message.headers['transfer-encoding'] === undefined) {
    done(undefined, EMPTY_BODY)
    return
  }
  const chunks: Buffer[] = []
  let received = 0
  message.on('data', onData)
  message.on('end', onEnd)

  function onData(chunk: Buffer): void {
    chunks.push(chunk)
    received += chunk.length
    if (received <= request.reservedBytes) return
    if (received > limits.bodyBytesMax) fail(tooLarge(limits))
    else if (!budget.reserve(request, received - request.reservedBytes)) fail(overloaded())
  }

  function fail(error: AppError): void {
    message.off('data', onData)
    message.off('end', onEnd)
    chunks.length = 0
    done(error, EMPTY_BODY)
  }

  function onEnd(): void {
    done(undefined, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, received))
  }
}

/**
 * Reads on and throws away, within bounds, and calls back: closing a socket that still holds unread bytes
 * resets it, and the client would never see the answer.
 */
export function linger(
  message: IncomingMessage,
  limits: HttpLimits,
  clock: Clock,
  done: () => void,
): void {
  let left = limits.lingerBytesMax
  const timer = clock.setTimer(limits.lingerMs, finish)
  message.on('data', onData)
  message.once('end', finish)
  message.once('close', finish)
  message.resume()

  function onData(chunk: Buffer): void {
    left -= chunk.length
    if (left < 0) finish()
  }

  function finish(): void {
    timer.cancel()
    message.off('data', onData)
    message.off('end', finish)
    message.off('close', finish)
    done()
  }
}

/** Node's parser has refused what is not digits, and two of them. */
function contentLength(message: IncomingMessage): number {
  const text = message.headers['content-length']
  return text === undefined ? 0 : Number(text)
}

function tooLarge(limits: HttpLimits): AppError {
  return new AppError(
    'REQUEST_TOO_LARGE',
    `expected a body of at most ${limits.bodyBytesMax} bytes`,
  )
}

function overloaded(): AppError {
  return new AppError('OVERLOADED', 'too many bytes of requests are being handled; try again')
}
