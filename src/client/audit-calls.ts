// The audit log, as our own API shows it.

import { formatQuery } from './query.ts'
import type { Transport } from './transport.ts'

export interface AuditRecordView {
  readonly seq: number
  /** RFC 3339. */
  readonly time: string
  readonly plane: 'data' | 'control'
  readonly action: string
  readonly who: string
  readonly from: string
  readonly on: string
  readonly result: 'ok' | 'denied' | 'failed'
  readonly code?: string
  readonly count?: number
  readonly requestId?: string
}

export interface AuditFilter {
  /** RFC 3339. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly plane?: string | undefined
  readonly action?: string | undefined
  readonly who?: string | undefined
  readonly result?: string | undefined
  readonly on?: string | undefined
}

export interface AuditPageView {
  /** Oldest first; none does not mean that there are no more. */
  readonly items: readonly AuditRecordView[]
  /** Behind it is where to go on. */
  readonly last: number
  readonly hasMore: boolean
}

export interface AuditCalls {
  listAudit(
    query: AuditFilter & { readonly after?: number | undefined; readonly limit?: number },
    signal?: AbortSignal,
  ): Promise<AuditPageView>
}

/** `prefix` is that of our own API. */
export function createAuditCalls(transport: Transport, prefix: string): AuditCalls {
  return {
    listAudit: async (query, signal) =>
      (await transport.json({
        method: 'GET',
        path: `${prefix}/audit?${formatQuery({ ...query })}`,
        signal,
      })) as AuditPageView,
  }
}
