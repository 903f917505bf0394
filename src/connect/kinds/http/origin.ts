// The connections to one origin, shared by all targets there: undici's Client one by one rather than its Pool,
// because a Client is one connection, and only so is it known whether a request went out on a used one. The
// connection used last is used first, so that few stay warm and the rest close by themselves.

import { Client } from 'undici'
import type { Guard } from '../../guard.ts'
import { ANSWER_HEADER_BYTES_MAX, HTTP_IDLE_MS } from '../../limits.ts'
import { Exchange, type ExchangeOptions } from './exchange.ts'
import type { Answer } from './outcome.ts'

export interface OutgoingRequest {
  /** Path and query. */
  readonly path: string
  /** Name, value, name, value … */
  readonly headers: string[]
  /** None where the method has none. */
  readonly body?: Uint8Array
  /** `POST` when absent. */
  readonly method?: string
}

export type SendOptions = Omit<ExchangeOptions, 'isReused'>

interface Connection {
  readonly client: Client
  /** Requests that the present socket has answered. */
  served: number
}

export class Origin {
  readonly #url: string
  readonly #guard: Guard
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()

  constructor(url: string, guard: Guard) {
    this.#url = url
    this.#guard = guard
  }

  /** Never rejects. A request lost on a kept connection before its answer began is sent once more, at once. */
  async send(request: OutgoingRequest, options: SendOptions): Promise<Answer> {
    const startedAt = options.clock.monotonic()
    const answer = await this.#sendOnce(request, options)
    if (answer.kind !== 'error' || !answer.isStale) return answer
    const timeoutMs = options.timeoutMs - (options.clock.monotonic() - startedAt)
    return this.#sendOnce(request, { ...options, timeoutMs })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map(({ client }) => client.destroy()))
  }

  async #sendOnce(request: OutgoingRequest, options: SendOptions): Promise<Answer> {
    const connection = this.#idle.pop() ?? this.#open()
    const exchange = new Exchange({ ...options, isReused: () => connection.served > 0 })
    const { path, headers, body = null, method = 'POST' } = request
    try {
      connection.client.dispatch({ path, method, headers, body }, exchange)
    } catch (error) {
      // A client that is being closed refuses by throwing.
      exchange.onResponseError(undefined, error as Error)
    }
    const answer = await exchange.answer
    this.#release(connection, exchange.isQueued)
    return answer
  }

  /** A request that never left its queue would go out on whatever connects later: its client goes with it. */
  #release(connection: Connection, isQueued: boolean): void {
    connection.served += 1
    if (isQueued || connection.client.destroyed) {
      this.#all.delete(connection)
      void connection.client.destroy()
    } else {
      this.#idle.push(connection)
    }
  }

  #open(): Connection {
    const connection: Connection = {
      served: 0,
      client: new Client(this.#url, {
        connect: (target, callback) => {
          connection.served = 0
          this.#guard.connect(target, callback)
        },
        allowH2: false,
        pipelining: 1,
        maxHeaderSize: ANSWER_HEADER_BYTES_MAX,
        keepAliveTimeout: HTTP_IDLE_MS,
        keepAliveMaxTimeout: HTTP_IDLE_MS,
        // The attempt's own deadline covers both.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
    }
    this.#all.add(connection)
    return connection
  }
}
