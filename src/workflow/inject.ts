// Puts values of other objects into one: at a path, into a list, or into an object.
//
//   type ""      the value is set
//   type list    the value is appended; with a subKey an object {subKey: value} is, or is merged into the first element
//   type object  the value is merged into what is there; with a subKey {subKey: value} is

import type { Json } from '../structure/index.ts'
import { changeAt, isList, isObject, type JsonObject, mergeJson } from './json-tree.ts'
import type { Injection } from './steps.ts'

const FOR_PROVIDER: readonly string[] = ['spec', 'forProvider']

/** The object with the value put where the injection says. */
export function injectInto(object: JsonObject, injection: Injection, value: Json): JsonObject {
  const { key } = injection
  if (key === undefined) return object
  return changeAt(object, placeOf(object, key), (before) =>
    combine(before, injection, value),
  ) as JsonObject
}

/** Under `spec.forProvider` where the kind has that, and where the path does not say so itself. */
function placeOf(object: JsonObject, key: readonly string[]): readonly string[] {
  const { spec } = object
  const hasProvider = isObject(spec) && isObject(spec['forProvider'])
  const isWhole = key[0] === 'spec' || key[0] === 'metadata'
  return hasProvider && !isWhole ? [...FOR_PROVIDER, ...key] : key
}

function combine(before: Json | undefined, injection: Injection, value: Json): Json {
  const { type, subKey, isMerge } = injection
  const wrapped = subKey === undefined ? value : changeAt(undefined, subKey, () => value)
  if (type === 'set') return subKey === undefined ? value : mergeJson(before, wrapped)
  if (type === 'object') return mergeJson(before, wrapped)
  const list = isList(before) ? before : []
  if (subKey === undefined || !isMerge) return [...list, wrapped]
  const [first, ...rest] = list
  return [mergeJson(first, wrapped), ...rest]
}
