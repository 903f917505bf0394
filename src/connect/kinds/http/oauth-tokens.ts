// Tokens of the client credentials grant (RFC 6749, 4.4): asked for when first needed, kept until shortly before
// their end, and asked for anew when a target refuses one. Many who wait for one token make one request.
//
// Invariant: neither a secret nor a token is in any failure that leaves here.

import { AppError, type Clock, describeError, isAppError } from '../../../base/index.ts'
import type { HttpParameter, HttpParameters } from '../../../model/index.ts'
import type { Guard } from '../../guard.ts'
import {
  DESTINATION_TIMEOUT_MS,
  TOKEN_ANSWER_BYTES_MAX,
  TOKEN_LENGTH_MAX,
  TOKEN_LIFE_MS,
  TOKEN_RENEWAL_MS,
  TOKEN_RENEWAL_PART,
  TOKENS_MAX,
} from '../../limits.ts'
import type { TokenRequest, TokenResult, TokenSource } from '../../token-source.ts'
import { addToHeaders, addToPath } from './additions.ts'
import type { OutgoingRequest } from './origin.ts'
import { Origins } from './origins.ts'
import { type Answer, resultOf } from './outcome.ts'

export interface OAuthTokensOptions {
  readonly guard: Guard
  readonly clock: Clock
}

interface Kept {
  readonly version: string
  readonly value: string
  /** Monotonic. */
  readonly renewAt: number
  readonly endsAt: number
}

type Authorization = TokenRequest['authorization']

export class OAuthTokens implements TokenSource {
  readonly #options: OAuthTokensOptions
  readonly #origins: Origins
  readonly #stop = new AbortController()
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()
  readonly #underWay = new Map<string, Promise<TokenResult>>()

  constructor(options: OAuthTokensOptions) {
    this.#options = options
    this.#origins = new Origins(options.guard)
  }

  async get(request: TokenRequest, signal: AbortSignal): Promise<TokenResult> {
    const now = this.#options.clock.monotonic()
    const kept = this.#kept.get(request.key)
    const isKept = kept?.version === request.version
    if (isKept && now < kept.renewAt) return { kind: 'token', value: kept.value }
    const result = await untilAborted(this.#ask(request), signal)
    // One that is near its end still serves while no other can be had.
    if (result.kind === 'failed' && isKept && now < kept.endsAt && this.#kept.has(request.key)) {
      return { kind: 'token', value: kept.value }
    }
    return result
  }

  refuse({ key }: TokenRequest, value: string): void {
    if (this.#kept.get(key)?.value === value) this.#kept.delete(key)
  }

  forget(key: string): void {
    this.#kept.delete(key)
  }

  close(): void {
    this.#stop.abort()
    this.#kept.clear()
  }

  #ask(request: TokenRequest): Promise<TokenResult> {
    const id = `${request.key} ${request.version}`
    const found = this.#underWay.get(id)
    if (found !== undefined) return found
    const asking = this.#fetch(request).finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, asking)
    return asking
  }

  async #fetch({ key, version, authorization }: TokenRequest): Promise<TokenResult> {
    const { clock, guard } = this.#options
    let url: URL
    let request: OutgoingRequest
    try {
      url = guard.checkUrl(authorization.endpoint)
      request = requestOf(authorization, `${url.pathname}${url.search}`)
    } catch (error) {
      if (!isAppError(error)) throw error
      return failed('NO_PERMISSIONS', error.message)
    }
    const origin = this.#origins.acquire(url.origin)
    try {
      const answer = await origin.send(request, {
        clock,
        timeoutMs: DESTINATION_TIMEOUT_MS,
        signal: this.#stop.signal,
        bodyBytesMax: TOKEN_ANSWER_BYTES_MAX,
      })
      return this.#take(answer, { key, version })
    } finally {
      await this.#origins.release(url.origin)
    }
  }

  #take(answer: Answer, { key, version }: Pick<TokenRequest, 'key' | 'version'>): TokenResult {
    if (answer.kind !== 'status') return unreached(answer)
    if (answer.status < 200 || answer.status >= 300) return refused(answer)
    const token = parseToken(answer.body)
    if (token === undefined) {
      return failed('NO_PERMISSIONS', 'the token endpoint answered without a token')
    }
    const now = this.#options.clock.monotonic()
    const { value, lifeMs } = token
    const renewAt = now + lifeMs - Math.min(TOKEN_RENEWAL_MS, lifeMs * TOKEN_RENEWAL_PART)
    this.#kept.delete(key)
    const oldest = this.#kept.keys().next().value
    if (this.#kept.size >= TOKENS_MAX && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(key, { version, value, renewAt, endsAt: now + lifeMs })
    return { kind: 'token', value }
  }
}

/** Credentials go in the body; with GET, which has none, in the header that RFC 6749 (2.3.1) has for them. */
function requestOf(authorization: Authorization, path: string): OutgoingRequest {
  const { method, clientId, clientSecret = '', parameters = {} } = authorization
  const query = valuesOf(parameters.query)
  const own = valuesOf(parameters.headers)
  const base = ['Accept', 'application/json', 'User-Agent', 'Amazon/EventBridge/ApiDestinations']
  if (method === 'GET') {
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)
    const headers = [...base, 'Authorization', `Basic ${basic.toString('base64')}`]
    return {
      method,
      path: addToPath(path, { query: { grant_type: 'client_credentials', ...query } }),
      headers: addToHeaders(headers, { headers: own }),
    }
  }
  const fields = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    ...valuesOf(parameters.body),
  }
  const headers = [...base, 'Content-Type', 'application/x-www-form-urlencoded']
  return {
    method,
    path: addToPath(path, { query }),
    headers: addToHeaders(headers, { headers: own }),
    body: Buffer.from(asksForJson(parameters) ? JSON.stringify(fields) : formOf(fields)),
  }
}

function asksForJson({ headers = [] }: HttpParameters): boolean {
  const type = headers.find(({ key }) => key.toLowerCase() === 'content-type')?.value
  return type !== undefined && /^application\/json\b/i.test(type)
}

function formOf(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString()
}

/** The values by name, the last of a name. */
export function valuesOf(
  parameters: readonly HttpParameter[] | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries((parameters ?? []).map(({ key, value }) => [key, value ?? '']))
}

interface Token {
  readonly value: string
  readonly lifeMs: number
}

/** RFC 6749, 5.1. */
function parseToken(body: Uint8Array | undefined): Token | undefined {
  const fields = parseFields(body)
  const token = fields?.['access_token']
  if (typeof token !== 'string' || token.length > TOKEN_LENGTH_MAX) return undefined
  if (!/^[\x21-\x7e]+$/.test(token)) return undefined
  const type = fields?.['token_type']
  const scheme = typeof type === 'string' && /^[A-Za-z]{1,32}$/.test(type) ? type : 'Bearer'
  const seconds = Number(fields?.['expires_in'])
  const isLifeKnown = Number.isFinite(seconds) && seconds > 0
  return {
    value: `${/^bearer$/i.test(scheme) ? 'Bearer' : scheme} ${token}`,
    lifeMs: isLifeKnown ? Math.min(seconds * 1000, 86_400_000) : TOKEN_LIFE_MS,
  }
}

function parseFields(body: Uint8Array | undefined): Readonly<Record<string, unknown>> | undefined {
  if (body === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString())
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    // Not JSON: the caller says that there was no token in it.
    return undefined
  }
}

/** Only the error code of RFC 6749 (5.2) is shown of an answer that may hold anything. */
function refused(answer: Extract<Answer, { kind: 'status' }>): TokenResult {
  const { status } = answer
  const error = parseFields(answer.body)?.['error']
  const said = typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? `: ${error}` : ''
  const message = `the token endpoint answered ${status}${said}`
  const judged = resultOf({ ...answer, shown: '' }, 'eventbridge', 0)
  const isPassing = status === 429 || status >= 500
  const afterMs = judged.kind === 'retry' ? judged.afterMs : undefined
  return {
    kind: 'failed',
    failure: { code: status === 429 ? 'THROTTLING' : 'NO_PERMISSIONS', message },
    isFinal: !isPassing,
    ...(afterMs === undefined ? {} : { afterMs }),
  }
}

function unreached(answer: Exclude<Answer, { kind: 'status' }>): TokenResult {
  const judged = resultOf(answer, 'eventbridge', 0)
  if (judged.kind === 'delivered') throw new Error('only a status can mean that')
  const { code, message } = judged.failure
  return {
    kind: 'failed',
    failure: { code, message: `no token could be had: ${message}` },
    isFinal: judged.kind === 'dead',
  }
}

function failed(code: string, message: string): TokenResult {
  return { kind: 'failed', failure: { code, message }, isFinal: true }
}

async function untilAborted(
  asking: Promise<TokenResult>,
  signal: AbortSignal,
): Promise<TokenResult> {
  const stopped = Promise.withResolvers<never>()
  const stop = (): void =>
    stopped.reject(new AppError('OVERLOADED', 'the attempt was stopped before a token came'))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([asking, stopped.promise])
  } catch (error) {
    const failure = { code: 'TIMEOUT', message: describeError(error) }
    return { kind: 'failed', failure, isFinal: false }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
