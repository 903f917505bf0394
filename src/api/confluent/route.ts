// One row of the table of what is served.

import type { HttpResponse } from '../http/exchange.ts'
import type { ConfluentRegistry } from './deps.ts'

export interface ConfluentCall {
  readonly registry: ConfluentRegistry
  /** What stands in the place of each `*` of the path, decoded. */
  readonly names: readonly string[]
  readonly query: URLSearchParams
  /** A JSON object; empty when nothing came. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface ConfluentRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `*` stands for one part. */
  readonly path: string
  readonly operation: string
  handle(call: ConfluentCall): Promise<HttpResponse> | HttpResponse
}

/** Clients write it as their language does: `true`, `True`. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === 'true'
}

/** From `offset` on, at most `limit`; all when that is negative, absent or no number. */
export function pageIn<T>(query: URLSearchParams, items: readonly T[]): readonly T[] {
  const offset = Math.max(0, Number(query.get('offset') ?? 0) || 0)
  const limit = Number(query.get('limit') ?? -1)
  return items.slice(offset, limit >= 0 ? offset + limit : undefined)
}
