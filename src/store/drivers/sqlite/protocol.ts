// What the main thread and the two workers say to each other. Each call takes one value and gives one.

import { AppError, type ErrorCode } from '../../../base/index.ts'
import type { ChangePage } from '../../change-feed.ts'
import type {
  AttemptRow,
  DeliveryCommit,
  DeliveryQuery,
  DeliveryRow,
  DueQuery,
  PendingTarget,
  ReaderCursor,
} from '../../deliveries.ts'
import type {
  LookedMessage,
  LookQuery,
  MessageCounts,
  MessageWrite,
  PackedMessages,
  ReferencedMessages,
  ReceivedMessage,
  ReceiveQuery,
  SentMessage,
} from '../../messages.ts'
import type { RowKey, RowQuery, RowTextPage } from '../../rows.ts'
import type { Store, StoreStats } from '../../store.ts'
import type { StoredChange, StoredPage, StoredRow, StoredWrite } from '../../stored-rows.ts'

/** One slice of a deletion that is too long for one transaction. */
export interface DeletedSlice {
  readonly deleted: number
  readonly isDone: boolean
}

export type VisibilityResults = Awaited<ReturnType<Store['messages']['changeVisibility']>>

export interface VisibilityChanges {
  readonly queue: string
  readonly changes: readonly { readonly receipt: string; readonly visibleAt: number }[]
  readonly now: number
}

/** Entries laid end to end, see dedupe-codec.ts. */
export interface PackedDedupe {
  readonly entries: Uint8Array
  readonly firstAt: number
  readonly lastAt: number
  readonly watermark: number
}

export interface WriteCalls {
  'rows.write': (writes: readonly StoredWrite[]) => number
  'rows.compact': (revision: number) => DeletedSlice
  'deliveries.commit': (commit: DeliveryCommit) => void
  'deliveries.pruneAttempts': (before: number) => DeletedSlice
  'messages.send': (messages: readonly MessageWrite[]) => readonly SentMessage[]
  'messages.sendPacked': (batch: PackedMessages) => void
  'messages.sendReferences': (batch: ReferencedMessages) => void
  'messages.receive': (query: ReceiveQuery) => readonly ReceivedMessage[]
  'messages.remove': (input: {
    readonly queue: string
    readonly receipts: readonly string[]
  }) => readonly boolean[]
  'messages.changeVisibility': (input: VisibilityChanges) => VisibilityResults
  'messages.purge': (input: {
    readonly queue: string
    readonly through: number | undefined
  }) => DeletedSlice & { readonly through: number }
  'messages.expire': (now: number) => DeletedSlice
  'dedupe.append': (packed: PackedDedupe) => void
  'dedupe.prune': (before: number) => void
  /** Writes something, so that the commit has something to make durable. */
  sync: (input: null) => void
}

export interface ReadCalls {
  'rows.get': (key: RowKey) => StoredRow | undefined
  'rows.list': (query: RowQuery) => StoredPage
  'rows.listTexts': (query: RowQuery) => RowTextPage
  'rows.changes': (input: {
    readonly after: number
    readonly kinds: readonly string[] | undefined
    readonly limit: number
  }) => ChangePage
  'deliveries.cursors': (reader: string | undefined) => readonly ReaderCursor[]
  'deliveries.due': (query: DueQuery) => readonly DeliveryRow[]
  'deliveries.pendingTargets': (input: null) => readonly PendingTarget[]
  'deliveries.list': (query: DeliveryQuery) => readonly DeliveryRow[]
  'deliveries.counts': (input: null) => { readonly pending: number; readonly dead: number }
  'deliveries.idsFrom': (input: {
    readonly partition: number
    readonly offset: number
  }) => readonly string[]
  'deliveries.attempts': (input: {
    readonly eventId: string
    readonly limit: number
  }) => readonly AttemptRow[]
  'messages.look': (query: LookQuery) => readonly LookedMessage[]
  'messages.counts': (input: { readonly queue: string; readonly now: number }) => MessageCounts
  'messages.oldestReference': (partition: number) => number | undefined
  'messages.nextVisibleAt': (input: {
    readonly queue: string
    readonly now: number
  }) => number | undefined
  'dedupe.load': (since: number) => {
    readonly chunks: readonly Uint8Array[]
    readonly watermark: number
  }
  stats: (input: null) => StoreStats
}

export interface Request {
  readonly id: number
  readonly call: string
  readonly input: unknown
}

export type ToWorker =
  /** The first one; nothing of the database is touched before. */
  | { readonly kind: 'open' }
  | { readonly kind: 'requests'; readonly requests: readonly Request[] }
  | { readonly kind: 'close' }

export interface Failure {
  readonly code: ErrorCode | undefined
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly failure?: Failure
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly revision: number }
  | {
      readonly kind: 'replies'
      readonly replies: readonly Reply[]
      /** What was committed with them, one list per revision. */
      readonly changes: readonly (readonly StoredChange[])[]
    }
  /** Nothing more is answered; with `isOpening` the database could not be opened at all. */
  | { readonly kind: 'fatal'; readonly isOpening: boolean; readonly failure: Failure }

export interface WorkerOptions {
  readonly role: 'writer' | 'reader'
  readonly path: string
  readonly sizeBytesMax: number | undefined
}

export function toFailure(error: unknown): Failure {
  if (error instanceof AppError)
    return { code: error.code, message: error.message, details: error.details }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: undefined, message, details: {} }
}

/** A failure without a code is a bug, and stays an Error. */
export function fromFailure({ code, message, details }: Failure): Error {
  return code === undefined ? new Error(message) : new AppError(code, message, { details })
}
