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

const CODES: Readonly<Record<TopicFaultCode, ErrorCode>> = {
  AuthorizationError: 'ACCESS_DENIED',
  BatchEntryIdsNotDistinct: 'REQUEST_INVALID',
  BatchRequestTooLong: 'REQUEST_TOO_LARGE',
  EmptyBatchRequest: 'REQUEST_INVALID',
  InvalidBatchEntryId: 'REQUEST_INVALID',
  InvalidParameter: 'REQUEST_INVALID',
  NotFound: 'RESOURCE_NOT_FOUND',
  ResourceNotFound: 'RESOURCE_NOT_FOUND',
  TooManyEntriesInBatchRequest: 'REQUEST_INVALID',
}

/** An AppError with `details.awsCode`. */
export function topicFault(awsCode: TopicFaultCode, message: string): AppError {
  return new AppError(CODES[awsCode], message, { details: { awsCode } })
}

export function invalidParameter(reason: string): AppError {
  return topicFault('InvalidParameter', `Invalid parameter: ${reason}`)
}
