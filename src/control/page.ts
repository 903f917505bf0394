// Pages of a sorted list. A token names the last item given, so a page goes on where the one before ended,
// whatever came or went meanwhile.

import { fault } from './faults.ts'
import { PAGE_SIZE_MAX, PAGE_TOKEN_LENGTH_MAX } from './limits.ts'

export interface PageRequest {
  readonly limit?: number | undefined
  readonly token?: string | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Present when there is more. */
  readonly nextToken?: string
}

/** One page of `items`, which are sorted by `keyOf`. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  request: PageRequest,
): Page<T> {
  const after = request.token === undefined ? undefined : decodeToken(request.token)
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after)
  const size = Math.min(request.limit ?? PAGE_SIZE_MAX, PAGE_SIZE_MAX)
  const page = rest.slice(0, size)
  const last = page.at(-1)
  return last !== undefined && rest.length > size
    ? { items: page, nextToken: encodeToken(keyOf(last)) }
    : { items: page }
}

function encodeToken(key: string): string {
  return Buffer.from(JSON.stringify({ after: key })).toString('base64url')
}

function decodeToken(token: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (typeof value === 'object' && value !== null && 'after' in value) {
      if (typeof value.after === 'string' && token.length <= PAGE_TOKEN_LENGTH_MAX) {
        return value.after
      }
    }
  } catch {
    // Not one of ours; told below with every other such token.
  }
  throw fault('page-token-invalid', { token: token.slice(0, 100) })
}
