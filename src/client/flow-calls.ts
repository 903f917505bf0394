// The calls of our own API that are about workflows.

import { formatQuery } from './query.ts'
import type { Transport } from './transport.ts'

export interface FlowView {
  readonly namespace?: string
  readonly name: string
  readonly template: string
  readonly phase: 'Pending' | 'Refused' | 'Running' | 'Completed' | 'Failed' | 'Cancelled'
  readonly step?: string
  readonly stepsCompleted: number
  readonly stepsTotal: number
  readonly resourcesCreated: number
  /** Milliseconds since the Unix epoch. */
  readonly startedAt?: number
  readonly endedAt?: number
  readonly message?: string
}

export interface FlowStepView {
  readonly name: string
  readonly phase: string
  readonly attempt: number
  readonly startedAt?: number
  readonly endedAt?: number
  readonly wakeAt?: number
  readonly message?: string
  readonly resources: readonly {
    readonly name: string
    readonly kind: string
    readonly phase: string
    readonly message?: string
  }[]
}

export interface FlowReport extends FlowView {
  readonly steps: readonly FlowStepView[]
  readonly history: readonly {
    readonly sequence: number
    readonly at: number
    readonly what: string
    readonly step?: string
    readonly message?: string
  }[]
}

export interface FlowRef {
  readonly namespace?: string | undefined
  readonly name: string
}

export interface FlowStart {
  readonly template: string
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface FlowCalls {
  flows(namespace: string | undefined, signal: AbortSignal): Promise<readonly FlowView[]>
  flow(ref: FlowRef, signal: AbortSignal): Promise<FlowReport>
  startFlow(flow: FlowStart, signal: AbortSignal): Promise<FlowRef>
  retryFlow(ref: FlowRef, signal: AbortSignal): Promise<FlowReport>
  cancelFlow(ref: FlowRef, signal: AbortSignal): Promise<FlowReport>
}

/** `prefix` is that of our own API. */
export function createFlowCalls(transport: Transport, prefix: string): FlowCalls {
  const flows = `${prefix}/flows`
  const call = async <T>(
    method: 'GET' | 'POST',
    path: string,
    { signal, body }: { readonly signal: AbortSignal; readonly body?: object },
  ): Promise<T> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    return (await transport.json({ method, path, signal, ...sent })) as T
  }
  return {
    async flows(namespace, signal) {
      const path = `${flows}?${formatQuery({ namespace })}`
      return (await call<{ readonly items: readonly FlowView[] }>('GET', path, { signal })).items
    },
    flow: (ref, signal) => call('GET', `${flows}/flow?${formatQuery({ ...ref })}`, { signal }),
    startFlow: (flow, signal) => call('POST', `${flows}/start`, { signal, body: flow }),
    retryFlow: (ref, signal) =>
      call('POST', `${flows}/retry?${formatQuery({ ...ref })}`, { signal }),
    cancelFlow: (ref, signal) =>
      call('POST', `${flows}/cancel?${formatQuery({ ...ref })}`, { signal }),
  }
}
