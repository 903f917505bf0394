// What an operation is to the framing: a name in the tables and a function from checked input to output.

import type { ServiceName } from './shapes.ts'
import type { Input } from './validate.ts'

export interface OperationContext {
  /** Twelve digits. */
  readonly account: string
  readonly region: string
  readonly accessKeyId: string
  /** What the audit log calls the caller; made when asked for. */
  readonly who: string | undefined
  readonly requestId: string
  readonly protocol: 'json' | 'query' | 'rest'
  /** How the caller reached us, `http://localhost:4566`: what URLs in answers begin with. */
  readonly endpoint: string
  /** The trace that the request is part of, as its `X-Amzn-Trace-Id` says. */
  readonly traceHeader?: string
  /** Aborts when the client goes away or the server begins to drain. */
  readonly signal: AbortSignal
}

/** A value of the operation's output shape, or (JSON protocol only) its JSON text already encoded. */
export type Output = object | string

export interface AwsOperation {
  /** Unsigned requests may call it: what its input names is known to those only who may. */
  readonly isOpen?: boolean
  readonly service: ServiceName
  readonly operation: string
  /** `input` has passed the tables' validation. */
  handle(input: Input, context: OperationContext): Output | Promise<Output>
}

/** An operation whose input shape the tables guarantee to be `I`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a handler's input type is the point
export function operation<I>(
  service: ServiceName,
  name: string,
  handle: (input: I, context: OperationContext) => Output | Promise<Output>,
): AwsOperation {
  return {
    service,
    operation: name,
    // The validator compiled from the same table row has checked every member that `I` names.
    handle: (input, context) => handle(input as I, context),
  }
}

/** An operation that unsigned requests may call. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a handler's input type is the point
export function openOperation<I>(...parameters: Parameters<typeof operation<I>>): AwsOperation {
  return { ...operation<I>(...parameters), isOpen: true }
}
