// Client tokens of deletions that succeeded lately: a client that lost the answer asks again with the same token,
// and finds nothing left to delete.

import { RECENT_TOKENS_MAX } from './limits.ts'

export class RecentTokens {
  readonly #tokens = new Set<string>()

  has(token: string): boolean {
    return this.#tokens.has(token)
  }

  add(token: string): void {
    this.#tokens.add(token)
    if (this.#tokens.size <= RECENT_TOKENS_MAX) return
    const [oldest] = this.#tokens
    this.#tokens.delete(oldest!)
  }
}
