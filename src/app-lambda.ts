// The Lambda API over the functions of this process.

import {
  type AwsOperation,
  type FunctionAnswer,
  type InvokeFunction,
  lambdaOperations,
} from './api/index.ts'
import type { AppOptions } from './app-options.ts'
import type { State } from './app-state.ts'
import type { Delivery } from './app-delivery.ts'
import type { Invoker, InvokeResult } from './connect/index.ts'
import { createFunctionUses } from './control/index.ts'

export function createLambda(
  { config, clock, random }: AppOptions,
  { resources, publisher, functions, code }: State,
  { ingress, sinks }: Pick<Delivery, 'ingress' | 'sinks'>,
): readonly AwsOperation[] {
  return lambdaOperations({
    functions: createFunctionUses({
      resources,
      publisher,
      clock,
      random,
      directory: functions,
      code,
      mayUpload: config.mode === 'dev' || config.functionUploads,
      accept: (events) => ingress.accept('aws', events),
    }),
    invoke: invokeThrough(sinks),
  })
}

function invokeThrough(invoker: Invoker): InvokeFunction {
  return async (arn, request, signal) => answerOf(await invoker.invoke(arn, request, signal))
}

function answerOf(result: InvokeResult): FunctionAnswer {
  const log = result.log === undefined ? {} : { log: result.log }
  if (result.kind === 'ok') return { kind: 'returned', payload: result.payload, ...log }
  const { failure, functionError } = result
  if (failure.code === 'NO_RESOURCE') return { kind: 'missing', message: failure.message }
  if (failure.code === 'THROTTLING') return { kind: 'throttled', message: failure.message }
  if (functionError === undefined) {
    const errorType = failure.code === 'TIMEOUT' ? 'Sandbox.Timedout' : 'Runtime.ExitError'
    return { kind: 'failed', error: { errorMessage: failure.message, errorType }, ...log }
  }
  const { name: errorType, message: errorMessage, trace = [] } = functionError
  return { kind: 'failed', error: { errorMessage, errorType, trace }, ...log }
}
