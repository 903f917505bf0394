// The sink kind of functions: `arn:aws:lambda:…:function:NAME`, with or without a version or alias behind it,
// and `function:NAME`. What a function is, is looked up at every send, so that a change counts at once.

import { traceHeaderOf } from '../../../event/index.ts'
import { parseArn, type FunctionSpec } from '../../../model/index.ts'
import type { InvokeRequest, InvokeResult, InvokingSink } from '../../invoke.ts'
import type { SinkKind, SinkMessage, SinkResult } from '../../sink.ts'
import type { Executables } from './function-process.ts'
import { FunctionPool, type FunctionPoolOptions, type PoolResult } from './function-pool.ts'
import { PAYLOAD_SIZE_BYTES_MAX } from './limits.ts'

export interface FunctionSinkOptions extends Omit<FunctionPoolOptions, 'executables'> {
  /** The function at an address, which is an ARN without version or alias, or `function:NAME`. */
  readonly find: (address: string) => FunctionSpec | undefined
  /** This very Node and `python3` of the search path when absent. */
  readonly executables?: Partial<Executables>
}

const LOCAL_PREFIX = 'function:'

export function createFunctionSinkKind(options: FunctionSinkOptions): SinkKind {
  return {
    name: 'function',
    serves: (address) => functionAddress(address) !== undefined,
    open: (address) => openFunctionSink(options, functionAddress(address) ?? address),
  }
}

/** The address without version or alias; undefined when it is no function's. */
export function functionAddress(address: string): string | undefined {
  if (address.startsWith(LOCAL_PREFIX)) return address
  const arn = parseArn(address)
  if (arn?.service !== 'lambda') return undefined
  const [type, name] = arn.resource.split(':')
  if (type !== 'function' || name === undefined || name === '') return undefined
  return `arn:${arn.partition}:lambda:${arn.region}:${arn.account}:function:${name}`
}

function openFunctionSink(options: FunctionSinkOptions, address: string): InvokingSink {
  const executables = { node: process.execPath, python: 'python3', ...options.executables }
  const pool = new FunctionPool({ ...options, executables })
  async function invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeResult> {
    const spec = options.find(address)
    if (spec === undefined) return final('NO_RESOURCE', `function \`${address}\` does not exist`)
    if (request.payload.length > PAYLOAD_SIZE_BYTES_MAX) {
      return final(
        'SDK_CLIENT_ERROR',
        `expected an event of at most ${PAYLOAD_SIZE_BYTES_MAX} bytes for function \`${spec.name}\`, got \`${request.payload.length}\``,
      )
    }
    const { log, ...result } = await pool.invoke(spec, request, signal)
    return { ...toInvokeResult(result), ...(log === undefined ? {} : { log }) }
  }
  return {
    batchMax: 1,
    get concurrencyMax() {
      return options.find(address)?.concurrency ?? 1
    },
    invoke,
    send: (batch, signal) =>
      Promise.all(
        batch.map(async (message) => toSinkResult(await invoke(requestOf(message), signal))),
      ),
    close: () => pool.close(),
  }
}

function requestOf({ body, event }: SinkMessage): InvokeRequest {
  const traceHeader = traceHeaderOf(event.meta())
  return { payload: body, ...(traceHeader === undefined ? {} : { traceHeader }) }
}

function toInvokeResult(result: PoolResult): InvokeResult {
  switch (result.kind) {
    case 'returned':
      return { kind: 'ok', payload: result.result }
    case 'timeout':
      return again('TIMEOUT', result.message)
    case 'throttled':
      return again('THROTTLING', result.message)
    case 'failed': {
      const { error: functionError, message } = result
      return {
        ...again('FUNCTION_ERROR', message),
        ...(functionError === undefined ? {} : { functionError }),
      }
    }
    case 'exited':
    case 'aborted':
    case 'unloadable':
      return again('FUNCTION_ERROR', result.message)
  }
}

function toSinkResult(result: InvokeResult): SinkResult {
  if (result.kind === 'ok') return { kind: 'delivered' }
  return { kind: result.isFinal ? 'dead' : 'retry', failure: result.failure }
}

function again(code: string, message: string): InvokeResult {
  return { kind: 'failed', failure: { code, message }, isFinal: false }
}

function final(code: string, message: string): InvokeResult {
  return { kind: 'failed', failure: { code, message }, isFinal: true }
}
