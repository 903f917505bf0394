// What Lambda refuses, in Lambda's own words, because no other dialect makes functions in this way.

import { AppError, type ErrorCode } from '../base/index.ts'

export type FunctionFaultCode =
  | 'AccessDeniedException'
  | 'InvalidParameterValueException'
  | 'InvalidRequestContentException'
  | 'PreconditionFailedException'
  | 'RequestTooLargeException'
  | 'ResourceConflictException'
  | 'ResourceNotFoundException'
  | 'TooManyRequestsException'

interface FaultRow {
  readonly code: ErrorCode
  readonly status: number
}

const ROWS: Readonly<Record<FunctionFaultCode, FaultRow>> = {
  AccessDeniedException: { code: 'ACCESS_DENIED', status: 403 },
  InvalidParameterValueException: { code: 'REQUEST_INVALID', status: 400 },
  InvalidRequestContentException: { code: 'REQUEST_INVALID', status: 400 },
  PreconditionFailedException: { code: 'RESOURCE_CONFLICT', status: 412 },
  RequestTooLargeException: { code: 'REQUEST_TOO_LARGE', status: 413 },
  ResourceConflictException: { code: 'RESOURCE_EXISTS', status: 409 },
  ResourceNotFoundException: { code: 'FUNCTION_NOT_FOUND', status: 404 },
  TooManyRequestsException: { code: 'OVERLOADED', status: 429 },
}

/** An AppError with `details.awsCode` and `details.status`. */
export function functionFault(
  awsCode: FunctionFaultCode,
  message: string,
  cause?: unknown,
): AppError {
  const { code, status } = ROWS[awsCode]
  return new AppError(code, message, {
    details: { awsCode, status },
    ...(cause === undefined ? {} : { cause }),
  })
}
