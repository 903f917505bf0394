// An object of any kind as a row: all of it but its version, which is the row's revision.

import type { Row, RowKey } from '../store/index.ts'
import type { KubeObject } from './kube-object.ts'
import { badRequest } from './kube-faults.ts'
import { apiVersionOf, resourceName } from './resource-types.ts'
import type { ResourceType } from './resource-type.ts'

/** Where rows of cluster-scoped objects lie; no namespace can have this name. */
const CLUSTER = '_cluster'

export function rowKindOf(type: ResourceType): string {
  return type.backing?.rowKind ?? resourceName(type)
}

export function rowKeyOf(
  type: ResourceType,
  key: { readonly namespace?: string | undefined; readonly name: string },
): RowKey {
  return { kind: rowKindOf(type), namespace: rowNamespaceOf(type, key.namespace)!, name: key.name }
}

/** Undefined: all namespaces. */
export function rowNamespaceOf(type: ResourceType, namespace?: string): string | undefined {
  return type.namespaced ? namespace : CLUSTER
}

/** The object in the version that is asked for: versions of one kind differ in name alone. */
export function decodeRow(type: ResourceType, row: Row): KubeObject {
  const object = row.value as KubeObject
  const metadata = { ...object.metadata, resourceVersion: String(row.revision) }
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind, metadata }
}

export function encodeRow(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** The revision that a resource version names; undefined for none or `0`, which stand for "any". */
export function revisionOf(resourceVersion: string | undefined): number | undefined {
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0')
    return undefined
  if (/^\d{1,15}$/.test(resourceVersion)) return Number(resourceVersion)
  throw badRequest(`invalid resource version: \`${resourceVersion.slice(0, 100)}\``)
}
