// The contract of providers: whoever turns an object into a thing outside.
//
// Each call may be made again at any time, also when the last one was cut off after it had its effect: a provider finds
// what it made by the object's uid.

import type { KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import type { JsonObject } from './json-tree.ts'

export interface ProviderConfig {
  readonly name: string
  readonly provider: string
  /** `spec` of the ProviderConfig. */
  readonly spec: JsonObject
  /** What the Secret that it names holds, by key. */
  readonly secret: Readonly<Record<string, string>>
}

export interface ProviderRequest {
  readonly object: KubeObject
  /** `spec.forProvider`, secrets filled in: not to be shown. */
  readonly wanted: JsonObject
  readonly config: ProviderConfig
  /** `status.atProvider` as it was last kept. */
  readonly known: JsonObject
  readonly mayCreate: boolean
  readonly mayUpdate: boolean
  readonly signal: AbortSignal
}

export type ProviderAnswer =
  | {
      readonly kind: 'ready' | 'pending'
      readonly id: string
      readonly arn?: string
      /** As the other side has it, without anything secret. */
      readonly properties: Json
      /** How to reach it; this may be secret. */
      readonly connection: Readonly<Record<string, string>>
      /** Kept for the next call. */
      readonly memory?: JsonObject
      readonly message?: string
    }
  /** It is on its way and has no id yet. */
  | { readonly kind: 'begun'; readonly memory: JsonObject; readonly message: string }
  /** What the other side had begun has failed; `memory` is kept for the next try. */
  | { readonly kind: 'failed'; readonly memory: JsonObject; readonly message: string }
  /** It is not there, and may not be made. */
  | { readonly kind: 'absent' }

export interface Provider {
  /** Makes the thing, or brings it into the form that is wanted. Rejects with an Error that says what is wrong. */
  apply(request: ProviderRequest): Promise<ProviderAnswer>
  /** Whether it is gone; asked again until it is. */
  remove(request: ProviderRequest): Promise<boolean>
}
