// What a failed call means for a delivery. As AWS: what is missing, forbidden or malformed is buried at once,
// what is throttled, broken or out of reach is tried again.

import { isAppError } from '../../../base/index.ts'
import type { SinkFailure, SinkResult } from '../../sink.ts'
import { AwsTimeout } from './caller.ts'
import { AWS_MESSAGE_LENGTH_MAX } from './limits.ts'

/** Patterns of error names, first match first; the same failure has another name in each service. */
const NAMES: readonly (readonly [pattern: RegExp, code: string, isFinal: boolean])[] = [
  [/Throttl|TooManyRequests|Throughput|RequestLimit|SlowDown|LimitExceeded/i, 'THROTTLING', false],
  [
    /AccessDenied|NotAuthorized|Unauthorized|Forbidden|AuthorizationError|OptInRequired|SignatureDoesNotMatch|Invalid(?:Signature|ClientToken|AccessKey)|UnrecognizedClient|ExpiredToken|IncompleteSignature|MissingAuthenticationToken|KMS.*AccessDenied/i,
    'NO_PERMISSIONS',
    true,
  ],
  [/NotFound|DoesNotExist|NonExistent|NoSuch|ClusterNotFound|NotActive/i, 'NO_RESOURCE', true],
  [/AlreadyExists|AlreadyRunning|NameExists/i, 'RESOURCE_ALREADY_EXISTS', true],
  [/Timeout/i, 'TIMEOUT', false],
]

/** The fate of a delivery whose call threw `error`. */
export function resultOfError(error: unknown): SinkResult {
  const known = resultOfOwn(error)
  if (known !== undefined) return known
  if (!(error instanceof Error)) return retry('INTERNAL_ERROR', String(error))
  const status = statusOf(error)
  if (status === undefined) return retry('CONNECTION_FAILURE', sentence(error))
  return resultOf({ name: error.name, status, message: sentence(error) })
}

/** The service said that it has done it, whatever is wrong with the rest of its answer. */
export function wasTaken(error: Error): boolean {
  const status = statusOf(error) ?? 0
  return status >= 200 && status < 300
}

/** The fate of a delivery that was answered with a status and, where there is one, the name of an error. */
export function resultOf(answer: {
  readonly name: string
  readonly status: number
  readonly message: string
}): SinkResult {
  const { name, status, message } = answer
  const row = NAMES.find(([pattern]) => pattern.test(name))
  if (row !== undefined) return row[2] ? dead(row[1], message) : retry(row[1], message)
  if (status >= 500) return retry('INTERNAL_ERROR', message)
  if (status === 429) return retry('THROTTLING', message)
  if (status === 408) return retry('TIMEOUT', message)
  if (status === 401 || status === 403) return dead('NO_PERMISSIONS', message)
  if (status === 404 || status === 410) return dead('NO_RESOURCE', message)
  return dead('SDK_CLIENT_ERROR', message)
}

function resultOfOwn(error: unknown): SinkResult | undefined {
  if (error instanceof AwsTimeout) return retry('TIMEOUT', error.message)
  const own = ownErrorIn(error)
  if (own !== undefined) return own
  const isAborted = error instanceof Error && error.name === 'AbortError'
  return isAborted ? retry('TIMEOUT', 'the attempt was stopped before AWS answered') : undefined
}

/** Ours, however deep the SDK or undici wrapped it. */
function ownErrorIn(error: unknown): SinkResult | undefined {
  if (isAppError(error, 'TARGET_REFUSED')) return dead('NO_PERMISSIONS', error.message)
  if (isAppError(error, 'AWS_ENDPOINT_MISSING')) return dead('NO_RESOURCE', error.message)
  if (isAppError(error)) return dead('SDK_CLIENT_ERROR', error.message)
  return error instanceof Error && error.cause !== undefined ? ownErrorIn(error.cause) : undefined
}

function statusOf(error: Error): number | undefined {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return metadata?.httpStatusCode
}

function sentence(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code
  const what = error.name === 'Error' ? (code ?? '') : error.name
  const said = error.message.slice(0, AWS_MESSAGE_LENGTH_MAX)
  return what === '' || said.includes(what) ? said : `${what}: ${said}`
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
