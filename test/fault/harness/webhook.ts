// A target that takes everything and remembers it, and the rule that sends it all the producers' events.

import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { History } from './history.ts'
import { callAws, detailOf, SOURCE } from './producers.ts'

export class Webhook {
  readonly url: string
  answerAfterMs = 0
  /** What it answers; anything but 200 takes nothing. */
  status = 200
  readonly #server: Server
  readonly #received = new Map<string, number>()
  readonly #altered: string[] = []

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.statusCode = this.status
        if (this.status === 200) this.#take(Buffer.concat(chunks).toString())
        if (this.answerAfterMs === 0) response.end()
        else setTimeout(() => response.end(), this.answerAfterMs).unref()
      })
    })
  }

  static async open(): Promise<Webhook> {
    const server = createServer({ keepAliveTimeout: 60_000 }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Webhook(server)
  }

  /** Acknowledged and never received. */
  missing(history: History): string[] {
    return history.ids('acknowledged').filter((id) => !this.#received.has(id))
  }

  /** Received and never sent, or with other bytes. */
  strange(history: History): string[] {
    return [...this.#received.keys()]
      .filter((id) => history.fate(id) === undefined)
      .concat(this.#altered)
  }

  /** How many of what was received had been received before. */
  get duplicates(): number {
    return [...this.#received.values()].reduce((sum, count) => sum + count - 1, 0)
  }

  get count(): number {
    return this.#received.size
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #take(body: string): void {
    const { 'detail-type': id, detail } = JSON.parse(body) as {
      'detail-type': string
      detail: unknown
    }
    this.#received.set(id, (this.#received.get(id) ?? 0) + 1)
    if (JSON.stringify(detail) !== detailOf(id)) this.#altered.push(id)
  }
}

/** Sends all that producers put on the bus `default` to this address. */
export async function routeAllTo(url: string, address: string): Promise<void> {
  const pattern = JSON.stringify({ source: [SOURCE] })
  const rule = await callAws(url, 'AWSEvents.PutRule', { Name: 'all', EventPattern: pattern })
  const targets = await callAws(url, 'AWSEvents.PutTargets', {
    Rule: 'all',
    Targets: [{ Id: 'target', Arn: address }],
  })
  const { FailedEntryCount } = targets.body as { FailedEntryCount?: number }
  if (rule.status !== 200 || targets.status !== 200 || FailedEntryCount !== 0) {
    throw new Error(`the rule was refused: ${JSON.stringify([rule.body, targets.body])}`)
  }
}
