// Whether what a service shows is what was wanted. Services show more than they were told, and begin names with a capital
// where they are asked without one: what is wanted must be in what is shown.

import type { Json } from '../../../structure/index.ts'
import { asText, isList, isObject, type JsonObject } from '../../json-tree.ts'

export function contains(shown: unknown, wanted: Json | undefined): boolean {
  if (wanted === undefined || wanted === null) return true
  if (isList(wanted))
    return (
      isList(shown) &&
      shown.length === wanted.length &&
      wanted.every((item, index) => contains(shown[index], item))
    )
  if (isObject(wanted))
    return (
      isObject(shown) &&
      Object.entries(wanted).every(([name, member]) => contains(memberOf(shown, name), member))
    )
  // Some give numbers as texts.
  return typeof shown !== 'object' && asText(shown) === asText(wanted)
}

function memberOf(shown: JsonObject, name: string): Json | undefined {
  return shown[name] ?? shown[name.charAt(0).toUpperCase() + name.slice(1)]
}

/** The members that are not shown as they are wanted. */
export function differing(shown: JsonObject, wanted: JsonObject): readonly string[] {
  return Object.keys(wanted).filter((name) => !contains(memberOf(shown, name), wanted[name]))
}
