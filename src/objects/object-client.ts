// What controllers and use cases see of objects. The in-process objects implement it, and a real cluster can.

import type { Kind, Metadata, ResourceOf, SpecByKind } from '../model/index.ts'
import type { LabelRequirement } from '../store/index.ts'

export interface ObjectKey {
  readonly namespace: string
  readonly name: string
}

/** What a creator says; the rest of the metadata is made. */
export interface ObjectDraft<K extends Kind> extends ObjectKey {
  readonly spec: SpecByKind[K]
  readonly labels?: Metadata['labels']
  readonly annotations?: Metadata['annotations']
  readonly finalizers?: Metadata['finalizers']
  readonly ownerReferences?: Metadata['ownerReferences']
  readonly managedFields?: Metadata['managedFields']
}

export interface ObjectQuery {
  readonly namespace?: string
  readonly namePrefix?: string
  readonly labels?: readonly LabelRequirement[]
  /** 500 when absent; a page with more behind it has a `continueToken`. */
  readonly limit?: number
  readonly continueToken?: string
  /** The objects as they were then; `REVISION_COMPACTED` when that is no longer kept. */
  readonly resourceVersion?: string
}

export interface ObjectPage<K extends Kind> {
  readonly items: readonly ResourceOf<K>[]
  /** The version that all pages of one list show; a watch after it misses nothing. */
  readonly resourceVersion: string
  readonly continueToken?: string
}

export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

export interface ObjectChange<K extends Kind> {
  readonly type: 'put' | 'delete'
  /** For a delete: the object as it was, with the version of its deletion. */
  readonly object: ResourceOf<K>
  readonly before?: ResourceOf<K>
}

export interface ObjectWatch {
  readonly resourceVersion: string
  readonly signal: AbortSignal
}

export interface ObjectClient {
  get<K extends Kind>(kind: K, key: ObjectKey): Promise<ResourceOf<K> | undefined>
  list<K extends Kind>(kind: K, query: ObjectQuery): Promise<ObjectPage<K>>
  /** `RESOURCE_EXISTS` when the name is taken, `RESOURCE_INVALID` with all faults. */
  create<K extends Kind>(kind: K, draft: ObjectDraft<K>): Promise<ResourceOf<K>>
  /**
   * Replaces spec, labels, annotations, finalizers and owners; status stays. `RESOURCE_CONFLICT` unless the stored
   * version is the object's; an empty version replaces whatever is there.
   */
  update<K extends Kind>(kind: K, object: ResourceOf<K>): Promise<ResourceOf<K>>
  /** Replaces status alone, under the same condition. */
  updateStatus<K extends Kind>(kind: K, object: ResourceOf<K>): Promise<ResourceOf<K>>
  /** With finalizers the object is only marked; it goes with the update that takes the last one away. */
  delete(kind: Kind, key: ObjectKey, preconditions?: Preconditions): Promise<void>
  /** Every change after a version, once, in order; `REVISION_COMPACTED` when those are no longer kept. */
  watch<K extends Kind>(kind: K, watch: ObjectWatch): AsyncIterable<ObjectChange<K>>
}
