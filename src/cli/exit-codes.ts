// The one table of exit codes. They are stable: scripts are written against them.

import type { ErrorClass } from '../base/index.ts'
import { type AppError, isAppError } from '../base/index.ts'

export const EXIT_CODES = {
  ok: 0,
  /** It did not work, or a check found something. */
  failed: 1,
  usage: 2,
  notFound: 3,
  denied: 4,
  conflict: 5,
  unreachable: 6,
  timeout: 7,
  /** Of many, some worked and some did not. */
  partial: 8,
  /** A failure of storage: nothing more was acknowledged. */
  storage: 70,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

const BY_CLASS: Readonly<Record<ErrorClass, ExitCode>> = {
  invalid: EXIT_CODES.failed,
  unauthenticated: EXIT_CODES.denied,
  forbidden: EXIT_CODES.denied,
  not_found: EXIT_CODES.notFound,
  conflict: EXIT_CODES.conflict,
  too_large: EXIT_CODES.failed,
  limited: EXIT_CODES.failed,
  unsupported: EXIT_CODES.failed,
  unavailable: EXIT_CODES.failed,
  storage: EXIT_CODES.storage,
  internal: EXIT_CODES.failed,
}

/** What a process ends with that failed with `error`. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isAppError(error)) return EXIT_CODES.failed
  return BY_CODE[error.code] ?? BY_CLASS[error.class]
}

// Where the class alone would not tell.
const BY_CODE: Partial<Record<AppError['code'], ExitCode>> = {
  CONFIG_INVALID: EXIT_CODES.usage,
  SERVER_UNREACHABLE: EXIT_CODES.unreachable,
}
