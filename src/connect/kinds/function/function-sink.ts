// The sink kind of functions: `arn:aws:lambda:…:function:NAME`, with or without a version or alias behind it,
// and `function:NAME`. What a function is, is looked up at every send, so that a change counts at once.

import { parseArn, type FunctionSpec } from '../../../model/index.ts'
import type { Sink, SinkFailure, SinkKind, SinkMessage, SinkResult } from '../../sink.ts'
import type { Executables } from './function-process.ts'
import { FunctionPool, type FunctionPoolOptions, type InvokeResult } from './function-pool.ts'
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

function openFunctionSink(options: FunctionSinkOptions, address: string): Sink {
  const executables = { node: process.execPath, python: 'python3', ...options.executables }
  const pool = new FunctionPool({ ...options, executables })
  async function sendOne(message: SinkMessage, signal: AbortSignal): Promise<SinkResult> {
    const spec = options.find(address)
    if (spec === undefined) return dead('NO_RESOURCE', `function \`${address}\` does not exist`)
    if (message.body.length > PAYLOAD_SIZE_BYTES_MAX) {
      return dead(
        'SDK_CLIENT_ERROR',
        `expected an event of at most ${PAYLOAD_SIZE_BYTES_MAX} bytes for function \`${spec.name}\`, got \`${message.body.length}\``,
      )
    }
    const { traceHeader } = message.event.meta()
    const request = {
      payload: message.body,
      ...(traceHeader === undefined ? {} : { traceHeader }),
    }
    return toSinkResult(await pool.invoke(spec, request, signal))
  }
  return {
    batchMax: 1,
    get concurrencyMax() {
      return options.find(address)?.concurrency ?? 1
    },
    send: (batch, signal) => Promise.all(batch.map((message) => sendOne(message, signal))),
    close: () => pool.close(),
  }
}

function toSinkResult(result: InvokeResult): SinkResult {
  switch (result.kind) {
    case 'returned':
      return { kind: 'delivered' }
    case 'timeout':
      return retry({ code: 'TIMEOUT', message: result.message })
    case 'throttled':
      return retry({ code: 'THROTTLING', message: result.message })
    case 'failed':
    case 'exited':
    case 'aborted':
    case 'unloadable':
      return retry({ code: 'FUNCTION_ERROR', message: result.message })
  }
}

function retry(failure: SinkFailure): SinkResult {
  return { kind: 'retry', failure }
}

function dead(code: string, message: string): SinkResult {
  return { kind: 'dead', failure: { code, message } }
}
