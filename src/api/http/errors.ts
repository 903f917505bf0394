// How a failure becomes a response when no dialect of its own speaks: `code` and `message` stand at the top
// level, where the AWS SDKs look too. A failure without a code is a bug and shows its request id only.

import { AppError, type ErrorClass, isAppError } from '../../base/index.ts'
import type { HttpResponse } from './exchange.ts'
import { RETRY_AFTER_SECONDS } from './limits.ts'

export const STATUS_BY_CLASS: Readonly<Record<ErrorClass, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  limited: 429,
  unsupported: 501,
  unavailable: 503,
  storage: 500,
  internal: 500,
}

export interface ErrorResponse extends HttpResponse {
  readonly body: string
}

/** The response to `error`; `status` overrides what its class says. */
export function errorResponse(error: unknown, requestId: string, status?: number): ErrorResponse {
  const failure = isAppError(error) && error.class !== 'storage' ? error : OPAQUE
  return {
    status: status ?? STATUS_BY_CLASS[failure.class],
    headers: { 'Content-Type': 'application/json', ...retryAfter(failure) },
    body: JSON.stringify({ code: failure.code, message: failure.message, requestId }),
  }
}

/** `Retry-After` in whole seconds for what may be tried again, else nothing. */
export function retryAfter(error: AppError): Readonly<Record<string, string>> {
  if (error.class !== 'unavailable' && error.class !== 'limited') return {}
  const afterMs = error.details['retryAfterMs']
  const seconds = typeof afterMs === 'number' ? Math.ceil(afterMs / 1000) : RETRY_AFTER_SECONDS
  return { 'Retry-After': String(Math.max(1, seconds)) }
}

const OPAQUE = new AppError(
  'INTERNAL',
  'the request failed inside the server; its log has the request id',
)
