// Cron expressions as crontab has them: five fields, `minute hour day-of-month month day-of-week`, in which Sunday is 0
// or 7, and a day is named when either of the two day fields names it, or by both alone when the other is `*`.
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html

import { type Cron, parseCron } from './cron.ts'
import { addItem, type FieldRange } from './cron-field.ts'
import { EXPRESSION_LENGTH_MAX } from './limits.ts'
import type { TimeZone } from './time-zone.ts'
import { createTimeline, type Timeline } from './timeline.ts'

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

// What AWS has besides: `?`, `L`, `W` and `#` in the day fields.
const DAYS_OF_MONTH = /^[\d*,/-]+$/
const DAY_NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const DAYS_OF_WEEK: FieldRange = { min: 0, max: 7, names: DAY_NAMES, wraps: false }

/** The times of a crontab line, or undefined when it is none. */
export function parseUnixCron(text: string, zone?: TimeZone): Timeline | undefined {
  if (text.length > EXPRESSION_LENGTH_MAX) return undefined
  const fields = (MACROS[text.trim()] ?? text).trim().split(/\s+/)
  if (fields.length !== 5 || !DAYS_OF_MONTH.test(fields[2]!)) return undefined
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [
    string,
    string,
    string,
    string,
    string,
  ]
  const weekdays = weekdaysOf(dayOfWeek)
  if (weekdays === undefined) return undefined
  const ofMonth = parseCron(`${minute} ${hour} ${dayOfMonth} ${month} ? *`)
  const ofWeek = parseCron(`${minute} ${hour} ? ${month} ${weekdays} *`)
  if (ofMonth === undefined || ofWeek === undefined) return undefined
  if (dayOfWeek === '*') return timelineOf([ofMonth], zone)
  return timelineOf(dayOfMonth === '*' ? [ofWeek] : [ofMonth, ofWeek], zone)
}

/** The field in the numbers of AWS, in which Sunday is 1. */
function weekdaysOf(field: string): string | undefined {
  const days = new Set<number>()
  if (!field.split(',').every((item) => addItem(item, DAYS_OF_WEEK, days))) return undefined
  return Array.from(new Set(Array.from(days, (day) => (day % 7) + 1))).join(',')
}

function timelineOf(crons: readonly Cron[], zone: TimeZone | undefined): Timeline {
  const timelines = crons.map((expression) => createTimeline({ expression, zone, anchorMs: 0 }))
  return {
    next(afterMs) {
      const times = timelines.map((one) => one.next(afterMs)).filter((at) => at !== undefined)
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}
