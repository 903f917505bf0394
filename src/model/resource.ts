// What every configured thing looks like, whichever dialect made it.

export interface Metadata {
  /** A DNS-1123 subdomain; for AWS resources a reversible encoding of region, bus and name. */
  readonly name: string
  /** The account, or `default` for account 000000000000. */
  readonly namespace: string
  readonly uid: string
  /** The store revision of the last write, decimal. */
  readonly resourceVersion: string
  /** Grows by one with each change of spec. */
  readonly generation: number
  /** RFC 3339, seconds. */
  readonly creationTimestamp: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  /** Who set which field, as server-side apply keeps it; nothing here reads it. */
  readonly managedFields?: readonly unknown[]
  readonly deletionTimestamp?: string
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

export interface Resource<Spec = unknown, Status = unknown> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly spec: Spec
  readonly status?: Status
}

export const API_VERSION = 'signalbox.dev/v1'
