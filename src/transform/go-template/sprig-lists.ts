// Sprig's lists and maps. A list is never changed, a map is by `set`, `unset` and the merges.
// https://masterminds.github.io/sprig/lists.html, dicts.html

import { textList, toInt64, toText, toTexts } from './go-cast.ts'
import { fixed, variadic, type GoFunction } from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import {
  compareText,
  deepEqual,
  GoList,
  GoMap,
  GoTime,
  isTrue,
  kindOf,
  typeOf,
  type GoValue,
} from './go-value.ts'
import { LIST_LENGTH_MAX, VALUE_DEPTH_MAX } from './limits.ts'
import type { Work } from './work.ts'

const lists: Readonly<Record<string, GoFunction>> = {
  append: fixed(['any', 'any'], ([list, item]) =>
    made([...itemsOf(list, 'Cannot push on type'), item]),
  ),
  prepend: fixed(['any', 'any'], ([list, item]) =>
    made([item, ...itemsOf(list, 'Cannot prepend on type')]),
  ),
  first: fixed(['any'], ([list]) => itemsOf(list, 'Cannot find first on type')[0] ?? null),
  last: fixed(['any'], ([list]) => itemsOf(list, 'Cannot find last on type').at(-1) ?? null),
  rest: fixed(['any'], ([list]) => made(itemsOf(list, 'Cannot find rest on type').slice(1))),
  initial: fixed(['any'], ([list]) =>
    made(itemsOf(list, 'Cannot find initial on type').slice(0, -1)),
  ),
  reverse: fixed(['any'], ([list]) =>
    made([...itemsOf(list, 'Cannot find reverse on type')].reverse()),
  ),
  compact: fixed(['any'], ([list]) =>
    made(itemsOf(list, 'Cannot compact on type').filter((item) => !isEmpty(item))),
  ),
  uniq: fixed(['any'], ([list], work) => {
    const kept: GoValue[] = []
    for (const item of itemsOf(list, 'Cannot find uniq on type')) {
      if (!holds(kept, item, work)) kept.push(item)
    }
    return made(kept)
  }),
  without: variadic(['any'], 'any', ([list], omitted, work) =>
    made(
      itemsOf(list, 'Cannot find without on type').filter((item) => !holds(omitted, item, work)),
    ),
  ),
  has: fixed(['any', 'any'], ([item, list], work) => {
    if (list === null || list === undefined) return false
    return holds(itemsOf(list, 'Cannot find has on type'), item, work)
  }),
  slice: variadic(['any'], 'any', ([list], indexes) => slice(list, indexes)),
  chunk: fixed(['int', 'any'], ([size, list]) => chunk(size, itemsOf(list, 'Cannot chunk type'))),
}

/** Those that come as `mustName`, too; here both fail the template. */
const doubled: Readonly<Record<string, GoFunction>> = {
  ...lists,
  push: lists['append']!,
  merge: merging({ overwrites: false }),
  mergeOverwrite: merging({ overwrites: true }),
  deepCopy: fixed(['any'], ([value], work) => deepCopy(value, work)),
}

export const LIST_FUNCTIONS: Readonly<Record<string, GoFunction>> = {
  ...doubled,
  ...Object.fromEntries(
    Object.entries(doubled).map(([name, one]) => [
      `must${name[0]!.toUpperCase()}${name.slice(1)}`,
      one,
    ]),
  ),
  list: variadic([], 'any', (_, items) => made(items)),
  tuple: variadic([], 'any', (_, items) => made(items)),
  concat: variadic([], 'any', (_, all) => {
    const items: GoValue[] = []
    for (const list of all) {
      if (!(list instanceof GoList)) throw new GoFault(`Cannot concat type ${kindOf(list)} as list`)
      items.push(...list.items)
    }
    return made(items)
  }),
  join: fixed(['string', 'any'], ([separator, list], work) => {
    const texts = toTexts(list, work)
    work.spendText(texts.reduce((sum, text) => sum + text.length + separator.length, 0))
    return texts.join(separator)
  }),
  sortAlpha: fixed(['any'], ([list], work) => {
    work.spend(list instanceof GoList ? list.items.length * 4 : 1)
    return textList(
      list instanceof GoList ? toTexts(list, work).sort(compareText) : [toText(list, work)],
    )
  }),
  toStrings: fixed(['any'], ([list], work) => textList(toTexts(list, work))),
  default: variadic(['any'], 'any', ([otherwise], [given]) => (isEmpty(given) ? otherwise : given)),
  empty: fixed(['any'], ([value]) => isEmpty(value)),
  coalesce: variadic([], 'any', (_, values) => values.find((value) => !isEmpty(value)) ?? null),
  all: variadic([], 'any', (_, values) => values.every((value) => !isEmpty(value))),
  any: variadic([], 'any', (_, values) => values.some((value) => !isEmpty(value))),
  ternary: fixed(['any', 'any', 'bool'], ([yes, no, isYes]) => (isYes ? yes : no)),
  dict: variadic([], 'any', (_, values, work) => dict(values, work)),
  get: fixed(['map', 'string'], ([map, key]) => (map.entries.has(key) ? map.entries.get(key) : '')),
  set: fixed(['map', 'string', 'any'], ([map, key, value]) => {
    map.entries.set(key, value ?? null)
    return map
  }),
  unset: fixed(['map', 'string'], ([map, key]) => {
    map.entries.delete(key)
    return map
  }),
  hasKey: fixed(['map', 'string'], ([map, key]) => map.entries.has(key)),
  pluck: variadic(['string'], 'map', ([key], maps) =>
    made(maps.filter(({ entries }) => entries.has(key)).map(({ entries }) => entries.get(key))),
  ),
  // Go has no order here; ours is that of the names.
  keys: variadic([], 'map', (_, maps) =>
    textList(maps.flatMap((map) => map.sorted().map(([name]) => name))),
  ),
  values: fixed(['map'], ([map]) => made(map.sorted().map(([, value]) => value))),
  pick: variadic(
    ['map'],
    'string',
    ([map], names) =>
      new GoMap(
        names.filter((name) => map.entries.has(name)).map((name) => [name, map.entries.get(name)]),
      ),
  ),
  omit: variadic(
    ['map'],
    'string',
    ([map], names) => new GoMap([...map.entries].filter(([name]) => !names.includes(name))),
  ),
  dig: variadic([], 'any', (_, values) => dig(values)),
}

/** Sprig's `empty`. */
export function isEmpty(value: GoValue): boolean {
  return value instanceof GoTime ? false : !isTrue(value)
}

function made(items: GoValue[]): GoList {
  if (items.length > LIST_LENGTH_MAX) throw new GoFault(`more than ${LIST_LENGTH_MAX} items`)
  return new GoList(items.map((item) => item ?? null))
}

function itemsOf(list: GoValue, complaint: string): readonly GoValue[] {
  if (list instanceof GoList) return list.items
  if (list === null || list === undefined) {
    throw new GoFault('runtime error: invalid memory address or nil pointer dereference')
  }
  throw new GoFault(`${complaint} ${kindOf(list)}`)
}

function holds(items: readonly GoValue[], item: GoValue, work: Work): boolean {
  return items.some((one) =>
    deepEqual(item, one, (cost) => {
      work.spend(cost)
    }),
  )
}

function slice(list: GoValue, indexes: readonly GoValue[]): GoValue {
  const items = itemsOf(list, 'list should be type of slice or array but')
  if (items.length === 0) return null
  const start = Number(toInt64(indexes[0]))
  const end = indexes.length < 2 ? items.length : Number(toInt64(indexes[1]))
  if (start < 0 || end < start || end > items.length) {
    throw new GoFault('reflect.Value.Slice: slice index out of bounds')
  }
  return new GoList(items.slice(start, end), (list as GoList).element)
}

function chunk(size: number, items: readonly GoValue[]): GoList {
  if (size < 1) throw new GoFault('runtime error: makeslice: len out of range')
  const chunks: GoValue[] = []
  for (let at = 0; at < items.length; at += size)
    chunks.push(new GoList(items.slice(at, at + size)))
  return new GoList(chunks, '[]interface {}')
}

function dict(values: readonly GoValue[], work: Work): GoMap {
  const map = new GoMap()
  for (let at = 0; at < values.length; at += 2) {
    map.entries.set(
      toText(values[at], work),
      at + 1 < values.length ? (values[at + 1] ?? null) : '',
    )
  }
  return map
}

function dig(values: readonly GoValue[]): GoValue {
  if (values.length < 3) throw new GoFault('dig needs at least three arguments')
  const names = values.slice(0, -2)
  let value = values.at(-1)
  for (const name of names) {
    if (!(value instanceof GoMap)) {
      const type = value === null || value === undefined ? 'nil' : typeOf(value)
      throw new GoFault(
        `interface conversion: interface {} is ${type}, not map[string]interface {}`,
      )
    }
    if (typeof name !== 'string') {
      throw new GoFault(`interface conversion: interface {} is ${typeOf(name)}, not string`)
    }
    if (!value.entries.has(name)) return values.at(-2)
    value = value.entries.get(name)
  }
  return value
}

function merging({ overwrites }: { overwrites: boolean }): GoFunction {
  return variadic(['map'], 'map', ([into], others, work) => {
    for (const from of others) mergeInto(into, from, { overwrites, work, depth: 0 })
    return into
  })
}

/** As mergo does it: maps into maps, and what is empty is filled or never overwrites. */
function mergeInto(
  into: GoMap,
  from: GoMap,
  how: { readonly overwrites: boolean; readonly work: Work; readonly depth: number },
): void {
  if (how.depth > VALUE_DEPTH_MAX) throw new GoFault('exceeded max depth')
  for (const [name, value] of from.entries) {
    how.work.spend(1)
    const known = into.entries.get(name)
    if (known instanceof GoMap && value instanceof GoMap) {
      mergeInto(known, value, { ...how, depth: how.depth + 1 })
    } else if (isEmpty(known) || (how.overwrites && !isEmpty(value))) {
      into.entries.set(name, value)
    }
  }
}

export function deepCopy(value: GoValue, work: Work, depth = 0): GoValue {
  if (depth > VALUE_DEPTH_MAX) throw new GoFault('exceeded max depth')
  work.spend(4)
  if (value instanceof GoList) {
    return new GoList(
      value.items.map((item) => deepCopy(item, work, depth + 1)),
      value.element,
    )
  }
  if (!(value instanceof GoMap)) return value
  const entries = [...value.entries].map(
    ([name, item]) => [name, deepCopy(item, work, depth + 1)] as const,
  )
  return new GoMap(entries, value.element)
}
