// Rules that stand within `allOf`: they hold for the same value, which only the structure around them types.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules

import type { Schema } from './schema.ts'

const known = new WeakMap<Schema, Schema>()

/** A schema with the rules of its `allOf` beside its own, and what they say of members handed on to those. */
export function withInnerRules(schema: Schema): Schema {
  const { allOf = [] } = schema
  if (allOf.length === 0) return schema
  const found = known.get(schema)
  if (found !== undefined) return found
  const whole = allOf.reduce(merged, { ...schema, allOf: [] })
  known.set(schema, whole)
  return whole
}

function merged(schema: Schema, inner: Schema): Schema {
  const { properties, items } = schema
  const rules = [
    ...(schema['x-kubernetes-validations'] ?? []),
    ...(inner['x-kubernetes-validations'] ?? []),
  ]
  const members = Object.entries(properties ?? {}).map(
    ([name, of]) => [name, handedOn(of, inner.properties?.[name])] as const,
  )
  const whole: Schema = {
    ...schema,
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(members) }),
    ...(items === undefined ? {} : { items: handedOn(items, inner.items) }),
  }
  return (inner.allOf ?? []).reduce(merged, whole)
}

function handedOn(schema: Schema, inner: Schema | undefined): Schema {
  return inner === undefined ? schema : { ...schema, allOf: [...(schema.allOf ?? []), inner] }
}
