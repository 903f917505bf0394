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

const CODES: Readonly<Record<FunctionFaultCode, ErrorCode>> = {
  AccessDeniedException: 'ACCESS_DENIED',
  InvalidParameterValueException: 'REQUEST_INVALID',
  InvalidRequestContentException: 'REQUEST_INVALID',
  PreconditionFailedException: 'RESOURCE_CONFLICT',
  RequestTooLargeException: 'REQUEST_TOO_LARGE',
  ResourceConflictException: 'RESOURCE_EXISTS',
  ResourceNotFoundException: 'FUNCTION_NOT_FOUND',
  TooManyRequestsException: 'OVERLOADED',
}

/** An AppError with `details.awsCode`. */
export function functionFault(
  awsCode: FunctionFaultCode,
  message: string,
  cause?: unknown,
): AppError {
  return new AppError(CODES[awsCode], message, {
    details: { awsCode },
    ...(cause === undefined ? {} : { cause }),
  })
}
