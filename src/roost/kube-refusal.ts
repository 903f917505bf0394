// Why the API refused, told by its reason alone: a client of a program that uses the library has errors of its own.

import type { KubeReason } from '../objects/index.ts'

export function isKubeErrorOf(error: unknown, ...reasons: readonly KubeReason[]): boolean {
  if (!(error instanceof Error) || !('reason' in error)) return false
  return reasons.some((reason) => reason === error.reason)
}
