// The next time that a cron expression names, on a clock that shows local time and never changes: time zones are
// put on it by timeline.ts. Local time is counted in milliseconds as if it were UTC.

import type { Cron, DaysOfMonth, DaysOfWeek } from './cron.ts'
import { SEARCH_MONTHS_MAX, YEAR_MAX, YEAR_MIN } from './limits.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** The first matching local time at or after `localMs`, or undefined when there is none any more. */
export function nextLocalTime(cron: Cron, localMs: number): number | undefined {
  const from = Math.max(Math.ceil(localMs / MINUTE_MS) * MINUTE_MS, Date.UTC(YEAR_MIN, 0, 1))
  const start = new Date(from)
  let year = start.getUTCFullYear()
  let month = start.getUTCMonth() + 1
  let dayMin = start.getUTCDate()
  let minuteMin = (from % DAY_MS) / MINUTE_MS
  for (let looked = 0; looked < SEARCH_MONTHS_MAX && year <= YEAR_MAX; looked += 1) {
    if (cron.years.has(year) && cron.months.has(month)) {
      const days = daysOf(cron.days, year, month)
      for (const day of days) {
        if (day < dayMin) continue
        const minute = firstMinute(cron, day === dayMin ? minuteMin : 0)
        if (minute !== undefined) return Date.UTC(year, month - 1, day) + minute * MINUTE_MS
      }
    }
    month = month === 12 ? 1 : month + 1
    if (month === 1) year += 1
    dayMin = 1
    minuteMin = 0
  }
  return undefined
}

/** The first minute of a day, at or after `minuteMin`, that the expression names. */
function firstMinute({ hours, minutes }: Cron, minuteMin: number): number | undefined {
  const hourMin = Math.floor(minuteMin / 60)
  for (const hour of hours) {
    if (hour < hourMin) continue
    if (hour > hourMin) return hour * 60 + minutes[0]!
    const minute = minutes.find((candidate) => candidate >= minuteMin % 60)
    if (minute !== undefined) return hour * 60 + minute
  }
  return undefined
}

/** The days of one month that the expression names, ascending. */
function daysOf(days: DaysOfMonth | DaysOfWeek, year: number, month: number): readonly number[] {
  const shape = { firstWeekday: weekdayOf(year, month), length: lengthOf(year, month) }
  const named = new Set<number>()
  if (days.kind === 'month') addDaysOfMonth(days, shape, named)
  else addDaysOfWeek(days, shape, named)
  return Array.from(named).sort((a, b) => a - b)
}

interface MonthShape {
  /** Of the first day: 1 (Sunday) to 7. */
  readonly firstWeekday: number
  readonly length: number
}

function addDaysOfMonth(days: DaysOfMonth, shape: MonthShape, named: Set<number>): void {
  for (const day of days.days) if (day <= shape.length) named.add(day)
  if (days.isLast) named.add(shape.length)
  if (days.isLastWorking) named.add(nearestWorkingDay(shape.length, shape))
  // A month without that day has no working day nearest to it.
  for (const day of days.nearest) {
    if (day <= shape.length) named.add(nearestWorkingDay(day, shape))
  }
}

function addDaysOfWeek(days: DaysOfWeek, shape: MonthShape, named: Set<number>): void {
  for (let day = 1; day <= shape.length; day += 1) {
    const weekday = weekdayAt(day, shape)
    if (days.days.has(weekday)) named.add(day)
    if (days.last.includes(weekday) && day + 7 > shape.length) named.add(day)
    const { nth } = days
    if (nth !== undefined && nth.day === weekday && Math.ceil(day / 7) === nth.nth) named.add(day)
  }
}

/** Monday to Friday, and never of another month: the 1st as a Saturday gives the 3rd. */
function nearestWorkingDay(day: number, shape: MonthShape): number {
  const weekday = weekdayAt(day, shape)
  if (weekday === 7) return day === 1 ? 3 : day - 1
  if (weekday === 1) return day === shape.length ? day - 2 : day + 1
  return day
}

function weekdayAt(day: number, { firstWeekday }: MonthShape): number {
  return ((firstWeekday - 1 + day - 1) % 7) + 1
}

function weekdayOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 1
}

function lengthOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}
