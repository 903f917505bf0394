// Every kind of sink, in the order in which they are asked for an address. Kinds that speak to our own rooms
// (queue, bus) are made by those who know the rooms and come as `local`, so that this room imports neither.

import type { Clock, Logger } from '../base/index.ts'
import type { Guard } from './guard.ts'
import { createFunctionSinkKind, type FunctionSinkOptions } from './kinds/function/function-sink.ts'
import { createHttpKind, type HttpKindOptions } from './kinds/http/http-sink.ts'
import { createLogKind, type WriteLogLine } from './kinds/log/log-sink.ts'
import type { SinkKind } from './sink.ts'

export interface SinkKindsOptions {
  readonly guard: Guard
  readonly clock: Clock
  readonly logger: Logger
  readonly local: readonly SinkKind[]
  /** No functions when absent. */
  readonly functions?: FunctionSinkOptions
  readonly http?: Omit<HttpKindOptions, 'guard' | 'clock'>
  readonly writeLogLine?: WriteLogLine
}

export function createSinkKinds(options: SinkKindsOptions): readonly SinkKind[] {
  const { guard, clock, logger, local, functions, http, writeLogLine } = options
  return [
    ...local,
    ...(functions === undefined ? [] : [createFunctionSinkKind(functions)]),
    createHttpKind({ ...http, guard, clock }),
    createLogKind({ logger, ...(writeLogLine === undefined ? {} : { write: writeLogLine }) }),
  ]
}
