// How parent and child speak over the control pipe (file descriptor 3 of the child), both ways:
//
//   | header length, 4 bytes | payload length, 4 bytes | header, JSON | payload |
//
// Numbers are big-endian. The payload is an event or a result; it is never looked at here. bootstrap.mjs and
// bootstrap.py speak the same.

import { AppError } from '../../../base/index.ts'
import { HEADER_SIZE_BYTES_MAX, PAYLOAD_SIZE_BYTES_MAX } from './limits.ts'

export interface InvokeHeader {
  readonly requestId: string
  readonly functionName: string
  readonly functionArn: string
  readonly memoryMb: number
  readonly timeoutMs: number
  readonly traceHeader?: string
}

export interface FunctionFailure {
  readonly name: string
  readonly message: string
  /** Where it was thrown, outermost last as its language prints it. */
  readonly trace?: readonly string[]
}

export type ReplyHeader =
  | { readonly kind: 'ready' }
  /** The handler could not be loaded. */
  | { readonly kind: 'unloadable'; readonly error: FunctionFailure }
  | { readonly kind: 'result'; readonly requestId: string }
  | { readonly kind: 'error'; readonly requestId: string; readonly error: FunctionFailure }

export interface Reply {
  readonly header: ReplyHeader
  readonly payload: Uint8Array
}

const PREFIX_SIZE_BYTES = 8

/** What goes before the payload on the wire. */
export function encodeHead(header: InvokeHeader, payloadLength: number): Buffer {
  const text = JSON.stringify(header)
  const length = Buffer.byteLength(text)
  const head = Buffer.allocUnsafe(PREFIX_SIZE_BYTES + length)
  head.writeUInt32BE(length, 0)
  head.writeUInt32BE(payloadLength, 4)
  head.write(text, PREFIX_SIZE_BYTES)
  return head
}

/** Cuts a stream of chunks into replies; throws when a child says something that is too long. */
export class ReplyReader {
  #chunks: Buffer[] = []
  #length = 0

  push(chunk: Buffer): Reply[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const replies: Reply[] = []
    for (let reply = this.#next(); reply !== undefined; reply = this.#next()) replies.push(reply)
    return replies
  }

  #next(): Reply | undefined {
    if (this.#length < PREFIX_SIZE_BYTES) return undefined
    const prefix = this.#peek(PREFIX_SIZE_BYTES)
    const headerLength = prefix.readUInt32BE(0)
    const payloadLength = prefix.readUInt32BE(4)
    if (headerLength > HEADER_SIZE_BYTES_MAX || payloadLength > PAYLOAD_SIZE_BYTES_MAX) {
      throw new AppError(
        'LIMIT_EXCEEDED',
        `expected a result of at most ${PAYLOAD_SIZE_BYTES_MAX} bytes, got \`${payloadLength}\``,
      )
    }
    const end = PREFIX_SIZE_BYTES + headerLength + payloadLength
    if (this.#length < end) return undefined
    const frame = this.#peek(end)
    this.#chunks = [this.#chunks[0]!.subarray(end)]
    this.#length -= end
    const payloadStart = PREFIX_SIZE_BYTES + headerLength
    const text = frame.toString('utf8', PREFIX_SIZE_BYTES, payloadStart)
    // The bootstrap files are ours and write nothing else; a handler cannot reach their pipe by accident.
    const header = JSON.parse(text) as ReplyHeader
    return { header, payload: frame.subarray(payloadStart) }
  }

  /** The first `length` bytes in one piece; joins chunks only when they lie across. */
  #peek(length: number): Buffer {
    if (this.#chunks[0]!.length < length) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!.subarray(0, length)
  }
}
