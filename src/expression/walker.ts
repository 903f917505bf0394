// The oracle of cron expressions, for tests: walks minute by minute and asks of each whether the documented rules
// name it. Written from AWS's user guide without a look at the parser or the search, and slow on purpose.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ')

export interface Walk {
  readonly zone: string
  readonly from: number
  readonly to: number
}

/** For each cron text, every minute in `[from, to)` at which it fires. */
export function walk(texts: readonly string[], { zone, from, to }: Walk): readonly number[][] {
  const crons = texts.map((text) => new NaiveCron(text))
  const fired: number[][] = texts.map(() => [])
  // What a clock on the wall has shown up to now: it fires for a time it shows again no second time.
  let shownUpTo = Number.NEGATIVE_INFINITY
  for (const { at, local } of minutesOf(zone, { from: from - 2 * DAY_MS, to })) {
    if (local <= shownUpTo) continue
    shownUpTo = local
    if (at < from) continue
    for (const [index, cron] of crons.entries()) if (cron.names(local)) fired[index]!.push(at)
  }
  return fired
}

interface WallMinute {
  readonly at: number
  /** What the clock on the wall shows, as if it were UTC. */
  readonly local: number
}

function* minutesOf(zone: string, { from, to }: Omit<Walk, 'zone'>): Generator<WallMinute> {
  const clock = new WallClock(zone)
  for (let hour = from; hour < to; hour += HOUR_MS) {
    const first = clock.read(hour)
    // An hour whose ends agree has no change in it.
    const isEven = clock.read(hour + HOUR_MS) - first === HOUR_MS
    for (let at = hour; at < hour + HOUR_MS && at < to; at += MINUTE_MS) {
      yield { at, local: isEven ? first + at - hour : clock.read(at) }
    }
  }
}

class WallClock {
  readonly #format: Intl.DateTimeFormat

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    })
  }

  read(at: number): number {
    return Date.parse(`${this.#format.format(at).replace(' ', 'T')}Z`)
  }
}

class NaiveCron {
  readonly #fields: readonly string[]
  #date = Number.NaN
  #isDateNamed = false
  readonly #times = new Map<number, boolean>()

  constructor(text: string) {
    this.#fields = text.slice('cron('.length, -1).split(' ')
  }

  names(local: number): boolean {
    const date = Math.floor(local / DAY_MS)
    if (date !== this.#date) {
      this.#date = date
      this.#isDateNamed = this.#namesDate(new Date(date * DAY_MS))
    }
    return this.#isDateNamed && this.#namesTime((local - date * DAY_MS) / MINUTE_MS)
  }

  #namesTime(minute: number): boolean {
    let isNamed = this.#times.get(minute)
    if (isNamed === undefined) {
      const [minutes, hours] = this.#fields as [string, string]
      isNamed = namesNumber(minutes, minute % 60, { min: 0, max: 59 })
      isNamed &&= namesNumber(hours, Math.floor(minute / 60), { min: 0, max: 23 })
      this.#times.set(minute, isNamed)
    }
    return isNamed
  }

  #namesDate(date: Date): boolean {
    const [, , dayOfMonth, month, dayOfWeek, year] = this.#fields as [string, ...string[]]
    if (!namesNumber(year!, date.getUTCFullYear(), { min: 1970, max: 2199 })) return false
    const months = replaceNames(month!, MONTHS)
    if (!namesNumber(months, date.getUTCMonth() + 1, { min: 1, max: 12 })) return false
    return dayOfWeek === '?' ? namesDayOfMonth(dayOfMonth!, date) : namesDayOfWeek(dayOfWeek!, date)
  }
}

function namesDayOfMonth(field: string, date: Date): boolean {
  const day = date.getUTCDate()
  const last = daysIn(date)
  return field.split(',').some((item) => {
    if (item === 'L') return day === last
    if (item === 'LW') return day === workingDayNear(last, date)
    if (item.endsWith('W')) {
      const wanted = Number(item.slice(0, -1))
      return wanted <= last && day === workingDayNear(wanted, date)
    }
    return namesNumber(item, day, { min: 1, max: 31 })
  })
}

function namesDayOfWeek(text: string, date: Date): boolean {
  const field = replaceNames(text, WEEKDAYS)
  const weekday = date.getUTCDay() + 1
  const day = date.getUTCDate()
  if (field.includes('#')) {
    const [wanted, nth] = field.split('#').map(Number) as [number, number]
    return weekday === wanted && day > (nth - 1) * 7 && day <= nth * 7
  }
  return field.split(',').some((item) => {
    if (item === 'L') return weekday === 7
    if (item.endsWith('L')) return weekday === Number(item[0]) && day > daysIn(date) - 7
    return namesNumber(item, weekday, { min: 1, max: 7 })
  })
}

/** The day of the month, Monday to Friday, that is the fewest days away; going out, never into another month. */
function workingDayNear(wanted: number, date: Date): number {
  for (let distance = 0; distance < 7; distance += 1) {
    for (const day of [wanted - distance, wanted + distance]) {
      const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), day)).getUTCDay()
      if (day >= 1 && day <= daysIn(date) && weekday >= 1 && weekday <= 5) return day
    }
  }
  throw new Error('a month has working days')
}

function daysIn(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
}

function replaceNames(field: string, names: readonly string[]): string {
  return names.reduce((text, name, index) => text.replaceAll(name, String(index + 1)), field)
}

/** Counts from where an item begins, by its steps, until it ends, and says whether it came by `wanted`. */
function namesNumber(
  field: string,
  wanted: number,
  { min, max }: { readonly min: number; readonly max: number },
): boolean {
  return field.split(',').some((item) => {
    const [range, step] = item.split('/') as [string, string?]
    const [first, second] = range.split('-') as [string, string?]
    const start = first === '*' ? min : Number(first)
    const end = second === undefined ? (first === '*' || step ? max : start) : Number(second)
    let left = end >= start ? end - start : end - start + (max - min + 1)
    let at = start
    while (left >= 0) {
      if (at === wanted) return true
      for (let moved = 0; moved < Number(step ?? 1); moved += 1) at = at === max ? min : at + 1
      left -= Number(step ?? 1)
    }
    return false
  })
}
