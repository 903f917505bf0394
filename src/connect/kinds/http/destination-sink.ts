// The kind of API destinations: an address names the destination, and what that is (URL, method, as whom) is
// looked up for each call, so that a change counts at once. Calls keep the destination's rate by waiting; a token
// that is refused is renewed and the call made once more.
//
// Invariant: no secret that a call was made with is in its result, whatever the target answers.

import { type Clock, isAppError } from '../../../base/index.ts'
import type { Destination, FindDestination } from '../../destination.ts'
import type { Guard } from '../../guard.ts'
import type { InvokeRequest, InvokeResult, InvokingSink } from '../../invoke.ts'
import {
  DESTINATION_TIMEOUT_MS,
  HTTP_CONCURRENCY_MAX,
  INVOKE_ANSWER_BYTES_MAX,
} from '../../limits.ts'
import { RateLimiter } from '../../rate-limiter.ts'
import type { SinkFailure, SinkKind, SinkMessage, SinkResult } from '../../sink.ts'
import type { TokenRequest, TokenSource } from '../../token-source.ts'
import { type DestinationCall, destinationRequest } from './destination-request.ts'
import { additionsOf } from './http-target.ts'
import type { OutgoingRequest } from './origin.ts'
import { Origins } from './origins.ts'
import { type Answer, invokeResultOf, resultOf } from './outcome.ts'
import { createMask } from './secret-mask.ts'

export interface DestinationKindOptions {
  readonly find: FindDestination
  readonly tokens: TokenSource
  readonly guard: Guard
  readonly clock: Clock
}

const ADDRESS = /^arn:[\w-]+:events:[\w-]*:\d{12}:api-destination\//

export function createDestinationKind(options: DestinationKindOptions): SinkKind {
  const origins = new Origins(options.guard)
  return {
    name: 'api-destination',
    serves: (address) => ADDRESS.test(address),
    open: (address) => new DestinationSink(options, origins, address),
  }
}

type Called =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly mask: (text: string) => string }
  | { readonly kind: 'failed'; readonly failure: SinkFailure; readonly isFinal: boolean }

type Call = Pick<DestinationCall, 'body' | 'added' | 'deliveryId'> & {
  readonly bodyBytesMax?: number
}

class DestinationSink implements InvokingSink {
  readonly batchMax = 1
  readonly concurrencyMax: number = HTTP_CONCURRENCY_MAX
  readonly #options: DestinationKindOptions
  readonly #origins: Origins
  readonly #address: string
  readonly #limiter: RateLimiter
  /** The origin called last; held so that its connections stay warm. */
  #originUrl: string | undefined

  constructor(options: DestinationKindOptions, origins: Origins, address: string) {
    this.#options = options
    this.#origins = origins
    this.#address = address
    this.#limiter = new RateLimiter(options.clock)
  }

  send(batch: readonly SinkMessage[], signal: AbortSignal): Promise<readonly SinkResult[]> {
    return Promise.all(batch.map((message) => this.#sendOne(message, signal)))
  }

  async invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeResult> {
    const { payload, http = {} } = request
    const bodyBytesMax = INVOKE_ANSWER_BYTES_MAX
    const called = await this.#call({ body: payload, added: http, bodyBytesMax }, signal)
    if (called.kind === 'failed') return called
    const result = invokeResultOf(called.answer, 'eventbridge', this.#options.clock.now())
    if (result.kind === 'ok') return result
    return { ...result, failure: masked(result.failure, called.mask) }
  }

  async close(): Promise<void> {
    if (this.#originUrl !== undefined) await this.#origins.release(this.#originUrl)
  }

  async #sendOne(message: SinkMessage, signal: AbortSignal): Promise<SinkResult> {
    const { body, target, deliveryId } = message
    const added = additionsOf(target)
    const called = await this.#call({ body, added, deliveryId: headerSafe(deliveryId) }, signal)
    if (called.kind === 'failed') {
      return { kind: called.isFinal ? 'dead' : 'retry', failure: called.failure }
    }
    const result = resultOf(called.answer, 'eventbridge', this.#options.clock.now())
    if (result.kind === 'delivered') return result
    return { ...result, failure: masked(result.failure, called.mask) }
  }

  async #call(call: Call, signal: AbortSignal): Promise<Called> {
    const found = await this.#options.find(this.#address)
    if (found.kind === 'refused') return { kind: 'failed', failure: found.failure, isFinal: true }
    const { destination } = found
    if (!(await this.#limiter.turn(destination.ratePerSecondMax, signal))) return STOPPED
    const first = await this.#callOnce(destination, call, signal)
    if (first.kind === 'failed' || first.token === undefined || !isUnauthorized(first.answer)) {
      return first
    }
    this.#options.tokens.refuse(first.token.request, first.token.value)
    return this.#callOnce(destination, call, signal)
  }

  async #callOnce(
    destination: Destination,
    call: Call,
    signal: AbortSignal,
  ): Promise<Called & { readonly token?: UsedToken }> {
    const token = await this.#tokenOf(destination, signal)
    if (token !== undefined && 'kind' in token) return token
    const { clock, guard } = this.#options
    let url: URL
    let request: OutgoingRequest
    try {
      url = guard.checkUrl(destination.endpoint)
      request = destinationRequest(destination, url, { ...call, token: token?.value })
    } catch (error) {
      if (!isAppError(error)) throw error
      const code = error.code === 'TARGET_REFUSED' ? 'NO_PERMISSIONS' : 'SDK_CLIENT_ERROR'
      return { kind: 'failed', failure: { code, message: error.message }, isFinal: true }
    }
    const origin = await this.#originAt(url.origin)
    const answer = await origin.send(request, {
      clock,
      signal,
      timeoutMs: DESTINATION_TIMEOUT_MS,
      ...(call.bodyBytesMax === undefined ? {} : { bodyBytesMax: call.bodyBytesMax }),
    })
    const mask = createMask(destination.connection, token?.value)
    return { kind: 'answered', answer, mask, ...(token === undefined ? {} : { token }) }
  }

  /** Undefined where none is needed. */
  async #tokenOf(
    { connection }: Destination,
    signal: AbortSignal,
  ): Promise<UsedToken | Extract<Called, { kind: 'failed' }> | undefined> {
    const { key, version, authorization } = connection
    if (authorization.kind !== 'oauth') return undefined
    const request = { key, version, authorization }
    const result = await this.#options.tokens.get(request, signal)
    if (result.kind === 'token') return { request, value: result.value }
    // Even a refusal may be mended before the delivery is too old, at the endpoint as well as here.
    return { kind: 'failed', failure: result.failure, isFinal: false }
  }

  async #originAt(originUrl: string): Promise<ReturnType<Origins['acquire']>> {
    const origin = this.#origins.acquire(originUrl)
    const before = this.#originUrl
    this.#originUrl = originUrl
    // Held once by this sink, however many calls are under way.
    if (before !== undefined) await this.#origins.release(before)
    return origin
  }
}

interface UsedToken {
  readonly request: TokenRequest
  readonly value: string
}

const STOPPED: Called = {
  kind: 'failed',
  failure: { code: 'TIMEOUT', message: 'the server stopped while the call waited for its turn' },
  isFinal: false,
}

function isUnauthorized(answer: Answer): boolean {
  return answer.kind === 'status' && (answer.status === 401 || answer.status === 407)
}

function masked(failure: SinkFailure, mask: (text: string) => string): SinkFailure {
  return { ...failure, message: mask(failure.message) }
}

function headerSafe(id: string): string {
  return /^[\x21\x23\x24\x26-\x7e]*$/.test(id) ? id : encodeURIComponent(id.toWellFormed())
}
