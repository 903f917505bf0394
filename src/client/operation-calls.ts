// Operations, as our own API shows and begins them.

import { formatQuery } from './query.ts'
import type { Transport } from './transport.ts'

export interface OperationView {
  readonly id: string
  readonly action: 'redrive' | 'purge' | 'replay' | 'mirror'
  readonly over: string
  readonly filter: Readonly<Record<string, string>>
  readonly perSecond?: number
  /** Absent for a replay of an earlier version. */
  readonly who?: string
  readonly state: 'RUNNING' | 'CANCELLING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  /** What matched when it began; what was looked at; what of it was done. */
  readonly total: number
  readonly seen: number
  readonly changed: number
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly reason?: string
}

export interface OperationWish {
  readonly action: 'redrive' | 'purge'
  readonly over: 'deliveries' | 'queue'
  /** A second. */
  readonly rate?: string | undefined
  readonly bus?: string | undefined
  readonly rule?: string | undefined
  readonly target?: string | undefined
  readonly error?: string | undefined
  readonly queue?: string | undefined
  readonly to?: string | undefined
}

export interface OperationCalls {
  /** The newest first. */
  listOperations(signal?: AbortSignal): Promise<readonly OperationView[]>
  getOperation(id: string, signal?: AbortSignal): Promise<OperationView>
  startOperation(wish: OperationWish, signal?: AbortSignal): Promise<OperationView>
  /** How many it would go over. */
  previewOperation(wish: OperationWish, signal?: AbortSignal): Promise<number>
  /** It has ended when it resolves. */
  cancelOperation(id: string, signal?: AbortSignal): Promise<OperationView>
  /** A dead delivery with its event. */
  getDead(id: string, signal?: AbortSignal): Promise<object>
}

/** `prefix` is that of our own API. */
export function createOperationCalls(transport: Transport, prefix: string): OperationCalls {
  const base = `${prefix}/operations`
  const get = async <T>(path: string, signal: AbortSignal | undefined): Promise<T> =>
    (await transport.json({ method: 'GET', path, signal })) as T
  const post = async <T>(path: string, body: object, signal?: AbortSignal): Promise<T> =>
    (await transport.json({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })) as T
  return {
    listOperations: async (signal) =>
      (await get<{ readonly items: readonly OperationView[] }>(base, signal)).items,
    getOperation: (id, signal) => get(`${base}/operation?${formatQuery({ id })}`, signal),
    startOperation: (wish, signal) => post(`${base}/start`, wish, signal),
    previewOperation: async (wish, signal) =>
      (await post<{ readonly matching: number }>(`${base}/preview`, wish, signal)).matching,
    cancelOperation: (id, signal) => post(`${base}/cancel?${formatQuery({ id })}`, {}, signal),
    getDead: (id, signal) => get(`${prefix}/deliveries/dead?${formatQuery({ id })}`, signal),
  }
}
