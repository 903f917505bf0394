// Failures of this dialect's own making, in AWS's words: what control never hears of.

import { AppError } from '../../base/index.ts'

/** A failure with an AWS error code of its own; the message goes to the caller as it is. */
export function awsFault(awsCode: string, message: string, status?: number): AppError {
  return new AppError('REQUEST_INVALID', message, {
    details: status === undefined ? { awsCode } : { awsCode, status },
  })
}

/** The request is not what the protocol can carry. */
export function malformed(message: string): AppError {
  return awsFault('SerializationException', message)
}

const JAVA_TYPES: Readonly<Record<string, string>> = {
  string: 'a String',
  blob: 'a ByteBuffer',
  boolean: 'a Boolean',
  integer: 'an Integer',
  long: 'a Long',
  float: 'a Float',
  double: 'a Double',
  timestamp: 'milliseconds since epoch',
}

/** A JSON value of the wrong type for the member it stands at. */
export function serializationFault(value: unknown, type: string): AppError {
  if (type === 'list') return malformed(`Expected list or null`)
  if (type === 'map' || type === 'structure') return malformed(`Expected ${type} or null`)
  if (Array.isArray(value)) return malformed('Start of list found where not expected')
  if (typeof value === 'object' && value !== null) {
    return malformed('Start of structure or map found where not expected.')
  }
  return malformed(`${tokenOf(value)} can not be converted to ${JAVA_TYPES[type] ?? type}`)
}

function tokenOf(value: unknown): string {
  if (value === null) return 'NULL_VALUE'
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
  if (typeof value !== 'number') return 'STRING_VALUE'
  return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
}
