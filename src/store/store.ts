// The store: the second port for state. One SQL database (or memory, for tests), four narrow faces of it.

import type { DedupeStore } from './dedupe.ts'
import type { DeliveryStore } from './deliveries.ts'
import type { MessageStore } from './messages.ts'
import type { RowStore } from './rows.ts'

export interface StoreStats {
  readonly sizeBytes: number
  readonly revision: number
}

export interface Store {
  readonly rows: RowStore
  readonly deliveries: DeliveryStore
  readonly messages: MessageStore
  readonly dedupe: DedupeStore
  stats(): Promise<StoreStats>
  /** Resolves once everything committed so far would survive a power cut. */
  sync(): Promise<void>
  close(): Promise<void>
}
