// What patches do to JSON values: look at them as maps and lists, and never change what they were given.

import { type Json, type Schema, setOwn } from '../structure/index.ts'

export type JsonMap = { readonly [key: string]: Json | undefined }

export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** The members that are there. */
export function membersOf(value: JsonMap): readonly (readonly [string, Json])[] {
  const members: (readonly [string, Json])[] = []
  for (const name of Object.keys(value)) {
    const member = value[name]
    if (member !== undefined) members.push([name, member])
  }
  return members
}

export function isEmpty(value: JsonMap): boolean {
  return !Object.keys(value).some((name) => value[name] !== undefined)
}

/** A map of these members; `__proto__` is a name like any other. */
export function mapOf(members: Iterable<readonly [string, Json]>): JsonMap {
  const map: Record<string, Json> = {}
  for (const [name, value] of members) setOwn(map, name, value)
  return map
}

/** The schema of a member of a map; undefined when nothing is known of it. */
export function memberSchema(schema: Schema | undefined, name: string): Schema | undefined {
  const { properties, additionalProperties } = schema ?? {}
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

/** What tells an item of a list map from the others. */
export function itemKey(item: Json, schema: Schema | undefined): JsonMap | undefined {
  if (!isMap(item)) return undefined
  const keys: [string, Json][] = []
  for (const name of schema?.['x-kubernetes-list-map-keys'] ?? []) {
    const value = item[name] ?? schema?.items?.properties?.[name]?.default
    if (value !== undefined) keys.push([name, value])
  }
  return keys.length === 0 ? undefined : mapOf(keys.sort(([a], [b]) => (a < b ? -1 : 1)))
}
