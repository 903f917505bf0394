// Takes away what a schema does not know, and says where it was.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning

import type { Json, Schema } from './schema.ts'

export interface Pruned {
  readonly value: Json
  /** The paths of what was taken away, `spec.items[0].bogus`. */
  readonly unknown: readonly string[]
}

const OBJECT_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

export function pruneUnknown(value: Json, schema: Schema): Pruned {
  const unknown: string[] = []
  return { value: prune(value, schema, '', unknown), unknown }
}

function prune(value: Json, schema: Schema, path: string, unknown: string[]): Json {
  if (isList(value)) {
    const { items } = schema
    if (items === undefined) return value
    return value.map((item, index) => prune(item, items, `${path}[${index}]`, unknown))
  }
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, Json> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    const at = path === '' ? name : `${path}.${name}`
    const of = schemaOf(schema, name)
    if (of === 'unknown') unknown.push(at)
    else setOwn(kept, name, of === 'any' ? member : prune(member, of, at, unknown))
  }
  return kept
}

/** The schema of a member; `any` when anything may be there. */
function schemaOf(schema: Schema, name: string): Schema | 'any' | 'unknown' {
  const { properties, additionalProperties } = schema
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]!
  if (schema['x-kubernetes-embedded-resource'] === true && OBJECT_FIELDS.has(name)) return 'any'
  if (typeof additionalProperties === 'object') return additionalProperties
  if (additionalProperties === true) return 'any'
  return schema['x-kubernetes-preserve-unknown-fields'] === true ? 'any' : 'unknown'
}

/** `__proto__` is a name like any other. */
export function setOwn(into: Record<string, Json>, name: string, value: Json): void {
  // Every member of every object that is written comes by here: the slow way is for the one name that needs it.
  if (name !== '__proto__') into[name] = value
  else define(into, name, value)
}

function define(into: Record<string, Json>, name: string, value: Json): void {
  Object.defineProperty(into, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}
