// An API that somebody else runs, and the OAuth server in front of it: gives out tokens, takes calls, and can be
// told to refuse either. It remembers every request.

import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface ApiRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** By `performance.now()`. */
  readonly at: number
}

export class Api {
  url = ''
  /** Requests of `/token`. */
  readonly tokenRequests: ApiRequest[] = []
  /** All others. */
  readonly calls: ApiRequest[] = []
  /** Of the next calls, before they are taken. */
  readonly statuses: number[] = []
  tokenStatus = 200
  /** Seconds. */
  tokenLife: number | undefined = 3600

  static async open(context: TestContext): Promise<Api> {
    const api = new Api()
    const server = createServer((request, response) => {
      api.#take(request, response).catch((error: unknown) => {
        response.destroy(error as Error)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => {
      server.closeAllConnections()
      server.close()
    })
    api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return api
  }

  /** The token given out last. */
  get token(): string {
    return `token-${this.tokenRequests.length}-of-the-api`
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url: path = '', headers } = request
    const taken = {
      method,
      path,
      headers,
      body: Buffer.concat(chunks).toString(),
      at: performance.now(),
    }
    if (path.startsWith('/token')) this.#giveToken(taken, response)
    else {
      this.calls.push(taken)
      // As unkind as it gets: what was sent is sent back.
      response.writeHead(this.statuses.shift() ?? 200)
      response.end(`you sent ${headers.authorization} and ${String(headers['x-secret'])}`)
    }
  }

  #giveToken(request: ApiRequest, response: ServerResponse): void {
    this.tokenRequests.push(request)
    response.writeHead(this.tokenStatus, { 'Content-Type': 'application/json' })
    const token = { access_token: this.token, token_type: 'bearer', expires_in: this.tokenLife }
    const refusal = { error: 'invalid_client', error_description: request.body }
    response.end(JSON.stringify(this.tokenStatus === 200 ? token : refusal))
  }
}
