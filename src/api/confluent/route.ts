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
