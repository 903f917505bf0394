// What one record of the audit log says, and the question for some of them.

import type { Audited } from '../base/index.ts'

/** Who did what, when, from where, to what, and how it ended. Nothing of the content: no data, no secrets. */
export interface AuditRecord extends Audited {
  /** Rises by one with each record, over restarts too. */
  readonly seq: number
  /** RFC 3339. */
  readonly time: string
}

export interface AuditQuery {
  /** Only records behind this one. */
  readonly after?: number
  readonly limit: number
  /** Milliseconds since the Unix epoch, included. */
  readonly since?: number
  /** Not included. */
  readonly until?: number
  readonly plane?: Audited['plane']
  readonly action?: string
  readonly who?: string
  readonly result?: Audited['result']
  /** A part of what it was done to. */
  readonly on?: string
}

export interface AuditPage {
  /** Oldest first; may be fewer than were asked for, and there are more. */
  readonly items: readonly AuditRecord[]
  /** Everything up to this one was looked at: behind it is where to go on. */
  readonly last: number
  readonly hasMore: boolean
}

export function isWanted(record: AuditRecord, query: AuditQuery): boolean {
  const { since, until, plane, action, who, result, on } = query
  if (plane !== undefined && record.plane !== plane) return false
  if (action !== undefined && record.action !== action) return false
  if (who !== undefined && record.who !== who) return false
  if (result !== undefined && record.result !== result) return false
  if (on !== undefined && !record.on.includes(on)) return false
  if (since === undefined && until === undefined) return true
  const time = Date.parse(record.time)
  return time >= (since ?? -Infinity) && time < (until ?? Infinity)
}
