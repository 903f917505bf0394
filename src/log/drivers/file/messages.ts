// What passes between the log and its worker threads. Each worker answers its requests in order, so that
// neither side needs ids. Errors travel as values: a thread boundary keeps no classes.

import type { ReadAnswer, ReadRequest, SegmentPart } from './segment-reader.ts'
import type { SegmentStoreOptions, StoreState, WriteResult } from './segment-store.ts'

export type StoreSettings = Pick<
  SegmentStoreOptions,
  'directory' | 'segmentSizeBytesMax' | 'verify' | 'freeBytesMin'
>

export type WorkerSettings =
  | { readonly role: 'writer'; readonly settings: StoreSettings }
  | { readonly role: 'reader'; readonly directory: string }

export type WriterRequest =
  | { readonly kind: 'open'; readonly knownDurable: number }
  | { readonly kind: 'commit'; readonly buffer: ArrayBuffer; readonly sizeBytes: number }
  | { readonly kind: 'remove'; readonly bases: readonly number[] }
  | { readonly kind: 'close' }

export type ReaderRequest =
  | { readonly kind: 'read'; readonly request: ReadRequest }
  | { readonly kind: 'offsetAt'; readonly segment: SegmentPart; readonly timestamp: number }
  | { readonly kind: 'forget'; readonly bases: readonly number[] }
  | { readonly kind: 'close' }

export type WorkerRequest = WriterRequest | ReaderRequest

export type WorkerAnswer =
  | { readonly kind: 'opened'; readonly state: StoreState }
  | { readonly kind: 'commit'; readonly result: WriteResult; readonly buffer: ArrayBuffer }
  | { readonly kind: 'read'; readonly answer: ReadAnswer }
  | { readonly kind: 'offsetAt'; readonly offset: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string; readonly cause: string | undefined }

/** A log line of the worker, between its answers. */
export interface WorkerLine {
  readonly kind: 'line'
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type WorkerMessage = WorkerAnswer | WorkerLine
