// What two schemas say of single values: types, listed values, bounds, and keywords that can only be the same.

import { BOTH, type ChangeList } from './change-list.ts'
import {
  canonicalJson,
  isSameJson,
  JSON_TYPES,
  type JsonSchema,
  type JsonType,
  typesOf,
} from './json-schema.ts'

export interface Sides {
  readonly before: JsonSchema
  readonly after: JsonSchema
}

/** Where in the event, and where what is found goes. */
interface At {
  readonly path: string
  readonly list: ChangeList
}

/** Compares all but the types. */
export function compareValues(sides: Sides, at: At): void {
  compareEnum(sides, at)
  for (const bound of BOUNDS) compareBound(bound, sides, at)
  for (const keyword of EXACT) compareExact(keyword, sides, at)
}

/** Answers whether the two have a type in common. */
export function compareTypes({ before, after }: Sides, { path, list }: At): boolean {
  const old = expandTypes(before)
  const now = expandTypes(after)
  const gone = [...old].filter((type) => !now.has(type))
  const added = [...now].filter((type) => !old.has(type))
  if (gone.length > 0) list.add(path, `no longer allows ${formatTypes(gone)}`, ['backward'])
  if (added.length > 0) list.add(path, `now allows ${formatTypes(added)}`, ['forward'])
  return [...old].some((type) => now.has(type))
}

/** `number` is what no integer is, so that every value is of one type. */
export function expandTypes(schema: JsonSchema): ReadonlySet<JsonType> {
  const types = new Set(typesOf(schema) ?? JSON_TYPES)
  if (types.has('number')) types.add('integer')
  return types
}

function formatTypes(types: readonly string[]): string {
  return types.map((type) => `\`${type}\``).join(', ')
}

function compareEnum({ before, after }: Sides, { path, list }: At): void {
  const old = valuesOf(before)
  const now = valuesOf(after)
  if (old === undefined && now === undefined) return
  if (old === undefined) list.add(path, 'allows certain values only', ['backward'])
  else if (now === undefined)
    list.add(path, 'allows other values than the listed ones', ['forward'])
  else {
    const gone = [...old].filter((value) => !now.has(value))
    const added = [...now].filter((value) => !old.has(value))
    if (gone.length > 0) list.add(path, `no longer allows ${formatTypes(gone)}`, ['backward'])
    if (added.length > 0) list.add(path, `now allows ${formatTypes(added)}`, ['forward'])
  }
}

function valuesOf(schema: JsonSchema): ReadonlySet<string> | undefined {
  const { enum: values } = schema
  return Array.isArray(values) ? new Set(values.map((value) => canonicalJson(value))) : undefined
}

interface Bound {
  readonly keyword: string
  readonly kind: 'max' | 'min'
  /** The keyword that excludes the bound itself. */
  readonly exclusive?: string
}

const BOUNDS: readonly Bound[] = [
  { keyword: 'minimum', kind: 'min', exclusive: 'exclusiveMinimum' },
  { keyword: 'maximum', kind: 'max', exclusive: 'exclusiveMaximum' },
  { keyword: 'minLength', kind: 'min' },
  { keyword: 'maxLength', kind: 'max' },
  { keyword: 'minItems', kind: 'min' },
  { keyword: 'maxItems', kind: 'max' },
  { keyword: 'minProperties', kind: 'min' },
  { keyword: 'maxProperties', kind: 'max' },
]

function compareBound(bound: Bound, { before, after }: Sides, place: At): void {
  const { keyword, kind } = bound
  const old = boundOf(bound, before)
  const now = boundOf(bound, after)
  const difference = now.value - old.value || Number(now.isExclusive) - Number(old.isExclusive)
  // With an exclusive maximum the bound is lower, with an exclusive minimum higher.
  const isHigher = kind === 'max' && now.value === old.value ? difference < 0 : difference > 0
  if (difference === 0 || Number.isNaN(difference)) return
  const isTighter = kind === 'max' ? !isHigher : isHigher
  const message = `\`${keyword}\` was ${show(before[keyword])} and is ${show(after[keyword])}`
  place.list.add(place.path, message, [isTighter ? 'backward' : 'forward'])
}

function boundOf(
  { keyword, kind, exclusive }: Bound,
  schema: JsonSchema,
): { readonly value: number; readonly isExclusive: boolean } {
  const value = schema[keyword]
  const isExclusive = exclusive !== undefined && schema[exclusive] === true
  if (typeof value === 'number') return { value, isExclusive }
  return { value: kind === 'max' ? Number.MAX_VALUE : -Number.MAX_VALUE, isExclusive: false }
}

/** Keywords whose two values nobody can compare, unless they are the same. */
const EXACT = [
  'pattern',
  'format',
  'multipleOf',
  'uniqueItems',
  'patternProperties',
  'dependencies',
  'not',
]

function compareExact(keyword: string, { before, after }: Sides, place: At): void {
  const [old, now] = [before, after].map((schema) => withoutOff(schema[keyword]))
  if (isSameJson(old, now)) return
  const { path, list } = place
  if (old === undefined) list.add(path, `\`${keyword}\` is asked now`, ['backward'])
  else if (now === undefined) list.add(path, `\`${keyword}\` is no longer asked`, ['forward'])
  else list.add(path, `\`${keyword}\` was ${show(old)} and is ${show(now)}`, BOTH)
}

function withoutOff(value: unknown): unknown {
  return value === false ? undefined : value
}

function show(value: unknown): string {
  if (value === undefined) return 'not given'
  const text = JSON.stringify(value)
  return `\`${text.length > 100 ? `${text.slice(0, 100)}…` : text}\``
}
