// All that a memory store holds, apart from the store itself, so that a simulator can kill the one and open
// another over what had been committed.

import type { AttemptRow, DeliveryRow, ReaderCursor } from '../../deliveries.ts'
import type { LogReference, MessageWrite } from '../../messages.ts'
import type { StoredChange, StoredRow } from '../../stored-rows.ts'

export interface StoredMessage extends Omit<MessageWrite, 'body'> {
  readonly body?: Uint8Array
  readonly reference?: LogReference
  readonly sequence: number
  readonly firstReceivedAt: number
  readonly receiveCount: number
  readonly receivedElsewhere: number
  readonly movedFrom?: string
}

export interface Deduplication {
  readonly id: string
  readonly sequence: number
  readonly until: number
}

export interface MemoryStoreState {
  revision: number
  compacted: number
  readonly rows: Map<string, StoredRow>
  changes: StoredChange[]
  readonly cursors: Map<string, ReaderCursor>
  readonly deliveries: Map<string, DeliveryRow>
  attempts: AttemptRow[]
  sequence: number
  /** By queue, then by sequence. */
  readonly messages: Map<string, Map<number, StoredMessage>>
  /** By queue, then by deduplication id. */
  readonly deduplications: Map<string, Map<string, Deduplication>>
  dedupeEntries: Uint8Array
  dedupeWatermark: number
}

export function createMemoryStoreState(): MemoryStoreState {
  return {
    revision: 0,
    compacted: 0,
    rows: new Map(),
    changes: [],
    cursors: new Map(),
    deliveries: new Map(),
    attempts: [],
    sequence: 0,
    messages: new Map(),
    deduplications: new Map(),
    dedupeEntries: new Uint8Array(0),
    dedupeWatermark: 0,
  }
}
