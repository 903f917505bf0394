// Objects as the rows of a table, which is what `kubectl get` prints.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables

import type { Column, KubeObject, ResourceType } from '../../objects/index.ts'

/** What of an object comes with its row. */
export type RowObject = 'Metadata' | 'Object' | 'None'

export interface TableOptions {
  readonly type: ResourceType
  readonly include: RowObject
  /** Milliseconds since 1970: ages are counted from it. */
  readonly now: number
}

export interface TableMetadata {
  readonly resourceVersion?: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** `hasColumns` is false for what follows a first table of the same watch. */
export function encodeTable(
  objects: readonly KubeObject[],
  metadata: TableMetadata,
  { type, include, now }: TableOptions,
  hasColumns = true,
): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: hasColumns ? type.columns.map((column) => columnDefinition(column)) : null,
    rows: objects.map((object) => ({
      cells: type.columns.map(({ cell }) => cell(object, now)),
      ...(include === 'None'
        ? {}
        : { object: include === 'Object' ? object : metadataOnly(object) }),
    })),
  }
}

function columnDefinition({ name, type, format = '', description, priority }: Column): object {
  return { name, type, format, description, priority }
}

/** An object without what is particular about its kind. */
export function metadataOnly({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}
