// Times as Go writes and reads them: by an example of how the second of January 2006 would look.
// https://pkg.go.dev/time#Layout

import { GoFault } from './go-template-error.ts'
import { GoTime } from './go-value.ts'

const MONTHS =
  'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

const PARTS =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-07:00|-0700|-07|Z07:00|Z0700|Z07|002|01|02|03|04|05|06|15|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|__2|_2|1|2|3|4|5/g

/** The parts of a moment at a place. */
interface Clock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly yearDay: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  readonly offsetMinutes: number
  readonly zone: string
}

export function formatGoTime(time: GoTime, layout: string): string {
  const clock = clockOf(time)
  return layout.replaceAll(PARTS, (part) => formatPart(part, clock))
}

function formatPart(part: string, clock: Clock): string {
  const hour12 = clock.hour % 12 === 0 ? 12 : clock.hour % 12
  switch (part) {
    case 'January':
      return MONTHS[clock.month - 1]!
    case 'Jan':
      return MONTHS[clock.month - 1]!.slice(0, 3)
    case 'Monday':
      return DAYS[clock.weekday]!
    case 'Mon':
      return DAYS[clock.weekday]!.slice(0, 3)
    case 'MST':
      return clock.zone
    case '2006':
      return String(clock.year).padStart(4, '0')
    case '06':
      return two(clock.year % 100)
    case '01':
      return two(clock.month)
    case '1':
      return String(clock.month)
    case '02':
      return two(clock.day)
    case '_2':
      return String(clock.day).padStart(2, ' ')
    case '2':
      return String(clock.day)
    case '002':
      return String(clock.yearDay).padStart(3, '0')
    case '__2':
      return String(clock.yearDay).padStart(3, ' ')
    case '15':
      return two(clock.hour)
    case '03':
      return two(hour12)
    case '3':
      return String(hour12)
    case '04':
      return two(clock.minute)
    case '4':
      return String(clock.minute)
    case '05':
      return two(clock.second)
    case '5':
      return String(clock.second)
    case 'PM':
      return clock.hour < 12 ? 'AM' : 'PM'
    case 'pm':
      return clock.hour < 12 ? 'am' : 'pm'
    default:
      return /^[.,]/.test(part) ? formatFraction(part, clock) : formatOffset(part, clock)
  }
}

/** Of two digits. */
function two(value: number): string {
  return String(value).padStart(2, '0')
}

function formatFraction(part: string, { millisecond }: Clock): string {
  const digits = String(millisecond)
    .padStart(3, '0')
    .padEnd(part.length - 1, '0')
    .slice(0, part.length - 1)
  if (part[1] === '0') return part[0] + digits
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '' : part[0] + kept
}

function formatOffset(part: string, { offsetMinutes }: Clock): string {
  if (part.startsWith('Z') && offsetMinutes === 0) return 'Z'
  const size = Math.abs(offsetMinutes)
  const [hours, minutes] = [Math.floor(size / 60), size % 60].map((n) => String(n).padStart(2, '0'))
  const sign = offsetMinutes < 0 ? '-' : '+'
  if (part.endsWith(':00:00')) return `${sign}${hours}:${minutes}:00`
  if (part.includes(':')) return `${sign}${hours}:${minutes}`
  return part.endsWith('00') ? `${sign}${hours}${minutes}` : `${sign}${hours}`
}

function clockOf({ unixMs, zone }: GoTime): Clock {
  const offsetMinutes = offsetOf(unixMs, zone)
  const local = new Date(unixMs + offsetMinutes * 60_000)
  const year = local.getUTCFullYear()
  const dayMs = 86_400_000
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - Date.UTC(year, 0, 1)) / dayMs) + 1,
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
    offsetMinutes,
    zone: zone === 'UTC' ? 'UTC' : nameOf(unixMs, zone),
  }
}

/** Minutes that the place is ahead of UTC. */
function offsetOf(unixMs: number, zone: string): number {
  if (zone === 'UTC') return 0
  const text = zonePart(unixMs, zone, 'longOffset')
  const match = /([+-])(\d\d):(\d\d)/.exec(text)
  if (match === null) return 0
  const size = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -size : size
}

function nameOf(unixMs: number, zone: string): string {
  return zonePart(unixMs, zone, 'short')
}

function zonePart(unixMs: number, zone: string, timeZoneName: 'longOffset' | 'short'): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName })
  const parts = format.formatToParts(unixMs)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** The name when it is one of a place; what Go's `LoadLocation` would not find is UTC. */
export function zoneOf(name: string): string {
  if (name === 'Local' || name === '' || name === 'UTC') return 'UTC'
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return 'UTC'
  }
}

/** Reads a text by a layout; undefined when it does not fit. Times without an offset are UTC. */
export function parseGoTime(layout: string, text: string): GoTime | undefined {
  const found: Record<string, string> = {}
  const names: string[] = []
  let at = 0
  let source = ''
  for (const match of layout.matchAll(PARTS)) {
    source += escapeExpression(layout.slice(at, match.index)) + expressionOf(match[0])
    names.push(match[0])
    at = match.index + match[0].length
  }
  source += escapeExpression(layout.slice(at))
  const match = new RegExp(`^${source}$`).exec(text)
  if (match === null) return undefined
  for (const [index, name] of names.entries()) found[name] = match[index + 1] ?? ''
  return timeOf(found)
}

function expressionOf(part: string): string {
  if (part === 'January' || part === 'Monday') return '([A-Za-z]+)'
  if (part === 'Jan' || part === 'Mon') return '([A-Za-z]{3})'
  if (part === 'MST') return '([A-Z]{3,4})'
  if (part === '2006') return String.raw`(\d{4})`
  if (/^[.,]/.test(part)) return String.raw`([.,]\d+)?`
  if (part.startsWith('Z')) return String.raw`(Z|[+-]\d\d:?\d\d)`
  if (part.startsWith('-')) return String.raw`([+-]\d\d:?(?:\d\d)?)`
  if (part === 'PM' || part === 'pm') return '([AaPp][Mm])'
  if (part === '002' || part === '__2') return String.raw`([ \d]{2}\d)`
  return /^0|^15$/.test(part) ? String.raw`(\d\d)` : String.raw` ?(\d\d?)`
}

function timeOf(found: Readonly<Record<string, string>>): GoTime | undefined {
  const pick = (...names: string[]): number | undefined => {
    const name = names.find((one) => found[one] !== undefined)
    return name === undefined ? undefined : Number(found[name])
  }
  const monthName = found['January'] ?? found['Jan']
  const named = MONTHS.findIndex((month) => month.slice(0, 3) === monthName?.slice(0, 3)) + 1
  const month = monthName === undefined ? (pick('01', '1') ?? 1) : named
  const short = pick('06')
  const year = pick('2006') ?? (short === undefined ? 0 : short + (short >= 69 ? 1900 : 2000))
  const noon = (found['PM'] ?? found['pm'] ?? '').toLowerCase()
  const hour12 = pick('03', '3')
  const hour = pick('15') ?? ((hour12 ?? 0) % 12) + (noon === 'pm' ? 12 : 0)
  const fraction = Object.entries(found).find(([name]) => /^[.,]/.test(name))?.[1] ?? ''
  const day = pick('02', '_2', '2') ?? 1
  const parts = [month, day, hour, pick('04', '4') ?? 0, pick('05', '5') ?? 0] as const
  const ms = Math.floor(Number(`0.${fraction.slice(1)}0`) * 1000)
  if (
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > 31 ||
    hour > 23 ||
    parts[3] > 59 ||
    parts[4] > 59
  ) {
    return undefined
  }
  const date = new Date(Date.UTC(2000, month - 1, day, hour, parts[3], parts[4], ms))
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCDate() !== day) return undefined
  return new GoTime(date.getTime() - offsetIn(found) * 60_000)
}

function offsetIn(found: Readonly<Record<string, string>>): number {
  const text = Object.entries(found).find(([name]) => /^[Z-]/.test(name))?.[1] ?? 'Z'
  const match = /^([+-])(\d\d):?(\d\d)?/.exec(text)
  if (match === null) return 0
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0))
}

function escapeExpression(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** `time.ParseDuration`, in milliseconds. Throws `GoFault`. */
export function parseGoDuration(text: string): number {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+|0)$/.exec(text)
  if (match === null) throw new GoFault(`time: invalid duration ${JSON.stringify(text)}`)
  let total = 0
  for (const [, size, unit] of match[2]!.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(size) * UNITS[unit!]!
  }
  return match[1] === '-' ? -total : total
}

/** `Duration.String` of whole seconds. */
export function formatGoSeconds(seconds: number): string {
  const size = Math.abs(seconds)
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  const sign = seconds < 0 ? '-' : ''
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}s`
  return minutes > 0 ? `${sign}${minutes}m${rest}s` : `${sign}${rest}s`
}
