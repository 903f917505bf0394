// What a connection needs of OAuth: a token of the client credentials grant, kept while it is good.

import type { Authorization } from '../model/index.ts'
import type { SinkFailure } from './sink.ts'

export interface TokenRequest {
  /** Whose token it is. */
  readonly key: string
  /** Another version of the same key has other credentials. */
  readonly version: string
  readonly authorization: Extract<Authorization, { readonly kind: 'oauth' }>
}

export type TokenResult =
  /** `value` is what stands in an `Authorization` header. */
  | { readonly kind: 'token'; readonly value: string }
  | {
      readonly kind: 'failed'
      readonly failure: SinkFailure
      /** The endpoint refused: asking again cannot help. */
      readonly isFinal: boolean
      readonly afterMs?: number
    }

export interface TokenSource {
  /** The token that is kept, or a new one; many who ask at one time make one request. Never rejects. */
  get(request: TokenRequest, signal: AbortSignal): Promise<TokenResult>
  /** A target refused this token: the next `get` asks anew. */
  refuse(request: TokenRequest, value: string): void
  /** The key's owner was changed or is gone. */
  forget(key: string): void
}
