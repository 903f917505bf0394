// What a cluster answers when it refuses, as the error that the machinery of this process throws for the same.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/

import { KubeError, type KubeErrorDetails, type KubeReason } from '../objects/index.ts'
import type { FieldFault, FieldFaultType } from '../structure/index.ts'

/** What proxies on the way and servers without a reason mean. */
const REASONS: Readonly<Record<number, KubeReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'ServiceUnavailable',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}
const KNOWN: ReadonlySet<string> = new Set<KubeReason>([
  ...Object.values(REASONS),
  'AlreadyExists',
  'Gone',
])

interface Status {
  readonly message?: string
  readonly reason?: string
  readonly code?: number
  readonly details?: {
    readonly name?: string
    readonly group?: string
    readonly kind?: string
    readonly uid?: string
    readonly retryAfterSeconds?: number
    readonly causes?: readonly {
      readonly reason?: string
      readonly message?: string
      readonly field?: string
    }[]
  }
}

/** `body` is a `Status`, or whatever stood on the way said. */
export function refusalOf(server: string, code: number, body: unknown): KubeError {
  const status = isStatus(body) ? body : {}
  const { reason = '', details, message } = status
  const given = status.code ?? code
  // `ServerTimeout` and others are told by their code.
  const known = KNOWN.has(reason) ? (reason as KubeReason) : (REASONS[given] ?? 'InternalError')
  const text = message ?? `${server} answered ${given}`
  return new KubeError(known, text, details === undefined ? undefined : detailsOf(details))
}

/** Nothing came back, or nothing that can be understood. */
export function unreachable(server: string, why: string): KubeError {
  return new KubeError('ServiceUnavailable', `${server} cannot be reached: ${why}`)
}

function detailsOf(details: NonNullable<Status['details']>): KubeErrorDetails {
  const { name, group, kind, uid, retryAfterSeconds, causes } = details
  return {
    ...(name === undefined ? {} : { name }),
    ...(group === undefined ? {} : { group }),
    ...(kind === undefined ? {} : { kind }),
    ...(uid === undefined ? {} : { uid }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(causes === undefined
      ? {}
      : {
          causes: causes.map((cause): FieldFault => ({
            type: (cause.reason ?? 'FieldValueInvalid') as FieldFaultType,
            field: cause.field ?? '',
            message: cause.message ?? '',
          })),
        }),
  }
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && (body as { kind?: unknown }).kind === 'Status'
}
