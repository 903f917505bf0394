// Words to write the schemas of built-in kinds with.

import type { Json, Schema } from '../structure/index.ts'

export const TEXT: Schema = { type: 'string' }
export const WHOLE: Schema = { type: 'integer' }
export const FLAG: Schema = { type: 'boolean' }
export const TIME: Schema = { type: 'string', format: 'date-time' }
/** Anything, kept as it is. */
export const ANYTHING: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
export const INT_OR_TEXT: Schema = { 'x-kubernetes-int-or-string': true }
export const TEXT_MAP: Schema = { type: 'object', additionalProperties: TEXT }
export const TEXTS: Schema = listOf(TEXT)

export function objectOf(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items, 'x-kubernetes-list-type': 'atomic' }
}

/** A list whose items are told apart by these members. */
export function mapBy(keys: readonly string[], items: Schema): Schema {
  return {
    type: 'array',
    items,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
  }
}

export function withDefault(schema: Schema, value: Json): Schema {
  return { ...schema, default: value }
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/ */
export const LABEL_SELECTOR: Schema = {
  ...objectOf({
    matchLabels: TEXT_MAP,
    matchExpressions: listOf(
      objectOf({ key: TEXT, operator: TEXT, values: TEXTS }, ['key', 'operator']),
    ),
  }),
  'x-kubernetes-map-type': 'atomic',
}

export const CONDITIONS: Schema = mapBy(
  ['type'],
  objectOf(
    {
      type: TEXT,
      status: TEXT,
      reason: TEXT,
      message: TEXT,
      lastProbeTime: { ...TIME, nullable: true },
      lastTransitionTime: TIME,
      lastUpdateTime: TIME,
      observedGeneration: WHOLE,
    },
    ['type', 'status'],
  ),
)
