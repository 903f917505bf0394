// One kept-alive HTTP connection, as cheap as JavaScript allows, so that the load generator leaves the machine to
// what it measures: prepared bytes go out, of the answer only the status and the length of its body are read.
//
// Invariant: one request is under way at most; `onAnswer` is called once for each.

import { connect, type Socket } from 'node:net'

const RECEIVE_BYTES = 64 * 1024
const CRLF = 0x0d0a
const STATUS_AT = 'HTTP/1.1 '.length

export interface Address {
  readonly host: string
  readonly port: number
}

/** Status 0 when the connection broke. The body is only lent: it is overwritten by the next answer. */
export type OnAnswer = (status: number, body: Buffer) => void

export class Connection {
  readonly #address: Address
  readonly #onAnswer: OnAnswer
  #socket: Socket | undefined
  #rest: Buffer | undefined
  #isWaiting = false
  #isClosed = false

  constructor(address: Address, onAnswer: OnAnswer) {
    this.#address = address
    this.#onAnswer = onAnswer
  }

  /** The bytes must not be changed before the answer is there. */
  send(bytes: Buffer): void {
    this.#isWaiting = true
    this.#socket ??= this.#open()
    this.#socket.write(bytes)
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  #open(): Socket {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(RECEIVE_BYTES),
      callback: (count: number, bytes: Uint8Array): boolean => {
        this.#receive(Buffer.from(bytes.buffer, bytes.byteOffset, count))
        return true
      },
    }
    const socket = connect({ ...this.#address, noDelay: true, onread })
    socket.on('error', () => {})
    socket.on('close', () => this.#lost())
    return socket
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    const headEnd = bytes.indexOf('\r\n\r\n')
    const end = headEnd === -1 ? Infinity : headEnd + 4 + contentLength(bytes, headEnd)
    if (bytes.length < end) {
      // What came lies in the buffer that the next bytes will be read into.
      this.#rest = this.#rest === undefined ? Buffer.from(bytes) : bytes
      return
    }
    this.#rest = undefined
    this.#isWaiting = false
    this.#onAnswer(statusOf(bytes), bytes.subarray(headEnd + 4, end))
  }

  #lost(): void {
    this.#socket = undefined
    this.#rest = undefined
    if (!this.#isWaiting || this.#isClosed) return
    this.#isWaiting = false
    this.#onAnswer(0, Buffer.alloc(0))
  }
}

function statusOf(bytes: Buffer): number {
  const digit = (index: number): number => bytes[STATUS_AT + index]! - 0x30
  return digit(0) * 100 + digit(1) * 10 + digit(2)
}

function contentLength(bytes: Buffer, headEnd: number): number {
  const name = 'Content-Length: '
  const at = bytes.indexOf(name)
  if (at === -1 || at > headEnd) return searchLength(bytes.toString('latin1', 0, headEnd))
  let length = 0
  for (let index = at + name.length; bytes.readUInt16BE(index) !== CRLF; index += 1) {
    length = length * 10 + bytes[index]! - 0x30
  }
  return length
}

function searchLength(head: string): number {
  const match = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (match === null) throw new Error(`expected an answer with a length, got \`${head}\``)
  return Number(match[1])
}
