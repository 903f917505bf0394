// The one error class and the one table of codes. A bug throws an AssertionError and ends the process;
// an operating failure is an AppError whose code is a row here, has a page docs/errors/<CODE>.md, and is
// mapped to a status by each dialect through its class.

export type ErrorClass =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'limited'
  | 'unsupported'
  | 'unavailable'
  | 'storage'
  | 'internal'

export const ERRORS = {
  ACCESS_DENIED: { class: 'forbidden', retry: false },
  AWS_CLIENT_MISSING: { class: 'unsupported', retry: false },
  AWS_ENDPOINT_MISSING: { class: 'unsupported', retry: false },
  BROKER_LOST: { class: 'unavailable', retry: true },
  BUS_EXISTS: { class: 'conflict', retry: false },
  BUS_NOT_FOUND: { class: 'not_found', retry: false },
  CONFIG_INVALID: { class: 'invalid', retry: false },
  DATA_DIR_LOCKED: { class: 'conflict', retry: false },
  EVENT_DUPLICATE_DIFFERS: { class: 'conflict', retry: false },
  EVENT_INVALID: { class: 'invalid', retry: false },
  EVENT_NOT_FOUND: { class: 'not_found', retry: false },
  EVENT_TOO_LARGE: { class: 'too_large', retry: false },
  FUNCTION_NOT_FOUND: { class: 'not_found', retry: false },
  INTERNAL: { class: 'internal', retry: true },
  LIMIT_EXCEEDED: { class: 'limited', retry: false },
  LOG_CLOSED: { class: 'unavailable', retry: true },
  LOG_CORRUPT: { class: 'storage', retry: false },
  LOG_FULL: { class: 'unavailable', retry: true },
  NOT_IMPLEMENTED: { class: 'unsupported', retry: false },
  OVERLOADED: { class: 'unavailable', retry: true },
  PATTERN_INVALID: { class: 'invalid', retry: false },
  PERMISSION_NOT_FOUND: { class: 'not_found', retry: false },
  QUEUE_EXISTS: { class: 'conflict', retry: false },
  QUEUE_NOT_FOUND: { class: 'not_found', retry: false },
  REQUEST_INVALID: { class: 'invalid', retry: false },
  REQUEST_TOO_LARGE: { class: 'too_large', retry: false },
  RESOURCE_CONFLICT: { class: 'conflict', retry: true },
  RESOURCE_EXISTS: { class: 'conflict', retry: false },
  RESOURCE_INVALID: { class: 'invalid', retry: false },
  RESOURCE_NOT_FOUND: { class: 'not_found', retry: false },
  REVISION_COMPACTED: { class: 'conflict', retry: false },
  RULE_NOT_FOUND: { class: 'not_found', retry: false },
  SCHEMA_INVALID: { class: 'invalid', retry: false },
  SECRET_MISSING: { class: 'not_found', retry: false },
  SECRET_UNREADABLE: { class: 'storage', retry: false },
  SERVER_UNREACHABLE: { class: 'unavailable', retry: true },
  SIGNATURE_INVALID: { class: 'unauthenticated', retry: false },
  STORAGE_FAILED: { class: 'storage', retry: false },
  STORE_CLOSED: { class: 'unavailable', retry: true },
  STORE_FULL: { class: 'unavailable', retry: true },
  TARGET_REFUSED: { class: 'forbidden', retry: false },
  TEMPLATE_INVALID: { class: 'invalid', retry: false },
} as const

export type ErrorCode = keyof typeof ERRORS

export interface AppErrorOptions {
  /** What a program may read beside the message; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** An operating failure: `message` says what failed, the offending value in backquotes, and what would be right. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details ?? {}
  }

  get class(): ErrorClass {
    return ERRORS[this.code].class
  }

  get retry(): boolean {
    return ERRORS[this.code].retry
  }
}

export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code)
}

/** The message of anything thrown, with its chain of causes; for logs and the edge, once. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined
    ? error.message
    : `${error.message}: ${describeError(error.cause)}`
}

/** Makes the compiler refuse a switch that forgot a case. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value \`${String(value)}\``)
}
