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
export function decodeRow(type: ResourceType, row: Pick<Row, 'value' | 'revision'>): KubeObject {
  const stored = row.value as KubeObject
  const object = type.backing?.show?.(stored) ?? stored
  const metadata = { ...object.metadata, resourceVersion: String(row.revision) }
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind, metadata }
}

/** What it is comes first, and then its metadata: `textOf` relies on it. */
export function encodeRow(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object
  const { resourceVersion: _, ...kept } = metadata
  return { apiVersion, kind, metadata: kept, ...rest }
}

/** The JSON of the object that a row's own text holds: as a rule the same text, with the version put in. */
export function textOf(type: ResourceType, text: string, revision: number): string {
  const head = headOf(type)
  const isWhole = type.backing?.show === undefined
  if (isWhole && text.startsWith(head) && !text.startsWith(EMPTY, head.length))
    return `${head}"resourceVersion":"${revision}",${text.slice(head.length)}`
  return JSON.stringify(decodeRow(type, { value: JSON.parse(text) as unknown, revision }))
}

const EMPTY = '}'

/** How the text of an object begins that lies in the version that is asked for. */
function headOf(type: ResourceType): string {
  const named = JSON.stringify({ apiVersion: apiVersionOf(type), kind: type.kind })
  return `${named.slice(0, -1)},"metadata":{`
}

/** The revision that a resource version names; undefined for none or `0`, which stand for "any". */
export function revisionOf(resourceVersion: string | undefined): number | undefined {
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0')
    return undefined
  if (/^\d{1,15}$/.test(resourceVersion)) return Number(resourceVersion)
  throw badRequest(`invalid resource version: \`${resourceVersion.slice(0, 100)}\``)
}
