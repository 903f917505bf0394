// Calls to one cluster over HTTPS: who calls is shown, each call has its end, and what a cluster refuses is an error
// with its reason.

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { type Clock, describeError } from '../base/index.ts'
import { isKubeError, KubeError } from '../objects/index.ts'
import { Credentials, type Shown } from './credentials.ts'
import type { ClusterAccess } from './kubeconfig.ts'
import {
  ANSWER_BYTES_MAX,
  CALL_MS_MAX,
  CONNECT_MS_MAX,
  CONNECTIONS_MAX,
  KEEP_ALIVE_MS,
} from './limits.ts'
import { refusalOf, unreachable } from './refusal.ts'

export interface ActingUser {
  readonly name: string
  readonly groups: readonly string[]
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | undefined>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly contentType?: string
  readonly actAs?: ActingUser | undefined
}

export interface Answer {
  readonly body: unknown
  /** Texts of `Warning` headers. */
  readonly warnings: readonly string[]
}

export interface ClusterLinkOptions {
  readonly access: ClusterAccess
  readonly clock: Clock
  readonly env: NodeJS.ProcessEnv
}

export class ClusterLink {
  readonly server: string
  readonly #access: ClusterAccess
  readonly #clock: Clock
  readonly #credentials: Credentials
  readonly #closed = new AbortController()
  #agent: { readonly agent: HttpAgent | HttpsAgent; readonly shown: Shown } | undefined

  constructor({ access, clock, env }: ClusterLinkOptions) {
    this.server = access.server
    this.#access = access
    this.#clock = clock
    this.#credentials = new Credentials(access.user, clock, env)
  }

  /** Rejects with a `KubeError`; `ServiceUnavailable` when the cluster cannot be reached. */
  async call(ask: Ask): Promise<Answer> {
    const deadline = new AbortController()
    const timer = this.#clock.setTimer(CALL_MS_MAX, () => deadline.abort())
    try {
      const answer = await this.#send(ask, deadline.signal)
      const text = await readAll(answer, this.server)
      const body = parse(text)
      const { statusCode = 0 } = answer
      if (statusCode < 200 || statusCode >= 300) throw refusalOf(this.server, statusCode, body)
      if (body === undefined) throw unreachable(this.server, 'its answer is not JSON')
      return { body, warnings: warningsOf(answer) }
    } catch (error) {
      if (!deadline.signal.aborted) throw this.#translated(error)
      throw unreachable(this.server, `no answer within ${CALL_MS_MAX} ms`)
    } finally {
      timer.cancel()
    }
  }

  /** The lines of an answer that goes on. Ends when the server ends it or the signal aborts. */
  async *lines(ask: Ask, signal: AbortSignal): AsyncGenerator<string, void> {
    let answer: IncomingMessage | undefined
    try {
      answer = await this.#send(ask, signal)
      const { statusCode = 0 } = answer
      if (statusCode !== 200)
        throw refusalOf(this.server, statusCode, parse(await readAll(answer, this.server)))
      let rest = ''
      answer.setEncoding('utf8')
      for await (const piece of answer as AsyncIterable<string>) {
        const parts = (rest + piece).split('\n')
        rest = parts.pop()!
        if (rest.length > ANSWER_BYTES_MAX)
          throw unreachable(this.server, `a line is longer than ${ANSWER_BYTES_MAX} bytes`)
        for (const part of parts) if (part !== '') yield part
      }
    } catch (error) {
      if (!signal.aborted) throw this.#translated(error)
    } finally {
      answer?.destroy()
    }
  }

  close(): void {
    this.#closed.abort()
    this.#agent?.agent.destroy()
  }

  async #send(ask: Ask, signal: AbortSignal): Promise<IncomingMessage> {
    const answer = await this.#attempt(ask, signal)
    const { tokenFile, program } = this.#access.user
    if (answer.statusCode !== 401 || (tokenFile === undefined && program === undefined))
      return answer
    // A token that has ended: the next one may be there already.
    answer.resume()
    this.#credentials.forget()
    return this.#attempt(ask, signal)
  }

  async #attempt(ask: Ask, signal: AbortSignal): Promise<IncomingMessage> {
    const shown = await this.#credentials.show()
    const body = ask.body === undefined ? undefined : Buffer.from(JSON.stringify(ask.body))
    const url = new URL(this.server + ask.path)
    for (const [name, value] of Object.entries(ask.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, value)
    const actAs = ask.actAs ?? this.#access.user.actAs
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
        method: ask.method,
        agent: this.#agentFor(shown),
        signal: AbortSignal.any([signal, this.#closed.signal]),
        headers: {
          Accept: 'application/json',
          'User-Agent': 'signalbox',
          ...(shown.token === undefined ? {} : { Authorization: `Bearer ${shown.token}` }),
          ...(actAs === undefined
            ? {}
            : { 'Impersonate-User': actAs.name, 'Impersonate-Group': [...actAs.groups] }),
          ...(body === undefined
            ? {}
            : {
                'Content-Type': ask.contentType ?? 'application/json',
                'Content-Length': body.length,
              }),
        },
      })
      const timer = this.#clock.setTimer(CONNECT_MS_MAX, () =>
        request.destroy(new Error(`no connection within ${CONNECT_MS_MAX} ms`)),
      )
      const isThere = (): void => timer.cancel()
      request.on('socket', (socket) => {
        if (!socket.connecting) isThere()
        else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', isThere)
        socket.setKeepAlive(true, KEEP_ALIVE_MS)
      })
      request.on('response', (answer) => {
        isThere()
        resolve(answer)
      })
      request.on('error', (error) => {
        isThere()
        reject(error)
      })
      request.end(body)
    })
  }

  #agentFor(shown: Shown): HttpAgent | HttpsAgent {
    const known = this.#agent
    if (known !== undefined && known.shown.certificate === shown.certificate) return known.agent
    const { authority, isVerified, serverName, server } = this.#access
    const pooled = { keepAlive: true, maxSockets: CONNECTIONS_MAX }
    const agent = server.startsWith('https:')
      ? new HttpsAgent({
          ...pooled,
          rejectUnauthorized: isVerified,
          ...(authority === undefined ? {} : { ca: authority }),
          ...(serverName === undefined ? {} : { servername: serverName }),
          ...(shown.certificate === undefined ? {} : { cert: shown.certificate, key: shown.key }),
        })
      : new HttpAgent(pooled)
    // What is under way on the old one ends there.
    this.#agent = { agent, shown }
    return agent
  }

  #translated(error: unknown): unknown {
    if (isKubeError(error)) return error
    if (this.#closed.signal.aborted) return unreachable(this.server, 'this server stops')
    return unreachable(this.server, describeError(error))
  }
}

async function readAll(answer: IncomingMessage, server: string): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > ANSWER_BYTES_MAX) {
      answer.destroy()
      const message = `the answer of ${server} is larger than ${ANSWER_BYTES_MAX} bytes`
      throw new KubeError('RequestEntityTooLarge', message)
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

/** Undefined for what is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `299 - "text"`, one or several. */
function warningsOf({ headers }: IncomingMessage): readonly string[] {
  const given = headers['warning']
  if (given === undefined) return []
  const texts = given.matchAll(/\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)
  return Array.from(texts, ([, text = '']) => text.replaceAll(/\\(.)/g, '$1'))
}
