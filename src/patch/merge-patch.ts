// JSON Merge Patch. https://www.rfc-editor.org/rfc/rfc7396

import type { Json } from '../structure/index.ts'
import { isMap, mapOf, membersOf } from './tree.ts'

export function applyMergePatch(value: Json, patch: Json): Json {
  if (!isMap(patch)) return patch
  const merged = new Map(membersOf(isMap(value) ? value : {}))
  for (const [name, member] of membersOf(patch)) {
    if (member === null) merged.delete(name)
    else merged.set(name, applyMergePatch(merged.get(name) ?? null, member))
  }
  return mapOf(merged)
}
