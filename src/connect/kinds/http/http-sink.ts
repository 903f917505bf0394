// The `http` kind: a target's address is its URL, and what is delivered is POSTed there as JSON. No redirect is
// followed, no proxy of the environment used, no answer decompressed; one is kept only for an invocation.

import { isAppError, type Clock } from '../../../base/index.ts'
import { type EventMeta, traceOf } from '../../../event/index.ts'
import type { Guard } from '../../guard.ts'
import type { InvokeRequest, InvokeResult, InvokingSink } from '../../invoke.ts'
import {
  HTTP_ATTEMPT_TIMEOUT_MS,
  HTTP_CONCURRENCY_MAX,
  INVOKE_ANSWER_BYTES_MAX,
} from '../../limits.ts'
import type { SinkKind, SinkMessage, SinkResult } from '../../sink.ts'
import { addToHeaders, addToPath } from './additions.ts'
import type { Origin } from './origin.ts'
import { Origins } from './origins.ts'
import { dead, invokeResultOf, resultOf, type RetryMode } from './outcome.ts'
import { parseSigningSecret, signWebhook } from './signature.ts'

const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE'])

export interface HttpKindOptions {
  readonly guard: Guard
  readonly clock: Clock
  /** `webhook` when absent. */
  readonly retryMode?: RetryMode
  readonly timeoutMs?: number
  readonly concurrencyMax?: number
}

export function createHttpKind(options: HttpKindOptions): SinkKind {
  const origins = new Origins(options.guard)
  return {
    name: 'http',
    serves: (address) => /^https?:/i.test(address),
    open(address) {
      try {
        return new HttpSink(options.guard.checkUrl(address), origins, options)
      } catch (error) {
        if (!isAppError(error)) throw error
        return refusingSink(error.message)
      }
    },
  }
}

class HttpSink implements InvokingSink {
  readonly batchMax = 1
  readonly concurrencyMax: number
  readonly #options: HttpKindOptions
  readonly #origins: Origins
  readonly #origin: Origin
  readonly #originUrl: string
  readonly #path: string
  readonly #timeoutMs: number

  constructor(url: URL, origins: Origins, options: HttpKindOptions) {
    this.concurrencyMax = options.concurrencyMax ?? HTTP_CONCURRENCY_MAX
    this.#options = options
    this.#origins = origins
    this.#originUrl = url.origin
    this.#origin = origins.acquire(url.origin)
    this.#path = `${url.pathname}${url.search}`
    this.#timeoutMs = options.timeoutMs ?? HTTP_ATTEMPT_TIMEOUT_MS
  }

  async send(batch: readonly SinkMessage[], signal: AbortSignal): Promise<readonly SinkResult[]> {
    if (batch.length === 1) return [await this.#sendOne(batch[0]!, signal)]
    return Promise.all(batch.map((message) => this.#sendOne(message, signal)))
  }

  async invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeResult> {
    const { clock, retryMode } = this.#options
    const { http = {}, payload, traceHeader } = request
    const { method = 'POST' } = http
    let headers: string[]
    try {
      headers = addToHeaders(invokeHeaders(traceHeader), http)
    } catch (error) {
      if (!isAppError(error)) throw error
      const failure = { code: 'SDK_CLIENT_ERROR', message: error.message }
      return { kind: 'failed', failure, isFinal: true }
    }
    const answer = await this.#origin.send(
      {
        path: addToPath(this.#path, http),
        headers,
        method,
        ...(BODILESS.has(method) ? {} : { body: payload }),
      },
      { clock, timeoutMs: this.#timeoutMs, signal, bodyBytesMax: INVOKE_ANSWER_BYTES_MAX },
    )
    return invokeResultOf(answer, retryMode ?? 'webhook', clock.now())
  }

  async close(): Promise<void> {
    await this.#origins.release(this.#originUrl)
  }

  async #sendOne(message: SinkMessage, signal: AbortSignal): Promise<SinkResult> {
    const { clock, retryMode } = this.#options
    let headers: string[]
    try {
      headers = headersOf(message, clock.now())
    } catch (error) {
      if (!isAppError(error)) throw error
      return dead('SDK_CLIENT_ERROR', error.message)
    }
    const answer = await this.#origin.send(
      { path: this.#path, headers, body: message.body },
      { clock, timeoutMs: this.#timeoutMs, signal },
    )
    return resultOf(answer, retryMode ?? 'webhook', clock.now())
  }
}

function headersOf(message: SinkMessage, now: number): string[] {
  const id = headerSafe(message.deliveryId)
  const headers = [
    'Content-Type',
    'application/json',
    'User-Agent',
    'Signalbox',
    'Signalbox-Delivery-Id',
    id,
    'Signalbox-Event-Id',
    headerSafe(message.eventId),
    'Signalbox-Attempt',
    String(message.attempt),
    ...traceHeaders(message.event.meta()),
  ]
  const secret = message.target.parameters?.['signingSecret']
  if (secret === undefined) return headers
  const timestampSeconds = Math.floor(now / 1000)
  const content = { id, timestampSeconds, body: message.body }
  const signature = signWebhook(parseSigningSecret(secret), content)
  headers.push('webhook-id', id, 'webhook-timestamp', String(timestampSeconds))
  headers.push('webhook-signature', signature)
  return headers
}

/** Both forms of the trace, so that a receiver of either goes on with it. */
function traceHeaders(meta: EventMeta): readonly string[] {
  if (meta.traceHeader === undefined && meta.extensions === undefined) return []
  const { header, parent, state } = traceOf(meta)
  return [
    ...(header === undefined ? [] : ['X-Amzn-Trace-Id', headerSafe(header)]),
    ...(parent === undefined ? [] : ['traceparent', headerSafe(parent)]),
    ...(state === undefined ? [] : ['tracestate', headerSafe(state)]),
  ]
}

function invokeHeaders(traceHeader: string | undefined): readonly string[] {
  const trace = traceHeader === undefined ? [] : ['X-Amzn-Trace-Id', headerSafe(traceHeader)]
  return ['Content-Type', 'application/json', 'User-Agent', 'Signalbox', ...trace]
}

/** Ids of producers may hold anything; in a header they are percent-encoded where they must be. */
function headerSafe(id: string): string {
  return /^[\x21\x23\x24\x26-\x7e]*$/.test(id) ? id : encodeURIComponent(id.toWellFormed())
}

/** A target that was let in before it was forbidden: every delivery says why. */
function refusingSink(reason: string): InvokingSink {
  const failure = { code: 'NO_PERMISSIONS', message: reason }
  return {
    batchMax: 1,
    concurrencyMax: 1,
    invoke: async () => ({ kind: 'failed', failure, isFinal: true }),
    send: async (batch) => batch.map(() => ({ kind: 'dead', failure })),
    close: async () => {},
  }
}
