// Fills in what a schema has defaults for. A null where none may be is as good as absent when there is a default.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable

import { isList, setOwn } from './prune.ts'
import type { Json, Schema } from './schema.ts'

export function applyDefaults(value: Json, schema: Schema): Json {
  if (isList(value)) {
    const { items } = schema
    return items === undefined ? value : value.map((item) => applyDefaults(item, items))
  }
  if (typeof value !== 'object' || value === null) return value
  const filled: Record<string, Json> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    const of = memberSchema(schema, name)
    const isUnset = member === null && of?.default !== undefined && of.nullable !== true
    if (!isUnset) setOwn(filled, name, of === undefined ? member : applyDefaults(member, of))
  }
  for (const [name, of] of Object.entries(schema.properties ?? {})) {
    if (of.default === undefined || Object.hasOwn(filled, name)) continue
    filled[name] = applyDefaults(structuredClone(of.default), of)
  }
  return filled
}

function memberSchema(schema: Schema, name: string): Schema | undefined {
  const { properties, additionalProperties } = schema
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}
