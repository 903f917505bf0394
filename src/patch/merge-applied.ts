// An applied configuration laid over the object that is there: maps and list maps are merged, sets are joined, all else
// is replaced.

import { isDeepStrictEqual } from 'node:util'
import type { Json, Schema } from '../structure/index.ts'
import { isList, isMap, itemKey, mapOf, memberSchema, membersOf } from './tree.ts'

export function mergeApplied(live: Json | undefined, applied: Json, schema?: Schema): Json {
  if (isMap(applied)) {
    if (!isMap(live) || schema?.['x-kubernetes-map-type'] === 'atomic') return applied
    const merged = new Map(membersOf(live))
    for (const [name, member] of membersOf(applied))
      merged.set(name, mergeApplied(merged.get(name), member, memberSchema(schema, name)))
    return mapOf(merged)
  }
  if (!isList(applied) || !isList(live)) return applied
  const type = schema?.['x-kubernetes-list-type']
  if (type === 'set')
    return [...live, ...applied.filter((item) => !live.some((one) => isDeepStrictEqual(one, item)))]
  if (type !== 'map') return applied
  const items = [...live]
  for (const item of applied) {
    const key = itemKey(item, schema)
    const index = items.findIndex((one) => isDeepStrictEqual(itemKey(one, schema), key))
    if (index < 0) items.push(item)
    else items[index] = mergeApplied(items[index], item, schema?.items)
  }
  return items
}
