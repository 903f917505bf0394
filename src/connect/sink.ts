// The Sink contract: a place events go. A sink sends and says how it went; when to send, how often to retry
// and what to record is deliver's.

import type { StoredEvent } from '../event/index.ts'
import type { Target } from '../model/index.ts'

export interface SinkMessage {
  /** Stable over all attempts of this delivery: receivers de-duplicate by it. */
  readonly deliveryId: string
  readonly event: StoredEvent
  readonly eventId: string
  /** What to send: the envelope, or the target's transformed input. Shares memory with the log; do not change. */
  readonly body: Uint8Array
  readonly target: Target
  /** The body is all there is to send: the event was only made around it. */
  readonly isBodyOnly?: true
  /** 1 is the first. */
  readonly attempt: number
  /** What goes beside the body to where there is a place for it: attributes as SQS has them. */
  readonly attributes?: Readonly<Record<string, MessageAttribute>>
  /** Where `body` lies in the log, when it is the event as it is there and the log still keeps it. */
  readonly reference?: { readonly partition: number; readonly offset: number }
}

export interface MessageAttribute {
  readonly DataType: string
  readonly StringValue?: string
  /** Base64. */
  readonly BinaryValue?: string
}

/** Why a message was not taken. `code` is one of AWS's dead-letter codes where one fits. */
export interface SinkFailure {
  readonly code: string
  readonly message: string
}

export type SinkResult =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'retry'
      readonly failure: SinkFailure
      /** The target asked to be left alone this long (Retry-After). */
      readonly afterMs?: number
    }
  /** Trying again cannot help: no such resource, not permitted, refused as malformed. */
  | {
      readonly kind: 'dead'
      readonly failure: SinkFailure
      /** The target says that it is gone for good: nothing more is sent there until it is changed. */
      readonly isGone?: true
    }

export interface Sink {
  /** How many messages one `send` takes. */
  readonly batchMax: number
  /** How many sends may run at once; 1 keeps order. */
  readonly concurrencyMax: number
  /** How long a send may take before its target is taken for slow, milliseconds; a moment when absent. */
  readonly slowMs?: number
  /** What it takes goes into our own store, where a power cut takes it back together with the cursor. */
  readonly isOwnStore?: boolean
  /**
   * One result per message, in order. Never rejects for what the target does; a rejection is a bug and is
   * treated as `retry`. Must settle soon after `signal` aborts.
   */
  send(batch: readonly SinkMessage[], signal: AbortSignal): Promise<readonly SinkResult[]>
  close(): Promise<void>
}

export interface SinkKind {
  readonly name: string
  /** Whether this kind serves targets at `address` (an ARN or a URL). */
  serves(address: string): boolean
  /** Called once per distinct address; the sink is shared by all targets there. */
  open(address: string): Sink
}

/** The first kind in the list that serves an address opens its sink; `undefined` when none does. */
export function findSinkKind(kinds: readonly SinkKind[], address: string): SinkKind | undefined {
  return kinds.find((kind) => kind.serves(address))
}
