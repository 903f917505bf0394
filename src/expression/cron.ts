// Cron expressions of AWS: six fields, `minutes hours day-of-month month day-of-week year`. One of the two days is
// `?`, and the other decides.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based

import { addItem, type FieldRange, valueOf } from './cron-field.ts'
import { YEAR_MAX, YEAR_MIN } from './limits.ts'

export interface Cron {
  readonly kind: 'cron'
  /** The six fields as written. */
  readonly fields: readonly string[]
  /** Ascending. */
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  /** 1 to 12. */
  readonly months: ReadonlySet<number>
  readonly years: ReadonlySet<number>
  readonly days: DaysOfMonth | DaysOfWeek
}

/** Days by their number in the month. */
export interface DaysOfMonth {
  readonly kind: 'month'
  readonly days: ReadonlySet<number>
  /** `L`: the last day. */
  readonly isLast: boolean
  /** `LW`: the last working day, Monday to Friday. */
  readonly isLastWorking: boolean
  /** `15W`: the working day nearest to the 15th, in the same month. */
  readonly nearest: readonly number[]
}

/** Days by their place in the week, 1 (Sunday) to 7. */
export interface DaysOfWeek {
  readonly kind: 'week'
  readonly days: ReadonlySet<number>
  /** `6L`: the last Friday of the month. */
  readonly last: readonly number[]
  /** `3#2`: the second Tuesday; stands alone in its field. */
  readonly nth?: { readonly day: number; readonly nth: number }
}

const MONTH_NAMES: readonly string[] = [
  'JAN',
  'FEB',
  'MAR',
  'APR',
  'MAY',
  'JUN',
  'JUL',
  'AUG',
  'SEP',
  'OCT',
  'NOV',
  'DEC',
]
const DAY_NAMES: readonly string[] = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const MINUTES: FieldRange = { min: 0, max: 59, wraps: true }
const HOURS: FieldRange = { min: 0, max: 23, wraps: true }
const DAYS_OF_MONTH: FieldRange = { min: 1, max: 31, wraps: true }
const MONTHS: FieldRange = { min: 1, max: 12, names: MONTH_NAMES, wraps: true }
const DAYS_OF_WEEK: FieldRange = { min: 1, max: 7, names: DAY_NAMES, wraps: true }
const YEARS: FieldRange = { min: YEAR_MIN, max: YEAR_MAX, wraps: false }

/** The expression between the parentheses of `cron(…)`, or undefined when AWS would refuse it. */
export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().split(/ +/)
  if (fields.length !== 6) return undefined
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) return undefined
  const minutes = parseField(minute!, MINUTES)
  const hours = parseField(hour!, HOURS)
  const months = parseField(month!, MONTHS)
  const years = parseField(year!, YEARS)
  const days = dayOfWeek === '?' ? parseDaysOfMonth(dayOfMonth!) : parseDaysOfWeek(dayOfWeek!)
  if (!minutes || !hours || !months || !years || !days) return undefined
  return {
    kind: 'cron',
    fields,
    minutes: ascending(minutes),
    hours: ascending(hours),
    months,
    years,
    days,
  }
}

function parseField(text: string, field: FieldRange): ReadonlySet<number> | undefined {
  // Most fields are `*`, and there may be very many expressions.
  if (text === '*') return EVERYTHING.get(field)
  return parseItems(text, field)
}

function parseItems(text: string, field: FieldRange): ReadonlySet<number> | undefined {
  const values = new Set<number>()
  return text.split(',').every((item) => addItem(item, field, values)) ? values : undefined
}

const EVERYTHING: ReadonlyMap<FieldRange, ReadonlySet<number> | undefined> = new Map(
  [MINUTES, HOURS, MONTHS, YEARS].map((field) => [field, parseItems('*', field)]),
)

function parseDaysOfMonth(text: string): DaysOfMonth | undefined {
  const days = new Set<number>()
  const nearest: number[] = []
  let isLast = false
  let isLastWorking = false
  for (const item of text.toUpperCase().split(',')) {
    const working = /^(\d{1,2})W$/.exec(item)
    const day = working === null ? undefined : valueOf(working[1]!, DAYS_OF_MONTH)
    if (item === 'L') isLast = true
    else if (item === 'LW') isLastWorking = true
    else if (day !== undefined) nearest.push(day)
    else if (!addItem(item, DAYS_OF_MONTH, days)) return undefined
  }
  return { kind: 'month', days, isLast, isLastWorking, nearest }
}

function parseDaysOfWeek(text: string): DaysOfWeek | undefined {
  const upper = text.toUpperCase()
  const numbered = /^([^#,]+)#([1-5])$/.exec(upper)
  if (numbered !== null) {
    const day = valueOf(numbered[1]!, DAYS_OF_WEEK)
    if (day === undefined) return undefined
    return { kind: 'week', days: new Set(), last: [], nth: { day, nth: Number(numbered[2]) } }
  }
  const days = new Set<number>()
  const last: number[] = []
  for (const item of upper.split(',')) {
    const day = item.endsWith('L') ? valueOf(item.slice(0, -1), DAYS_OF_WEEK) : undefined
    // Alone it is the last day of the week.
    if (item === 'L') days.add(DAYS_OF_WEEK.max)
    else if (day !== undefined) last.push(day)
    else if (!addItem(item, DAYS_OF_WEEK, days)) return undefined
  }
  return { kind: 'week', days, last }
}

function ascending(values: ReadonlySet<number>): readonly number[] {
  return Array.from(values).sort((a, b) => a - b)
}
