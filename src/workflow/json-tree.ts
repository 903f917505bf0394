// Values of JSON by dotted paths: `status.atProvider.id`, `destinations.0.url`. Values are never changed, only copied.

import type { Json } from '../structure/index.ts'
import { LIST_INDEX_MAX } from './limits.ts'

export type JsonObject = Readonly<Record<string, Json | undefined>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

/** The parts of a path; `a[0].b` is `a.0.b`. Undefined when it is no path. */
export function parsePath(path: string): readonly string[] | undefined {
  const parts = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  const isPath = parts.every((part) => part !== '' && part !== '__proto__' && !isFarIndex(part))
  return isPath ? parts : undefined
}

function isFarIndex(part: string): boolean {
  return /^\d+$/.test(part) && Number(part) > LIST_INDEX_MAX
}

/** What is there; undefined when nothing is. */
export function valueAt(value: unknown, parts: readonly string[]): Json | undefined {
  let found: unknown = value
  for (const part of parts) {
    if (isList(found)) found = /^\d+$/.test(part) ? found[Number(part)] : undefined
    else if (isObject(found) && Object.hasOwn(found, part)) found = found[part]
    else return undefined
  }
  return found as Json | undefined
}

/** The value with another one at the path; what is not there on the way is made, a number meaning a list. */
export function changeAt(
  value: Json | undefined,
  parts: readonly string[],
  change: (before: Json | undefined) => Json,
): Json {
  const [part, ...rest] = parts
  if (part === undefined) return change(value)
  const isIndex = /^\d+$/.test(part)
  if (isList(value) || (value === undefined && isIndex)) {
    const list = isList(value) ? [...value] : []
    const index = isIndex ? Number(part) : list.length
    while (list.length < index) list.push(null)
    list[index] = changeAt(list[index] ?? undefined, rest, change)
    return list
  }
  const object = isObject(value) ? value : {}
  const before = Object.hasOwn(object, part) ? object[part] : undefined
  return { ...object, [part]: changeAt(before, rest, change) }
}

/** The members of both, the second's where both have one; objects within are merged likewise. */
export function mergeJson(first: Json | undefined, second: Json): Json {
  if (!isObject(first) || !isObject(second)) return second
  const merged: Record<string, Json | undefined> = { ...first }
  for (const [name, value] of Object.entries(second))
    if (value !== undefined) merged[name] = mergeJson(merged[name], value)
  return merged
}

/** A text as it is; what should be one and is not, as JSON. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
