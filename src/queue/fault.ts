// What SQS refuses, in SQS's own words: clients compare these codes and texts. An AppError whose details
// carry the SQS code, so that the dialect needs no table of messages of its own.

import { AppError, type ErrorCode } from '../base/index.ts'

export type QueueFaultCode =
  | 'BatchEntryIdsNotDistinct'
  | 'BatchRequestTooLong'
  | 'EmptyBatchRequest'
  | 'InvalidAttributeName'
  | 'InvalidAttributeValue'
  | 'InvalidBatchEntryId'
  | 'InvalidMessageContents'
  | 'InvalidParameterValue'
  | 'MessageNotInflight'
  | 'MissingParameter'
  | 'OverLimit'
  | 'QueueDoesNotExist'
  | 'QueueNameExists'
  | 'ReceiptHandleIsInvalid'
  | 'ResourceNotFoundException'
  | 'RequestThrottled'
  | 'TooManyEntriesInBatchRequest'
  | 'UnsupportedOperation'

const CODES: Readonly<Record<QueueFaultCode, ErrorCode>> = {
  BatchEntryIdsNotDistinct: 'REQUEST_INVALID',
  BatchRequestTooLong: 'REQUEST_TOO_LARGE',
  EmptyBatchRequest: 'REQUEST_INVALID',
  InvalidAttributeName: 'REQUEST_INVALID',
  InvalidAttributeValue: 'REQUEST_INVALID',
  InvalidBatchEntryId: 'REQUEST_INVALID',
  InvalidMessageContents: 'REQUEST_INVALID',
  InvalidParameterValue: 'REQUEST_INVALID',
  MessageNotInflight: 'REQUEST_INVALID',
  MissingParameter: 'REQUEST_INVALID',
  OverLimit: 'LIMIT_EXCEEDED',
  QueueDoesNotExist: 'QUEUE_NOT_FOUND',
  QueueNameExists: 'QUEUE_EXISTS',
  ReceiptHandleIsInvalid: 'REQUEST_INVALID',
  ResourceNotFoundException: 'RESOURCE_NOT_FOUND',
  RequestThrottled: 'OVERLOADED',
  TooManyEntriesInBatchRequest: 'REQUEST_INVALID',
  UnsupportedOperation: 'NOT_IMPLEMENTED',
}

/** An AppError with `details.awsCode`. */
export function queueFault(awsCode: QueueFaultCode, message: string): AppError {
  return new AppError(CODES[awsCode], message, { details: { awsCode } })
}

export function queueNotFound(): AppError {
  return queueFault('QueueDoesNotExist', 'The specified queue does not exist.')
}
