// What went wrong, as Kubernetes says it: a `Status`, with the HTTP code that belongs to its reason.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/

import { type AppError, type ErrorClass, isAppError } from '../../base/index.ts'
import { KubeError, type KubeErrorDetails, type KubeReason } from '../../objects/index.ts'
import type { HttpResponse } from '../http/exchange.ts'

const CODES: Readonly<Record<KubeReason, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  Gone: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
}

const REASONS: Readonly<Record<ErrorClass, KubeReason>> = {
  invalid: 'BadRequest',
  unauthenticated: 'Unauthorized',
  forbidden: 'Forbidden',
  not_found: 'NotFound',
  conflict: 'Conflict',
  too_large: 'RequestEntityTooLarge',
  limited: 'TooManyRequests',
  unsupported: 'MethodNotAllowed',
  unavailable: 'ServiceUnavailable',
  storage: 'InternalError',
  internal: 'InternalError',
}

export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: object
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: KubeReason
  readonly details?: object
  readonly code?: number
}

/** Undefined for what is nobody's fault but ours: the server reports that itself. */
export function refusalOf(error: unknown): KubeError | undefined {
  if (error instanceof KubeError) return error
  if (!isAppError(error) || error.class === 'storage' || error.class === 'internal')
    return undefined
  return new KubeError(REASONS[error.class], error.message, retryOf(error))
}

export function failureStatus(error: KubeError): Status {
  const { message, reason, details } = error
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details: encodeDetails(details) }),
    code: CODES[reason],
  }
}

export function failureResponse(error: KubeError): HttpResponse {
  const status = failureStatus(error)
  const seconds = error.details?.retryAfterSeconds
  return {
    status: CODES[error.reason],
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-cache, private',
      ...(seconds === undefined ? {} : { 'Retry-After': String(seconds) }),
    },
    body: `${JSON.stringify(status)}\n`,
  }
}

/** There is no such path, or no such resource in its group. */
export function noSuchResource(): KubeError {
  return new KubeError('NotFound', 'the server could not find the requested resource', {})
}

export function methodRefused(): KubeError {
  const message = 'the server does not allow this method on the requested resource'
  return new KubeError('MethodNotAllowed', message, {})
}

export function badRequest(message: string): KubeError {
  return new KubeError('BadRequest', message)
}

function encodeDetails({ causes, ...details }: KubeErrorDetails): object {
  if (causes === undefined) return details
  const told = causes.map(({ type, message, field }) => ({
    reason: type,
    message,
    ...(field === '' ? {} : { field }),
  }))
  return { ...details, causes: told }
}

function retryOf(error: AppError): KubeErrorDetails {
  const afterMs = error.details['retryAfterMs']
  if (error.class !== 'unavailable' && error.class !== 'limited') return {}
  return { retryAfterSeconds: typeof afterMs === 'number' ? Math.ceil(afterMs / 1000) : 1 }
}
