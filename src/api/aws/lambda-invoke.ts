// Invoke: now, with the answer or how the function failed; later, durably; or not at all, to see whether one may.

import type { FunctionUses } from '../../control/index.ts'
import { functionArn } from '../../model/index.ts'
import { awsFault } from './faults.ts'
import { functionName } from './lambda-name.ts'
import { type AwsOperation, operation } from './operation.ts'

/** How one invocation ended. */
export type FunctionAnswer =
  | { readonly kind: 'returned'; readonly payload: Uint8Array; readonly log?: string }
  /** The function ran and failed, or could not be run. */
  | { readonly kind: 'failed'; readonly error: FunctionFailure; readonly log?: string }
  | { readonly kind: 'throttled' | 'missing'; readonly message: string }

export interface FunctionFailure {
  readonly errorMessage: string
  readonly errorType?: string
  readonly trace?: readonly string[]
}

export type InvokeFunction = (
  arn: string,
  request: {
    readonly payload: Uint8Array
    readonly traceHeader?: string
    readonly withLog: boolean
  },
  signal: AbortSignal,
) => Promise<FunctionAnswer>

interface InvokeInput {
  readonly FunctionName: string
  readonly Qualifier?: string
  readonly InvocationType?: string
  readonly LogType?: string
  /** Base64. */
  readonly Payload?: string
}

const ACCEPTED = 202
const NO_CONTENT = 204

export function invokeOperation(functions: FunctionUses, invoke: InvokeFunction): AwsOperation {
  return operation<InvokeInput>('lambda', 'Invoke', async (input, context) => {
    const { scope, name } = functionName(input.FunctionName, context, input.Qualifier)
    const payload = checkedPayload(input.Payload)
    await functions.get(scope, name)
    const { traceHeader } = context
    const trace = traceHeader === undefined ? {} : { traceHeader }
    switch (input.InvocationType ?? 'RequestResponse') {
      case 'DryRun':
        return { StatusCode: NO_CONTENT }
      case 'Event':
        await functions.invokeLater(scope, name, { payload: payload.toString(), ...trace })
        return { StatusCode: ACCEPTED, Payload: Buffer.alloc(0) }
      default: {
        const withLog = input.LogType === 'Tail'
        const request = { payload, withLog, ...trace }
        return encodeAnswer(await invoke(functionArn(scope, name), request, context.signal))
      }
    }
  })
}

/** JSON, as Lambda wants it; nothing is an empty object. */
function checkedPayload(base64: string | undefined): Buffer {
  const payload = Buffer.from(base64 ?? '', 'base64')
  if (payload.length === 0) return Buffer.from('{}')
  try {
    JSON.parse(payload.toString())
    return payload
  } catch (error) {
    throw awsFault(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${error instanceof Error ? error.message : ''}`,
    )
  }
}

function encodeAnswer(answer: FunctionAnswer): object {
  switch (answer.kind) {
    case 'missing':
      throw awsFault('ResourceNotFoundException', answer.message, 404)
    case 'throttled':
      throw awsFault('TooManyRequestsException', 'Rate Exceeded.', 429)
    case 'returned':
      return { StatusCode: 200, Payload: answer.payload, ...common(answer.log) }
    case 'failed':
      return {
        StatusCode: 200,
        FunctionError: 'Unhandled',
        Payload: Buffer.from(JSON.stringify(answer.error)),
        ...common(answer.log),
      }
  }
}

function common(log: string | undefined): object {
  return {
    ExecutedVersion: '$LATEST',
    LogResult: log === undefined ? undefined : Buffer.from(log).toString('base64'),
  }
}
