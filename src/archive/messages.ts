// What passes between this process and the archives' thread, which answers in order, so that neither side needs
// ids. Errors travel as values: a thread boundary keeps no classes.

import type { BlockDraft } from './block.ts'
import type { ArchivedEvents, ArchiveRead, ArchiveStats } from './shelf.ts'

export interface WorkerSettings {
  readonly directory: string
}

export type ShelfRequest =
  | {
      readonly kind: 'append'
      readonly uid: string
      readonly draft: BlockDraft
      readonly timestamp: number
    }
  | { readonly kind: 'stats'; readonly uid: string }
  | { readonly kind: 'read'; readonly uid: string; readonly read: ArchiveRead }
  | { readonly kind: 'drop'; readonly uid: string; readonly timestamp: number }
  | { readonly kind: 'remove'; readonly uid: string }
  | { readonly kind: 'keep'; readonly uids: ReadonlySet<string> }
  | { readonly kind: 'close' }

export type ShelfAnswer =
  | { readonly kind: 'appended'; readonly isKept: boolean }
  | { readonly kind: 'stats'; readonly stats: ArchiveStats }
  | { readonly kind: 'events'; readonly events: ArchivedEvents }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string; readonly cause: string | undefined }

/** A log line of the thread, between its answers. */
export interface ShelfLine {
  readonly kind: 'line'
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type ShelfMessage = ShelfAnswer | ShelfLine
