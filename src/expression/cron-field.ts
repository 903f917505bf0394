// One field of a cron expression as the set of values it names: `*`, `5`, `MON-FRI`, `0/15`, `9-17/2`, and lists
// of them. What only the day fields know (`?`, `L`, `W`, `#`) is read by cron.ts before it comes here.

export interface FieldRange {
  readonly min: number
  readonly max: number
  /** Names that stand for numbers, the first for `min`. */
  readonly names?: readonly string[]
  /** Whether a range may go on past the end: `FRI-MON`, `22-2`. */
  readonly wraps: boolean
}

/** Adds what one item of a field names to `values`; false when it is not an item of this field. */
export function addItem(item: string, field: FieldRange, values: Set<number>): boolean {
  const match = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(item)
  if (match === null) return false
  const step = match[2] === undefined ? undefined : Number(match[2])
  if (step !== undefined && (step < 1 || step > field.max)) return false
  const range = parseRange(match[1]!, field, step !== undefined)
  if (range === undefined) return false
  const size = field.max - field.min + 1
  const length = range.to >= range.from ? range.to - range.from : range.to - range.from + size
  for (let offset = 0; offset <= length; offset += step ?? 1) {
    values.add(field.min + ((range.from - field.min + offset) % size))
  }
  return true
}

/** The number that a value of the field stands for, or undefined when it is none. */
export function valueOf(text: string, field: FieldRange): number | undefined {
  const index = field.names?.indexOf(text.toUpperCase()) ?? -1
  if (index !== -1) return field.min + index
  if (!/^\d{1,4}$/.test(text)) return undefined
  const value = Number(text)
  return value >= field.min && value <= field.max ? value : undefined
}

interface Range {
  readonly from: number
  readonly to: number
}

/** A single value with a step begins there and goes on to the end of the field. */
function parseRange(text: string, field: FieldRange, isStepped: boolean): Range | undefined {
  if (text === '*') return { from: field.min, to: field.max }
  const ends = text.split('-')
  if (ends.length > 2) return undefined
  const from = valueOf(ends[0]!, field)
  if (from === undefined) return undefined
  if (ends.length === 1) return { from, to: isStepped ? field.max : from }
  const to = valueOf(ends[1]!, field)
  if (to === undefined || (to < from && !field.wraps)) return undefined
  return { from, to }
}
