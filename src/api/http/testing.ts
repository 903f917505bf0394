// What tests of dialects need: a request as a value, and a server with raw sockets to talk to it.

import { connect, type Socket } from 'node:net'
import type { HttpRequest, HttpResponse } from './exchange.ts'

/** A request with the given parts; the rest is a plain GET of `/`. */
export function requestOf(parts: Partial<HttpRequest> & { readonly target?: string }): HttpRequest {
  const target = parts.target ?? '/'
  const [path, query] = target.split('?', 2) as [string, string | undefined]
  return {
    method: 'GET',
    target,
    path,
    query: query ?? '',
    headers: { host: 'localhost' },
    rawHeaders: ['Host', 'localhost'],
    body: Buffer.alloc(0),
    remoteAddress: '127.0.0.1',
    requestId: '00000000-0000-4000-8000-000000000000',
    signal: new AbortController().signal,
    ...parts,
  }
}

/** A raw connection: what is sent goes out byte for byte, `received` is all that came back. */
export class RawConnection {
  readonly socket: Socket
  received = ''
  readonly #closed: Promise<void>
  #wake: (() => void) | undefined

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text: string) => {
      this.received += text
      this.#wake?.()
    })
    this.socket.on('error', () => {})
    this.#closed = new Promise((resolve) => this.socket.once('close', () => resolve()))
    void this.#closed.then(() => this.#wake?.())
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(bytes)
    return this
  }

  /** Everything received, once the other side has closed. */
  async untilClosed(): Promise<string> {
    await this.#closed
    return this.received
  }

  /** Everything received, once it holds `text`; rejects when the connection closes without. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      if (this.socket.destroyed) throw new Error(`closed after \`${this.received}\``)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.received
  }

  close(): void {
    this.socket.destroy()
  }
}

/** The body of an answer, also of one that comes in pieces and ends. */
export async function wholeBody(answer: HttpResponse): Promise<string> {
  if (typeof answer.body === 'string' || answer.body instanceof Uint8Array) return bodyText(answer)
  const pieces: Uint8Array[] = []
  for await (const piece of answer.body) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString()
}

/** The body of an answer that is whole. */
export function bodyText(answer: HttpResponse): string {
  if (typeof answer.body === 'string') return answer.body
  if (answer.body instanceof Uint8Array) return Buffer.from(answer.body).toString()
  throw new Error('the body comes in pieces')
}
