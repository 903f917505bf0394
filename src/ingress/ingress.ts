// Accepting events: what arrives here has been decoded and checked by its dialect or source; it is
// de-duplicated, appended, and acknowledged only once it is on disk.

import type { IngressDialect } from '../base/index.ts'
import type { EventKey } from '../event/index.ts'
import type { Position } from '../log/index.ts'

export interface IncomingEvent {
  readonly id: string
  readonly busKey: string
  /** As `encodeStoredEvent` made it. */
  readonly record: Uint8Array
  /** Events of one bus with one key inside the window are one event; absent = always a new one. */
  readonly dedupeKey?: string
  /** The same, where somebody has made it of the bus, the key and the content already. */
  readonly key?: EventKey
}

export type AcceptResult =
  | { readonly kind: 'accepted'; readonly id: string; readonly position: Position }
  /** The same event came before, inside the window: nothing was stored. */
  | { readonly kind: 'duplicate'; readonly id: string }
  /** The same key came before with other content. */
  | { readonly kind: 'clash'; readonly id: string }
  /** It is not as its bus wants events to be: nothing was stored. */
  | { readonly kind: 'refused'; readonly id: string; readonly faults: readonly string[] }

export interface AcceptOptions {
  /** How long the events may wait for others to share a flush with, milliseconds; not at all when absent. */
  readonly mayWaitMs?: number
}

export interface Ingress {
  /**
   * Resolves once every new event is durable. Rejects `OVERLOADED` (with `details.retryAfterMs`) when the
   * bytes waiting for the disk or the backlog of deliveries are over their limit, `LOG_FULL` when the disk is full;
   * either way none of them was kept.
   */
  accept(
    dialect: IngressDialect,
    events: readonly IncomingEvent[],
    options?: AcceptOptions,
  ): Promise<readonly AcceptResult[]>
}
