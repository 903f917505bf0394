// Time zones by their IANA names, from Intl alone. The offsets of a year are worked out once, as the moments at
// which they change, and looked up from then on.
//
// Invariant: a zone's offset changes at most once between two of the moments that are sampled (10 days apart; the
// shortest time between two changes that any zone has is about four weeks, in Morocco at Ramadan).

import { OFFSET_YEARS_MAX, TIME_ZONES_MAX } from './limits.ts'

const DAY_MS = 86_400_000
const SAMPLE_MS = 10 * DAY_MS
const SECOND_MS = 1000

/** No zone is further from UTC than this. */
const OFFSET_MS_MAX = DAY_MS

export interface TimeZone {
  readonly name: string
  /** Local time minus UTC, milliseconds. */
  offsetAt(instantMs: number): number
  /**
   * The instant at which clocks show a local time (milliseconds as if it were UTC): the first of the two when they
   * show it twice, undefined when they skip it.
   */
  instantOf(localMs: number): number | undefined
}

/** The zone of a name, or undefined when there is none. */
export function findTimeZone(name: string): TimeZone | undefined {
  const known = zones.get(name)
  if (known !== undefined) return known
  const format = openFormat(name)
  if (format === undefined) return undefined
  const zone = name === 'UTC' ? UTC : new IntlTimeZone(name, format)
  if (zones.size >= TIME_ZONES_MAX) zones.clear()
  zones.set(name, zone)
  return zone
}

export const UTC: TimeZone = {
  name: 'UTC',
  offsetAt: () => 0,
  instantOf: (localMs) => localMs,
}

const zones = new Map<string, TimeZone>()

function openFormat(name: string): Intl.DateTimeFormat | undefined {
  // Intl also takes offsets such as `+01:00`, which are no names.
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return undefined
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      timeZoneName: 'longOffset',
      year: 'numeric',
    })
  } catch {
    // No zone has this name.
    return undefined
  }
}

/** From `from` on, until the next one, the offset holds. */
interface Span {
  readonly from: number
  readonly offset: number
}

class IntlTimeZone implements TimeZone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #years = new Map<number, readonly Span[]>()

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name
    this.#format = format
  }

  offsetAt(instantMs: number): number {
    const spans = this.#spansOf(new Date(instantMs).getUTCFullYear())
    let index = spans.length - 1
    while (index > 0 && spans[index]!.from > instantMs) index -= 1
    return spans[index]!.offset
  }

  instantOf(localMs: number): number | undefined {
    // Of all offsets that hold about then, the larger one gives the earlier instant.
    const before = this.offsetAt(localMs - OFFSET_MS_MAX)
    const after = this.offsetAt(localMs + OFFSET_MS_MAX)
    const first = localMs - Math.max(before, after)
    if (this.offsetAt(first) === localMs - first) return first
    const second = localMs - Math.min(before, after)
    return this.offsetAt(second) === localMs - second ? second : undefined
  }

  #spansOf(year: number): readonly Span[] {
    let spans = this.#years.get(year)
    if (spans === undefined) {
      if (this.#years.size >= OFFSET_YEARS_MAX) this.#years.clear()
      spans = this.#readSpans(year)
      this.#years.set(year, spans)
    }
    return spans
  }

  #readSpans(year: number): readonly Span[] {
    const end = Date.UTC(year + 1, 0, 1)
    let from = Date.UTC(year, 0, 1)
    let offset = this.#read(from)
    const spans: Span[] = [{ from, offset }]
    while (from < end) {
      const to = Math.min(from + SAMPLE_MS, end)
      const next = this.#read(to)
      if (next !== offset) spans.push({ from: this.#changeBetween(from, to, offset), offset: next })
      from = to
      offset = next
    }
    return spans
  }

  /** The first second at which the offset is no longer `offset`. */
  #changeBetween(from: number, to: number, offset: number): number {
    let [before, after] = [from, to]
    while (after - before > SECOND_MS) {
      const middle = before + Math.floor((after - before) / 2 / SECOND_MS) * SECOND_MS
      if (this.#read(middle) === offset) before = middle
      else after = middle
    }
    return after
  }

  #read(instantMs: number): number {
    const text = this.#format.format(instantMs)
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text)
    if (match === null) throw new Error(`expected an offset of zone ${this.name}, got \`${text}\``)
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = match
    const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND_MS
    return sign === '-' ? -offset : offset
  }
}
