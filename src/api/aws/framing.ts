// How a request is told apart and a response is written in each of AWS's protocols. A framing turns the
// outcome of an operation into bytes; it knows nothing of what the operation does.

import type { HttpResponse } from '../http/exchange.ts'
import { type AwsError, LEGACY_SQS_CODES } from './errors.ts'
import type { Output } from './operation.ts'
import { encodeQueryError, encodeQueryResult } from './query-encode.ts'
import { encodeRest } from './rest-encode.ts'
import { type OperationShape, SERVICES, type ServiceName } from './shapes.ts'

export interface Framing {
  readonly protocol: 'json' | 'query' | 'rest'
  success(output: Output): HttpResponse
  failure(error: AwsError): HttpResponse
}

interface FramingOptions {
  readonly requestId: string
  /** For metrics. */
  readonly operation: string
}

export function jsonFraming(service: ServiceName | undefined, options: FramingOptions): Framing {
  const version = service === undefined ? '1.1' : (SERVICES[service].metadata.jsonVersion ?? '1.1')
  const headers = {
    'Content-Type': `application/x-amz-json-${version}`,
    'x-amzn-RequestId': options.requestId,
  }
  const { operation } = options
  return {
    protocol: 'json',
    success: (output) => ({
      status: 200,
      headers,
      body: typeof output === 'string' ? output : JSON.stringify(output),
      operation,
    }),
    failure: (error) => ({
      status: error.status,
      headers: { ...headers, ...errorHeaders(error), ...queryErrorHeader(service, error) },
      body: JSON.stringify({ __type: typeName(service, error.code), message: error.message }),
      operation,
    }),
  }
}

/** SQS qualifies its exceptions, as its clients since the query protocol expect. */
function typeName(service: ServiceName | undefined, code: string): string {
  return service === 'sqs' ? `com.amazonaws.sqs#${code}` : code
}

/** What the query protocol calls an exception, where the JSON protocol of the same service names it otherwise. */
function legacyCode(service: ServiceName, code: string): string {
  if (service === 'sqs') return LEGACY_SQS_CODES[code] ?? code
  return service === 'monitoring' ? code.replace(/Exception$/, '') : code
}

function queryErrorHeader(
  service: ServiceName | undefined,
  error: AwsError,
): Readonly<Record<string, string>> {
  if (service !== 'sqs' && service !== 'monitoring') return {}
  const fault = error.status < 500 ? 'Sender' : 'Receiver'
  return { 'x-amzn-query-error': `${legacyCode(service, error.code)};${fault}` }
}

export function queryFraming(
  service: ServiceName,
  shape: OperationShape | undefined,
  options: FramingOptions,
): Framing {
  const model = SERVICES[service]
  const { requestId, operation } = options
  const headers = { 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId }
  return {
    protocol: 'query',
    success: (output) => {
      if (shape === undefined || typeof output === 'string') {
        throw new Error(`operation \`${operation}\` answered what the query protocol cannot say`)
      }
      const body = encodeQueryResult({ model, operation: shape, output, requestId })
      return { status: 200, headers, body, operation }
    },
    failure: (error) => {
      const code = legacyCode(service, error.code)
      const isSenderFault = error.status < 500
      const body = encodeQueryError({
        model,
        code,
        message: error.message,
        isSenderFault,
        requestId,
      })
      return {
        status: error.status,
        headers: { ...headers, ...errorHeaders(error) },
        body,
        operation,
      }
    },
  }
}

/** REST-JSON: the code stands in a header, and each service has its own form of body. */
export function restFraming(
  service: ServiceName | undefined,
  shape: OperationShape | undefined,
  options: FramingOptions,
): Framing {
  const { requestId, operation } = options
  const headers = { 'Content-Type': 'application/json', 'x-amzn-RequestId': requestId }
  return {
    protocol: 'rest',
    success(output) {
      const told = encodeRest(service, shape, output)
      return {
        status: told.status ?? shape?.http.responseCode ?? 200,
        headers: { ...headers, ...told.headers },
        body: told.body,
        operation,
      }
    },
    failure: (error) => ({
      status: error.status,
      headers: { ...headers, ...errorHeaders(error), 'x-amzn-ErrorType': error.code },
      body: JSON.stringify({ ...restErrorFields(service, error), Message: error.message }),
      operation,
    }),
  }
}

function restErrorFields(service: ServiceName | undefined, error: AwsError): object {
  if (service === 'schemas') return { Code: error.code }
  if (service === 'lambda') return { Type: error.status < 500 ? 'User' : 'Service' }
  return {}
}

function errorHeaders(error: AwsError): Readonly<Record<string, string>> {
  return error.retryAfterSeconds === undefined
    ? {}
    : { 'Retry-After': String(error.retryAfterSeconds) }
}
