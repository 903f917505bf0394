// Strategic merge patch: a merge patch that knows which lists are maps by a key and which are sets.
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md

import { isDeepStrictEqual } from 'node:util'
import type { Json, Schema } from '../structure/index.ts'
import { PatchError } from './patch-error.ts'
import { isList, isMap, itemKey, type JsonMap, mapOf, memberSchema, membersOf } from './tree.ts'

const DIRECTIVE = '$patch'
const RETAIN = '$retainKeys'
const DELETE_FROM = '$deleteFromPrimitiveList/'
const ORDER = '$setElementOrder/'

export function applyStrategicPatch(value: Json, patch: Json, schema: Schema): Json {
  if (!isMap(patch)) throw new PatchError('malformed', 'expected a patch that is an object')
  return patchMap(isMap(value) ? value : {}, patch, schema)
}

function patchMap(value: JsonMap, patch: JsonMap, schema: Schema | undefined): JsonMap {
  const directive = patch[DIRECTIVE]
  if (directive === 'replace') return plainMap(patch)
  if (directive === 'delete') return {}
  const merged = new Map(membersOf(value))
  retain(merged, patch[RETAIN])
  for (const [name, member] of membersOf(patch)) {
    if (name.startsWith(DELETE_FROM)) takeAway(merged, name.slice(DELETE_FROM.length), member)
    if (name.startsWith('$')) continue
    if (member === null) merged.delete(name)
    else merged.set(name, patchMember(merged.get(name), member, memberSchema(schema, name)))
  }
  for (const [name, member] of membersOf(patch))
    if (name.startsWith(ORDER)) {
      const of = name.slice(ORDER.length)
      order(merged, of, { wanted: member, schema: memberSchema(schema, of) })
    }
  return mapOf(merged)
}

function patchMember(value: Json | undefined, patch: Json, schema: Schema | undefined): Json {
  if (isMap(patch)) {
    if (schema?.['x-kubernetes-map-type'] === 'atomic') return plainMap(patch)
    return patchMap(isMap(value) ? value : {}, patch, schema)
  }
  if (!isList(patch)) return patch
  const type = schema?.['x-kubernetes-list-type']
  const list = isList(value) ? value : []
  if (type === 'set') return [...list, ...patch.filter((item) => !has(list, item))]
  return type === 'map' ? patchItems(list, patch, schema!) : patch
}

function patchItems(list: readonly Json[], patch: readonly Json[], schema: Schema): Json {
  if (patch.some((item) => isMap(item) && item[DIRECTIVE] === 'replace'))
    return patch.filter((item) => !(isMap(item) && DIRECTIVE in item))
  let items = list
  for (const item of patch) {
    if (!isMap(item)) throw new PatchError('malformed', 'expected the items of a map to be objects')
    const key = itemKey(item, schema)
    if (key === undefined) {
      const keys = (schema['x-kubernetes-list-map-keys'] ?? []).join(', ')
      throw new PatchError(
        'malformed',
        `map: ${JSON.stringify(item)} does not contain declared merge key: ${keys}`,
      )
    }
    const index = items.findIndex((one) => isDeepStrictEqual(itemKey(one, schema), key))
    if (item[DIRECTIVE] === 'delete') {
      if (index >= 0) items = items.toSpliced(index, 1)
    } else if (index < 0) items = [...items, patchMap({}, item, schema.items)]
    else items = items.with(index, patchMap(items[index] as JsonMap, item, schema.items))
  }
  return items
}

function retain(merged: Map<string, Json>, keys: Json | undefined): void {
  if (!isList(keys)) return
  for (const name of merged.keys()) if (!keys.includes(name)) merged.delete(name)
}

function takeAway(merged: Map<string, Json>, name: string, gone: Json): void {
  const list = merged.get(name)
  if (!isList(list) || !isList(gone)) return
  merged.set(
    name,
    list.filter((item) => !has(gone, item)),
  )
}

function order(
  merged: Map<string, Json>,
  name: string,
  { wanted, schema }: { readonly wanted: Json; readonly schema: Schema | undefined },
): void {
  const list = merged.get(name)
  if (!isList(list) || !isList(wanted)) return
  const isListMap = schema?.['x-kubernetes-list-type'] === 'map'
  const keyOf = (item: Json): Json => (isListMap ? (itemKey(item, schema) ?? item) : item)
  const places = wanted.map((item) => keyOf(item))
  const placeOf = (item: Json): number =>
    places.findIndex((place) => isDeepStrictEqual(place, keyOf(item)))
  const ordered = list.filter((item) => placeOf(item) >= 0)
  ordered.sort((one, other) => placeOf(one) - placeOf(other))
  merged.set(name, [...ordered, ...list.filter((item) => placeOf(item) < 0)])
}

/** Without directives. */
function plainMap(patch: JsonMap): JsonMap {
  return mapOf(membersOf(patch).filter(([name]) => !name.startsWith('$')))
}

function has(list: readonly Json[], item: Json): boolean {
  return list.some((one) => isDeepStrictEqual(one, item))
}
