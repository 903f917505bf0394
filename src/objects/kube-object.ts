// An object as Kubernetes has it: what the object machinery keeps, whatever its kind.

import type { ManagedFieldsEntry } from '../patch/index.ts'

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: KubeMetadata
  /** spec, status, data …: whatever the kind has. */
  readonly [field: string]: unknown
}

export interface KubeMetadata {
  readonly name: string
  readonly generateName?: string
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  /** RFC 3339, seconds. */
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly KubeOwner[]
  readonly managedFields?: readonly ManagedFieldsEntry[]
}

export interface KubeOwner {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** Names one object. There is no `namespace` for cluster-scoped kinds. */
export interface KubeKey {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
}

export function keyOf({ apiVersion, kind, metadata }: KubeObject): KubeKey {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
}
