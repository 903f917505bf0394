// An API destination as its sink sees it at the time of a call.

import type { ApiDestinationSpec, ConnectionSecrets } from '../model/index.ts'
import type { SinkFailure } from './sink.ts'

export interface Destination {
  /** Each `*` of its path stands for a value that the target gives. */
  readonly endpoint: string
  readonly method: ApiDestinationSpec['method']
  readonly ratePerSecondMax: number
  readonly connection: ConnectionSecrets & {
    readonly key: string
    readonly version: string
  }
}

export type DestinationLookup =
  | { readonly kind: 'found'; readonly destination: Destination }
  /** It is gone, or its connection may not be used. */
  | { readonly kind: 'refused'; readonly failure: SinkFailure }

/** How the destination of an ARN is called just now; read anew for each call, so that a change counts at once. */
export type FindDestination = (arn: string) => Promise<DestinationLookup>
