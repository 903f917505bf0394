// What the built-in kinds have in common.

import { AGE_COLUMN, NAME_COLUMN } from './columns.ts'
import type { KubeVerb, ResourceType } from './resource-type.ts'

export const ALL_VERBS: readonly KubeVerb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

export function builtinType(
  parts: Pick<ResourceType, 'kind' | 'plural' | 'schema'> & Partial<ResourceType>,
): ResourceType {
  return {
    group: '',
    version: 'v1',
    listKind: `${parts.kind}List`,
    singular: parts.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: ALL_VERBS,
    hasStatus: false,
    subresources: [],
    isCustom: false,
    columns: [NAME_COLUMN, AGE_COLUMN],
    selectableFields: [],
    strategy: {},
    ...parts,
  }
}
