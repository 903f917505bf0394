// The values of a Go program, as far as templates see them. Whole numbers and floats are apart, as they are in Go:
// a number of JSON is a float64, a literal without a point an int.
//
// `null` is a nil interface; `undefined` is no value at all, which is what a missing key without `missingkey=error`
// and the end of a pipeline of nil give. Both print as `<no value>`.

import { GoFault } from './go-template-error.ts'
import { VALUE_DEPTH_MAX } from './limits.ts'

export type GoValue =
  | undefined
  | null
  | boolean
  | string
  /** A float64. */
  | number
  | GoInt
  | GoList
  | GoMap
  | GoStruct
  | GoTime

export type IntType = 'int' | 'int64' | 'uint8'

/** A whole number of 64 bits. */
export class GoInt {
  readonly value: bigint
  readonly type: IntType

  constructor(value: bigint | number, type: IntType = 'int') {
    this.value = BigInt.asIntN(64, BigInt(value))
    this.type = type
  }
}

/** A slice; `element` is the type of what is in it. */
export class GoList {
  readonly items: GoValue[]
  readonly element: string

  constructor(items: GoValue[], element = 'interface {}') {
    this.items = items
    this.element = element
  }
}

/** A map from text; `element` is the type of its values. */
export class GoMap {
  readonly entries: Map<string, GoValue>
  readonly element: string

  constructor(entries: Iterable<readonly [string, GoValue]> = [], element = 'interface {}') {
    this.entries = new Map(entries)
    this.element = element
  }

  /** In the order in which Go prints and walks a map. */
  sorted(): [string, GoValue][] {
    return [...this.entries].sort(([a], [b]) => compareText(a, b))
  }
}

export interface GoField {
  readonly name: string
  /** Its name in JSON. */
  readonly jsonName: string
  readonly value: GoValue
}

/** A struct, whose fields are reached by their Go names and written to JSON under others. */
export class GoStruct {
  readonly type: string
  readonly fields: readonly GoField[]

  constructor(type: string, fields: readonly GoField[]) {
    this.type = type
    this.fields = fields
  }
}

/** A time.Time; `zone` is a name of the IANA's. */
export class GoTime {
  readonly unixMs: number
  readonly zone: string

  constructor(unixMs: number, zone = 'UTC') {
    this.unixMs = unixMs
    this.zone = zone
  }
}

/** A value of JSON, copied, so that a template which changes it changes nothing outside. */
export function fromJson(json: unknown, depth = 0): GoValue {
  if (depth > VALUE_DEPTH_MAX) throw new GoFault('exceeded max depth')
  if (json === null || json === undefined) return null
  if (typeof json === 'boolean' || typeof json === 'string' || typeof json === 'number') return json
  if (typeof json === 'bigint') return Number(json)
  if (Array.isArray(json)) return new GoList(json.map((item) => fromJson(item, depth + 1)))
  if (json instanceof GoStruct || json instanceof GoMap) return json
  return new GoMap(Object.entries(json).map(([name, value]) => [name, fromJson(value, depth + 1)]))
}

/** The type as Go writes it. */
export function typeOf(value: GoValue): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'float64'
  if (value instanceof GoInt) return value.type
  if (value instanceof GoList) return `[]${value.element}`
  if (value instanceof GoMap) return `map[string]${value.element}`
  return value instanceof GoTime ? 'time.Time' : value.type
}

export function kindOf(value: GoValue): string {
  if (value === undefined || value === null) return 'invalid'
  if (value instanceof GoList) return 'slice'
  if (value instanceof GoMap) return 'map'
  if (value instanceof GoStruct || value instanceof GoTime) return 'struct'
  return typeOf(value)
}

/** Whether it is other than the zero of its type. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value !== ''
  if (typeof value === 'number') return value !== 0
  if (value instanceof GoInt) return value.value !== 0n
  if (value instanceof GoList) return value.items.length > 0
  return value instanceof GoMap ? value.entries.size > 0 : true
}

/** In the order of their bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return isAscii(a) && isAscii(b)
    ? a < b
      ? -1
      : 1
    : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Whether two values are the same all the way down; every value touched costs. */
export function deepEqual(
  a: GoValue,
  b: GoValue,
  spend: (cost: number) => void,
  depth = 0,
): boolean {
  if (depth > VALUE_DEPTH_MAX) throw new GoFault('exceeded max depth')
  spend(1)
  if (a instanceof GoInt && b instanceof GoInt) return a.type === b.type && a.value === b.value
  if (a instanceof GoTime && b instanceof GoTime) return a.unixMs === b.unixMs && a.zone === b.zone
  if (a instanceof GoList && b instanceof GoList) {
    if (a.element !== b.element || a.items.length !== b.items.length) return false
    return a.items.every((item, index) => deepEqual(item, b.items[index], spend, depth + 1))
  }
  if (a instanceof GoMap && b instanceof GoMap) {
    if (a.element !== b.element || a.entries.size !== b.entries.size) return false
    return [...a.entries].every(
      ([name, value]) =>
        b.entries.has(name) && deepEqual(value, b.entries.get(name), spend, depth + 1),
    )
  }
  return (a ?? null) === (b ?? null)
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text)
}
