// Asking a service and waiting for its answer, as the enrichment of a pipe does: a function, or an express state
// machine. Every other service takes messages and answers nothing of use.

import { createHash } from 'node:crypto'
import type { Arn } from '../../../model/index.ts'
import type { FunctionError, InvokeRequest, InvokeResult } from '../../invoke.ts'
import type { AwsOutput } from './caller.ts'
import { resultOfError } from './outcome.ts'

export interface Question {
  readonly service: string
  readonly action: string
  readonly input: object
  readonly read: (output: AwsOutput) => InvokeResult
}

/** The call that asks; undefined where there is none. */
export function questionOf(
  arn: Arn,
  address: string,
  { payload, withLog = false }: InvokeRequest,
): Question | undefined {
  if (arn.service === 'lambda') {
    const input = {
      FunctionName: address,
      InvocationType: 'RequestResponse',
      LogType: withLog ? 'Tail' : 'None',
      Payload: payload,
    }
    return { service: 'lambda', action: 'Invoke', input, read: readFunction }
  }
  if (arn.service !== 'states') return undefined
  const text = Buffer.from(payload).toString()
  const name = createHash('sha256').update(payload).digest('hex')
  const input = { stateMachineArn: address, input: text, name }
  return { service: 'states', action: 'StartSyncExecution', input, read: readExecution }
}

export function failedAnswer(error: unknown): InvokeResult {
  const result = resultOfError(error)
  const failure =
    result.kind === 'delivered' ? { code: 'INTERNAL_ERROR', message: '' } : result.failure
  return { kind: 'failed', failure, isFinal: result.kind === 'dead' }
}

function readFunction({
  Payload: payload,
  FunctionError: kind,
  LogResult: log,
}: AwsOutput): InvokeResult {
  const bytes = payload instanceof Uint8Array ? payload : new Uint8Array(0)
  const printed = typeof log === 'string' ? { log: Buffer.from(log, 'base64').toString() } : {}
  if (kind === undefined) return { kind: 'ok', payload: bytes, ...printed }
  const functionError = errorOf(bytes)
  const message = `${functionError.name}: ${functionError.message}`
  const failure = { code: 'FUNCTION_ERROR', message }
  return { kind: 'failed', failure, isFinal: false, functionError, ...printed }
}

function errorOf(payload: Uint8Array): FunctionError {
  const text = Buffer.from(payload).toString()
  try {
    const { errorType, errorMessage, trace } = JSON.parse(text) as Record<string, unknown>
    return {
      name: typeof errorType === 'string' ? errorType : 'Error',
      message: typeof errorMessage === 'string' ? errorMessage : text,
      ...(Array.isArray(trace) ? { trace: trace.map(String) } : {}),
    }
  } catch {
    // A runtime that ended without its last words.
    return { name: 'Error', message: text }
  }
}

function readExecution({ status, output, error, cause }: AwsOutput): InvokeResult {
  if (status === 'SUCCEEDED' && typeof output === 'string') {
    return { kind: 'ok', payload: Buffer.from(output) }
  }
  const message = `the execution did not succeed: ${JSON.stringify({ status, error, cause })}`
  return { kind: 'failed', failure: { code: 'FUNCTION_ERROR', message }, isFinal: false }
}
