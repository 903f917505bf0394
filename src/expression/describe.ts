// A schedule expression in English, for lists and previews: `every day at 02:00 UTC`.

import { assertNever } from '../base/index.ts'
import type { Cron, DaysOfMonth, DaysOfWeek } from './cron.ts'
import type { At, Expression, Rate } from './expression.ts'

/** Times of a day that are told one by one; of more, only how often. */
const TIMES_TOLD_MAX = 4

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** What an expression says; `zone` is a time zone's name. */
export function describeExpression(expression: Expression, zone = 'UTC'): string {
  switch (expression.kind) {
    case 'rate':
      return describeRate(expression)
    case 'cron':
      return describeCron(expression, zone)
    case 'at':
      return describeAt(expression, zone)
    default:
      return assertNever(expression)
  }
}

function describeRate({ value, unit }: Rate): string {
  return value === 1 ? `every ${unit}` : `every ${value} ${unit}s`
}

function describeAt({ localMs }: At, zone: string): string {
  const [date, time] = new Date(localMs).toISOString().slice(0, 19).split('T')
  return `once on ${date} at ${time} ${zone}`
}

function describeCron(cron: Cron, zone: string): string {
  const { hours, minutes, months } = cron
  const days = describeDays(cron)
  const isTold = hours.length * minutes.length <= TIMES_TOLD_MAX
  const times = hours.flatMap((hour) => minutes.map((minute) => clock(hour, minute)))
  const when = isTold ? `${days} at ${join(times)}` : describeOften(cron, days)
  const named = ascending(months).map((month) => MONTHS[month - 1]!)
  const inMonths = months.size === 12 ? '' : ` in ${join(named)}`
  const year = cron.fields[5]!
  return `${when}${inMonths}${year === '*' ? '' : ` in ${year}`} ${zone}`
}

function describeOften({ fields, hours, minutes }: Cron, days: string): string {
  const often = describeMinutes(fields[0]!, minutes)
  const about = days === 'every day' ? '' : ` ${days}`
  return hours.length === 24 ? `${often}${about}` : `${often} ${describeHours(hours)}${about}`
}

function describeMinutes(field: string, minutes: readonly number[]): string {
  if (minutes.length === 60) return 'every minute'
  const step = /^(?:\*|0)\/(\d+)$/.exec(field)?.[1]
  return step === undefined ? `at minute ${join(minutes.map(String))}` : `every ${step} minutes`
}

function describeHours(hours: readonly number[]): string {
  const [first, last] = [hours[0]!, hours.at(-1)!]
  const isRange = hours.length > 2 && last - first === hours.length - 1
  if (isRange) return `from ${clock(first, 0)} to ${clock(last, 59)}`
  return `in the hours ${join(hours.map((hour) => clock(hour, 0)))}`
}

function describeDays({ days, fields }: Cron): string {
  if (fields[2] === '*' || fields[4] === '*') return 'every day'
  return days.kind === 'month' ? monthDays(days) : weekDays(days)
}

function monthDays({ days, nearest, isLast, isLastWorking }: DaysOfMonth): string {
  const named = [
    ...ascending(days).map((day) => `day ${day}`),
    ...nearest.map((day) => `the working day nearest to day ${day}`),
    ...(isLastWorking ? ['the last working day'] : []),
    ...(isLast ? ['the last day'] : []),
  ]
  return `on ${join(named)} of the month`
}

function weekDays({ days, last, nth }: DaysOfWeek): string {
  if (nth !== undefined) return `on ${DAYS[nth.day - 1]} number ${nth.nth} of the month`
  const sorted = ascending(days)
  if (last.length === 0 && sorted.join() === '2,3,4,5,6') return 'Monday to Friday'
  if (last.length === 0 && sorted.length === 7) return 'every day'
  const named = [
    ...sorted.map((day) => DAYS[day - 1]!),
    ...last.map((day) => `the last ${DAYS[day - 1]} of the month`),
  ]
  return `on ${join(named)}`
}

function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

function ascending(values: ReadonlySet<number>): readonly number[] {
  return Array.from(values).sort((a, b) => a - b)
}

/** `a`, `a and b`, `a, b and c`. */
function join(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
