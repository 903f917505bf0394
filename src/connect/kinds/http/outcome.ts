// What an answer, or the lack of one, means for a delivery. The table of reliability: connection errors and
// timeouts are retried, so are the statuses below; a redirect is never followed and, like the rest, final.

import { type AppError, isAppError } from '../../../base/index.ts'
import { INVOKE_ANSWER_BYTES_MAX } from '../../limits.ts'
import type { InvokeResult } from '../../invoke.ts'
import type { SinkFailure, SinkResult } from '../../sink.ts'

/** How one request ended. */
export type Answer =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfter?: string
      /** The first bytes of the body, for people. */
      readonly shown: string
      /** All of the body, where it was wanted and came whole. */
      readonly body?: Uint8Array
    }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'error'; readonly error: Error; readonly isStale: boolean }

/** `webhook` also retries what a target that is being deployed answers; `eventbridge` retries what AWS does. */
export type RetryMode = 'webhook' | 'eventbridge'

const RETRIED: Readonly<Record<RetryMode, ReadonlySet<number>>> = {
  webhook: new Set([404, 408, 409, 425, 429]),
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
  eventbridge: new Set([401, 407, 409, 429]),
}

export function resultOf(answer: Answer, mode: RetryMode, now: number): SinkResult {
  switch (answer.kind) {
    case 'status':
      return resultOfStatus(answer, mode, now)
    case 'timeout':
      return retry('TIMEOUT', `no answer within ${answer.afterMs} ms`)
    case 'stopped':
      return retry('TIMEOUT', 'the attempt was stopped before the target answered')
    case 'error':
      return resultOfError(answer.error)
  }
}

/** The same of an invocation, which needs the whole answer. */
export function invokeResultOf(answer: Answer, mode: RetryMode, now: number): InvokeResult {
  const result = resultOf(answer, mode, now)
  if (result.kind !== 'delivered') {
    const { kind, ...failed } = result
    return { ...failed, kind: 'failed', isFinal: kind === 'dead' }
  }
  // Only a status can have meant `delivered`.
  const { status, body } = answer as StatusAnswer
  if (body !== undefined) return { kind: 'ok', payload: body, status }
  const message = `the answer broke off, or is longer than ${INVOKE_ANSWER_BYTES_MAX} bytes`
  return { kind: 'failed', failure: failureOf('CONNECTION_FAILURE', message), isFinal: false }
}

/**
 * Milliseconds that a `Retry-After` asks for: seconds or an HTTP-date (RFC 9110, 10.2.3). Undefined for what is
 * neither, or past.
 */
export function parseRetryAfter(text: string, now: number): number | undefined {
  const trimmed = text.trim()
  if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed) * 1000
  if (!/^[A-Za-z]{3,9},? /.test(trimmed)) return undefined
  const at = Date.parse(trimmed)
  return at > now ? at - now : undefined
}

type StatusAnswer = Answer & { readonly kind: 'status' }

function resultOfStatus(answer: StatusAnswer, mode: RetryMode, now: number): SinkResult {
  const { status, retryAfter, shown } = answer
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const said = shown === '' ? '' : `: ${shown}`
  const failure = { code: codeOf(status), message: `the target answered ${status}${said}` }
  const isStopped = mode === 'eventbridge' && /^\s*-\d+\s*$/.test(retryAfter ?? '')
  if (isStopped || !isRetried(status, mode)) {
    // Standard Webhooks: who answers 410 wants nothing more. AWS's own API destinations know no such answer.
    const isGone = status === 410 && mode === 'webhook'
    return { kind: 'dead', failure, ...(isGone ? { isGone } : {}) }
  }
  const afterMs = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now)
  return { kind: 'retry', failure, ...(afterMs === undefined ? {} : { afterMs }) }
}

function isRetried(status: number, mode: RetryMode): boolean {
  return (status >= 500 && status < 600) || RETRIED[mode].has(status)
}

function codeOf(status: number): string {
  if (status === 429) return 'THROTTLING'
  if (status === 401 || status === 403 || status === 407) return 'NO_PERMISSIONS'
  if (status === 404 || status === 410) return 'NO_RESOURCE'
  if (status === 408) return 'TIMEOUT'
  return status >= 500 ? 'INTERNAL_ERROR' : 'SDK_CLIENT_ERROR'
}

function resultOfError(error: Error): SinkResult {
  const refusal = refusalIn(error)
  // An address that must not be reached will be no better in a minute; the dead letter can be redriven.
  if (refusal !== undefined) return dead('NO_PERMISSIONS', refusal.message)
  const code = (error as NodeJS.ErrnoException).code
  const what = code === undefined || error.message.includes(code) ? '' : `${code}: `
  return retry('CONNECTION_FAILURE', `the target could not be asked: ${what}${error.message}`)
}

function refusalIn(error: unknown): AppError | undefined {
  if (isAppError(error, 'TARGET_REFUSED')) return error
  return error instanceof Error && error.cause !== undefined ? refusalIn(error.cause) : undefined
}

export function dead(code: string, message: string): SinkResult {
  return { kind: 'dead', failure: failureOf(code, message) }
}

function retry(code: string, message: string): SinkResult {
  return { kind: 'retry', failure: failureOf(code, message) }
}

function failureOf(code: string, message: string): SinkFailure {
  return { code, message }
}
