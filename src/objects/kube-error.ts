// What can be wrong with a call on objects, in the words of Kubernetes' `metav1.Status`. The dialect turns a reason
// into its HTTP status; controllers tell reasons apart. The message is the real server's, word for word.

import type { FieldFault } from '../structure/index.ts'

export type KubeReason =
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Invalid'
  | 'BadRequest'
  | 'Forbidden'
  | 'Unauthorized'
  | 'Expired'
  | 'Gone'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'UnsupportedMediaType'
  | 'RequestEntityTooLarge'
  | 'TooManyRequests'
  | 'Timeout'
  | 'ServiceUnavailable'
  | 'InternalError'

export interface KubeErrorDetails {
  readonly name?: string
  readonly group?: string
  /** The plural resource for 404, 409 and 403, the kind for 422. */
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly FieldFault[]
  readonly retryAfterSeconds?: number
}

export class KubeError extends Error {
  readonly reason: KubeReason
  readonly details: KubeErrorDetails | undefined

  constructor(reason: KubeReason, message: string, details?: KubeErrorDetails) {
    super(message)
    this.name = 'KubeError'
    this.reason = reason
    this.details = details
  }
}

/** Whether it is a refusal of an object call, and for this reason when one is named. */
export function isKubeError(error: unknown, reason?: KubeReason): error is KubeError {
  return error instanceof KubeError && (reason === undefined || error.reason === reason)
}

/** Told by its reason alone: a client that a program brings has errors of its own. */
export function hasKubeReason(error: unknown, ...reasons: readonly KubeReason[]): boolean {
  if (!(error instanceof Error) || !('reason' in error)) return false
  return reasons.some((reason) => reason === error.reason)
}
