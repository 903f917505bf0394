// What values look like, learnt from samples: each sample widens the shape, none narrows it. A shape is what
// discovery keeps of all the events of a type.
//
// Invariant: a value that was merged into a shape is valid under the schema made of it.

import { INFERENCE_DEPTH_MAX, INFERRED_PROPERTIES_MAX } from './limits.ts'

export interface Shape {
  readonly isNullable: boolean
  readonly hasBoolean: boolean
  readonly hasNumber: boolean
  /** `date-time` while every text was one. */
  readonly text?: 'date-time' | 'any'
  /** What lists hold; of an empty list nothing is known. */
  readonly items?: Shape
  readonly fields?: Fields
  /** Values so deep, or so different, that nothing more is said of them. */
  readonly isAnything: boolean
}

export interface Fields {
  readonly byName: ReadonlyMap<string, Field>
  /** Names that are data, as in a map: one shape for all of them. */
  readonly others?: Shape
}

export interface Field {
  readonly shape: Shape
  /** Every sample had it. */
  readonly isRequired: boolean
}

export const NOTHING: Shape = {
  isNullable: false,
  hasBoolean: false,
  hasNumber: false,
  isAnything: false,
}

export const ANYTHING: Shape = { ...NOTHING, isAnything: true }

/** The shape of one value. */
export function shapeOf(value: unknown, depth: number = 0): Shape {
  if (depth > INFERENCE_DEPTH_MAX) return ANYTHING
  if (value === null) return { ...NOTHING, isNullable: true }
  if (typeof value === 'boolean') return { ...NOTHING, hasBoolean: true }
  if (typeof value === 'number') return { ...NOTHING, hasNumber: true }
  if (typeof value === 'string') {
    return { ...NOTHING, text: isDateTime(value) ? 'date-time' : 'any' }
  }
  if (Array.isArray(value)) return { ...NOTHING, items: shapeOfItems(value, depth) }
  return typeof value === 'object' ? { ...NOTHING, fields: shapeOfFields(value, depth) } : ANYTHING
}

/** The least shape that both values of `a` and of `b` have. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  if (a.isAnything || b.isAnything) return ANYTHING
  const text = a.text === undefined || a.text === b.text ? (b.text ?? a.text) : a.text
  const isMixed = a.text !== undefined && b.text !== undefined && a.text !== b.text
  const items = mergeOptional(a.items, b.items, mergeShapes)
  const fields = mergeOptional(a.fields, b.fields, mergeFields)
  return {
    isNullable: a.isNullable || b.isNullable,
    hasBoolean: a.hasBoolean || b.hasBoolean,
    hasNumber: a.hasNumber || b.hasNumber,
    isAnything: false,
    ...(text === undefined ? {} : { text: isMixed ? 'any' : text }),
    ...(items === undefined ? {} : { items }),
    ...(fields === undefined ? {} : { fields }),
  }
}

/** Whether a value tells nothing new of a shape: merging it in would change nothing. */
export function fitsShape(shape: Shape, value: unknown): boolean {
  if (shape.isAnything) return true
  if (value === null) return shape.isNullable
  if (typeof value === 'boolean') return shape.hasBoolean
  if (typeof value === 'number') return shape.hasNumber
  if (typeof value === 'string') {
    return shape.text === 'any' || (shape.text === 'date-time' && isDateTime(value))
  }
  if (Array.isArray(value)) {
    const { items } = shape
    return items !== undefined && value.every((item) => fitsShape(items, item))
  }
  return shape.fields !== undefined && typeof value === 'object' && fitsFields(shape.fields, value)
}

function fitsFields({ byName, others }: Fields, value: object): boolean {
  const names = Object.keys(value)
  const values = value as Readonly<Record<string, unknown>>
  if (others !== undefined) return names.every((name) => fitsShape(others, values[name]))
  for (const name of names) {
    const field = byName.get(name)
    if (field === undefined || !fitsShape(field.shape, values[name])) return false
  }
  for (const [name, { isRequired }] of byName) {
    if (isRequired && !Object.hasOwn(value, name)) return false
  }
  return true
}

function mergeOptional<T>(
  a: T | undefined,
  b: T | undefined,
  merge: (a: T, b: T) => T,
): T | undefined {
  return a === undefined ? b : b === undefined ? a : merge(a, b)
}

function mergeFields(a: Fields, b: Fields): Fields {
  const byName = new Map<string, Field>()
  for (const [name, field] of a.byName) {
    const other = b.byName.get(name)
    const shape = other === undefined ? field.shape : mergeShapes(field.shape, other.shape)
    byName.set(name, { shape, isRequired: field.isRequired && other?.isRequired === true })
  }
  for (const [name, field] of b.byName) {
    if (!a.byName.has(name)) byName.set(name, { ...field, isRequired: false })
  }
  const others = mergeOptional(a.others, b.others, mergeShapes)
  return bounded(others === undefined ? { byName } : { byName, others })
}

/** An object with very many names is a map: its names are data. */
function bounded(fields: Fields): Fields {
  if (fields.others === undefined && fields.byName.size <= INFERRED_PROPERTIES_MAX) return fields
  const shapes = Array.from(fields.byName.values(), (field) => field.shape)
  return { byName: new Map(), others: shapes.reduce(mergeShapes, fields.others ?? NOTHING) }
}

function shapeOfItems(items: readonly unknown[], depth: number): Shape {
  let shape = NOTHING
  for (const item of items) shape = mergeShapes(shape, shapeOf(item, depth + 1))
  return shape
}

function shapeOfFields(value: object, depth: number): Fields {
  const byName = new Map<string, Field>()
  for (const [name, entry] of Object.entries(value)) {
    byName.set(name, { shape: shapeOf(entry, depth + 1), isRequired: true })
  }
  return bounded({ byName })
}

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/

/** A date and time with its zone as RFC 3339 writes it, of a day that there is. */
function isDateTime(text: string): boolean {
  const match = DATE_TIME.exec(text)
  if (match === null) return false
  const [year, month, day] = match.slice(1, 4).map(Number)
  const date = new Date(Date.UTC(year!, month! - 1, day))
  return year! > 99 && date.getUTCMonth() === month! - 1 && date.getUTCDate() === day!
}
