// An object as a row: all of it but its version, which is the row's revision.

import { AppError } from '../base/index.ts'
import type { Kind, Resource, ResourceOf } from '../model/index.ts'
import type { Row, RowChange, RowKey } from '../store/index.ts'
import type { ObjectChange } from './object-client.ts'

/** The object that a row holds. */
export function decodeResource(row: Row): Resource {
  const resource = row.value as Resource
  const metadata = { ...resource.metadata, resourceVersion: String(row.revision) }
  return { ...resource, metadata }
}

/** The same, where the row's kind is known. */
export function decodeAs<K extends Kind>(row: Row): ResourceOf<K> {
  return decodeResource(row) as ResourceOf<K>
}

export function decodeChange<K extends Kind>(change: RowChange): ObjectChange<K> {
  const object = decodeAs<K>(change.row)
  if (change.before === undefined) return { type: change.type, object }
  return { type: change.type, object, before: decodeAs<K>(change.before) }
}

export function rowKeyOf(resource: Resource): RowKey {
  const { namespace, name } = resource.metadata
  return { kind: resource.kind, namespace, name }
}

export function parseVersion(resourceVersion: string): number {
  if (/^\d{1,15}$/.test(resourceVersion)) return Number(resourceVersion)
  throw new AppError(
    'REQUEST_INVALID',
    `expected a resource version that a read answered, got \`${resourceVersion.slice(0, 100)}\``,
  )
}
