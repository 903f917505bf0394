// The one way in which controllers and the Kubernetes dialect reach objects. The in-process machinery implements it,
// and so does a real cluster (room `cluster`), so that a controller cannot tell where it runs.
//
// A client acts as one user: whoever made it said which, and what that user may not do is refused with `Forbidden`.
// Every call rejects with a `KubeError` and with nothing else for what is the caller's or the object's fault.

import type { Json } from '../structure/index.ts'
import type { KubeKey, KubeObject } from './kube-object.ts'

/** A sort of object, as a manifest names it. */
export interface KubeType {
  /** `v1`, `batch/v1`. */
  readonly apiVersion: string
  readonly kind: string
}

export interface KubeQuery {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined
  /** Kubernetes' own syntax, `app=x,tier in (a,b),!old`. */
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continueToken?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: string
}

export interface KubeList {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
  readonly continueToken?: string
  readonly remainingItemCount?: number
}

/** A list for who passes it on: the JSON of each object, in pieces of several. */
export interface KubeTexts {
  readonly resourceVersion: string
  readonly pieces: AsyncIterable<readonly string[]>
}

export interface WriteOptions {
  /** Who owns the fields that this write sets. */
  readonly fieldManager?: string
  /** Everything is done but the storing. */
  readonly dryRun?: boolean
  /** What happens with unknown and doubled fields; `Warn` when absent. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  /** `status` writes the status and nothing else. */
  readonly subresource?: string
  /** Told what was let pass but should not be (`Warning:` of kubectl). */
  readonly onWarning?: (text: string) => void
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export interface PatchOptions extends WriteOptions {
  /** Server-side apply takes fields from other managers. */
  readonly force?: boolean
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: boolean
}

/** What a delete left: the object, marked, while finalizers hold it; nothing when it is gone. */
export interface Deleted {
  readonly uid: string
  readonly object?: KubeObject
}

export type KubeEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly isInitialEnd?: boolean }

export interface KubeWatch extends KubeQuery {
  readonly signal: AbortSignal
  /** After `Expired` the caller lists again. Absent or `0`: everything there comes first as ADDED. */
  readonly resourceVersion?: string
  readonly allowBookmarks?: boolean
  readonly sendInitialEvents?: boolean
}

export interface KubeClient {
  get(key: KubeKey): Promise<KubeObject | undefined>
  list(type: KubeType, query?: KubeQuery): Promise<KubeList>
  create(object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  /** With a resourceVersion: `Conflict` unless it is the stored one. */
  update(object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  /** `apply` creates what is not there. */
  patch(key: KubeKey, type: PatchType, patch: Json, options?: PatchOptions): Promise<KubeObject>
  delete(key: KubeKey, options?: DeleteOptions): Promise<Deleted>
  /**
   * Ends when the signal aborts; rejects with `Expired` when the version is no longer kept. What is wrong with the
   * question itself may be thrown at once.
   */
  watch(type: KubeType, watch: KubeWatch): AsyncIterable<KubeEvent>
}

/** What the objects of this process can besides. */
export interface LocalClient extends KubeClient {
  /** Every object that a query selects by labels and place; it knows no `limit` and no `fieldSelector`. */
  listTexts(type: KubeType, query?: KubeQuery): Promise<KubeTexts>
}
