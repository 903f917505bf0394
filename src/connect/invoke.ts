// Invoking: sending one message and waiting for what the other side makes of it. A sink that can be asked offers
// `invoke` beside `send`, so that deliveries and invocations share its connections, its processes and its bounds.

import type { Sink, SinkFailure } from './sink.ts'

export interface InvokeRequest {
  readonly payload: Uint8Array
  /** `X-Amzn-Trace-Id`. */
  readonly traceHeader?: string
  /** What an address of HTTP is asked with besides. */
  readonly http?: HttpAdditions
  /** The end of what a function printed is wanted too. */
  readonly withLog?: boolean
}

export interface HttpAdditions {
  /** `POST` when absent. `GET`, `HEAD` and `DELETE` have no body. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  /** What stands for each `*` in the path, in order. */
  readonly pathValues?: readonly string[]
}

/** What a function's handler threw. */
export interface FunctionError {
  readonly name: string
  readonly message: string
  readonly trace?: readonly string[]
}

export type InvokeResult = { readonly log?: string } & (
  | {
      readonly kind: 'ok'
      readonly payload: Uint8Array
      /** Of an answer over HTTP. */
      readonly status?: number
    }
  | {
      readonly kind: 'failed'
      readonly failure: SinkFailure
      /** Asking again cannot help: no such resource, not permitted, refused as malformed. */
      readonly isFinal: boolean
      /** The other side asked to be left alone this long. */
      readonly afterMs?: number
      /** The function ran, and this is how it ended. */
      readonly functionError?: FunctionError
    }
)

export interface InvokingSink extends Sink {
  /** Never rejects for what the other side does. Must settle soon after `signal` aborts. */
  invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeResult>
}

/** Asks whatever is at an address. */
export interface Invoker {
  invoke(address: string, request: InvokeRequest, signal: AbortSignal): Promise<InvokeResult>
}

/** Asks the sink opened for `address`; `undefined` when no kind serves it. */
export async function invokeSink(
  sink: Sink | undefined,
  address: string,
  request: InvokeRequest,
  signal: AbortSignal,
): Promise<InvokeResult> {
  if (sink === undefined) return refused('NO_RESOURCE', `nothing serves \`${address}\``)
  if (!canInvoke(sink)) {
    return refused('SDK_CLIENT_ERROR', `\`${address}\` takes messages but gives no answers`)
  }
  return sink.invoke(request, signal)
}

function canInvoke(sink: Sink): sink is InvokingSink {
  return 'invoke' in sink
}

function refused(code: string, message: string): InvokeResult {
  return { kind: 'failed', failure: { code, message }, isFinal: true }
}
