export type { DedupeStore } from './dedupe.ts'
export { DEDUPE_ENTRY_BYTES, DEDUPE_TIME_AT } from './dedupe-codec.ts'
export type {
  AttemptRow,
  DeliveryCommit,
  DeliveryQuery,
  DeliveryRow,
  DeliveryState,
  DeliveryStore,
  DueQuery,
  PendingTarget,
  ReaderCursor,
} from './deliveries.ts'
export type {
  LookedMessage,
  MessageCounts,
  MessageStore,
  MessageWrite,
  LogReference,
  PackedMessages,
  ReceivedMessage,
  ReceiveQuery,
  ReferencedMessages,
  SentMessage,
} from './messages.ts'
export type {
  LabelRequirement,
  Row,
  RowChange,
  RowKey,
  RowPage,
  RowTextPage,
  RowQuery,
  RowStore,
  RowWrite,
  WatchOptions,
} from './rows.ts'
export type { Store, StoreStats } from './store.ts'
export { Ledger, type CursorOwner, type LedgerOptions } from './ledger.ts'
export { openSqliteStore, type SqliteStoreOptions } from './drivers/sqlite/sqlite-store.ts'
export {
  openMemoryStore,
  type MemoryStore,
  type MemoryStoreOptions,
} from './drivers/memory/memory-store.ts'
export { sealAll, sealRows } from './sealed-rows.ts'
export { matchesLabels } from './labels.ts'
export { listAllRows } from './list-all-rows.ts'
