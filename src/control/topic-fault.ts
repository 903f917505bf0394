// What SNS refuses, in SNS's own words, because no other dialect makes topics.

import { AppError, type ErrorCode } from '../base/index.ts'

export type TopicFaultCode =
  | 'AuthorizationError'
  | 'BatchEntryIdsNotDistinct'
  | 'BatchRequestTooLong'
  | 'EmptyBatchRequest'
  | 'InvalidBatchEntryId'
  | 'InvalidParameter'
  | 'NotFound'
  | 'ResourceNotFound'
  | 'TooManyEntriesInBatchRequest'

interface FaultRow {
  readonly code: ErrorCode
  readonly status: number
}

const ROWS: Readonly<Record<TopicFaultCode, FaultRow>> = {
  AuthorizationError: { code: 'ACCESS_DENIED', status: 403 },
  BatchEntryIdsNotDistinct: { code: 'REQUEST_INVALID', status: 400 },
  BatchRequestTooLong: { code: 'REQUEST_TOO_LARGE', status: 400 },
  EmptyBatchRequest: { code: 'REQUEST_INVALID', status: 400 },
  InvalidBatchEntryId: { code: 'REQUEST_INVALID', status: 400 },
  InvalidParameter: { code: 'REQUEST_INVALID', status: 400 },
  NotFound: { code: 'RESOURCE_NOT_FOUND', status: 404 },
  ResourceNotFound: { code: 'RESOURCE_NOT_FOUND', status: 404 },
  TooManyEntriesInBatchRequest: { code: 'REQUEST_INVALID', status: 400 },
}

/** An AppError with `details.awsCode` and `details.status`. */
export function topicFault(awsCode: TopicFaultCode, message: string): AppError {
  const { code, status } = ROWS[awsCode]
  return new AppError(code, message, { details: { awsCode, status } })
}

export function invalidParameter(reason: string): AppError {
  return topicFault('InvalidParameter', `Invalid parameter: ${reason}`)
}
