// A webhook that does as it is told: takes what comes, fails, asks to be left alone, or says nothing at all. It
// remembers every request, and which of them it took.

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** By `performance.now()`. */
  readonly at: number
  readonly isTaken: boolean
}

export type Behaviour =
  | 'hang'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }

export const OK: Behaviour = { status: 200 }

export class Receiver {
  readonly url: string
  behaviour: Behaviour = OK
  readonly requests: Received[] = []

  private constructor(server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        this.#answer(response, { headers: request.headers, body, at: performance.now() })
      })
    })
  }

  static async open(context: TestContext): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => {
      server.closeAllConnections()
      server.close()
    })
    return new Receiver(server)
  }

  /** What it answered well to, in the order of arrival. */
  get taken(): readonly Received[] {
    return this.requests.filter(({ isTaken }) => isTaken)
  }

  /** The details of the events taken. */
  details<T>(): T[] {
    return this.taken.map(({ body }) => (JSON.parse(body) as { detail: T }).detail)
  }

  #answer(response: ServerResponse, request: Omit<Received, 'isTaken'>): void {
    const { behaviour } = this
    const isTaken = behaviour !== 'hang' && behaviour.status < 300
    this.requests.push({ ...request, isTaken })
    if (behaviour !== 'hang') response.writeHead(behaviour.status, behaviour.headers).end()
  }
}
