// Functions that look at the clock or draw: dates, random texts, identifiers.
// https://masterminds.github.io/sprig/date.html, strings.html (randAlphaNum and on), uuid.html

import { runes } from './runes.ts'
import { createUuid, type Random } from '../../base/index.ts'
import { fixed, type GoFunction } from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import { formatGoSeconds, formatGoTime, parseGoDuration, parseGoTime, zoneOf } from './go-time.ts'
import { GoInt, GoTime, type GoValue } from './go-value.ts'

export interface Surroundings {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly random: Random
}

const DIGITS = '0123456789'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_LENGTH_MAX = 65_536

export function chanceFunctions({
  now,
  random,
}: Surroundings): Readonly<Record<string, GoFunction>> {
  const at = (value: GoValue): GoTime => {
    if (value instanceof GoTime) return value
    return new GoTime(value instanceof GoInt ? Number(value.value) * 1000 : now())
  }
  const inZone = (layout: string, value: GoValue, zone: string): string =>
    formatGoTime(new GoTime(at(value).unixMs, zoneOf(zone)), layout)
  const dateInZone = fixed(['string', 'any', 'string'], ([layout, value, zone]) =>
    inZone(layout, value, zone),
  )
  const mustDateModify = fixed(['string', 'time'], ([duration, time]) => shift(time, duration))
  const dateModify = fixed(['string', 'time'], ([duration, time]) => {
    try {
      return shift(time, duration)
    } catch {
      return time
    }
  })
  return {
    now: fixed([], () => new GoTime(now())),
    date: fixed(['string', 'any'], ([layout, value]) => inZone(layout, value, 'Local')),
    dateInZone,
    date_in_zone: dateInZone,
    htmlDate: fixed(['any'], ([value]) => inZone('2006-01-02', value, 'Local')),
    htmlDateInZone: fixed(['any', 'string'], ([value, zone]) => inZone('2006-01-02', value, zone)),
    dateModify,
    date_modify: dateModify,
    mustDateModify,
    must_date_modify: mustDateModify,
    toDate: fixed(['string', 'string'], ([layout, text]) => parseGoTime(layout, text) ?? ZERO),
    mustToDate: fixed(['string', 'string'], ([layout, text]) => {
      const time = parseGoTime(layout, text)
      if (time !== undefined) return time
      const quoted = [text, layout].map((one) => JSON.stringify(one))
      throw new GoFault(`parsing time ${quoted[0]} as ${quoted[1]}: cannot parse it`)
    }),
    unixEpoch: fixed(['time'], ([time]) => String(Math.floor(time.unixMs / 1000))),
    ago: fixed(['any'], ([value]) =>
      formatGoSeconds(Math.round((now() - at(value).unixMs) / 1000)),
    ),
    duration: fixed(['any'], ([value]) => formatGoSeconds(secondsOf(value))),
    durationRound: fixed(['any'], ([value]) => roundDuration(value, now())),
    randAlphaNum: drawing(LETTERS + DIGITS, random),
    randAlpha: drawing(LETTERS, random),
    randNumeric: drawing(DIGITS, random),
    randAscii: drawing(
      Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join(''),
      random,
    ),
    randInt: fixed(['int', 'int'], ([min, max]) => {
      if (max <= min) throw new GoFault('invalid argument to Intn')
      return new GoInt(min + Math.floor(random.next() * (max - min)))
    }),
    shuffle: fixed(['string'], ([text]) => shuffle(runes(text), random).join('')),
    uuidv4: fixed([], () => createUuid(random)),
  }
}

/** The zero of a time. */
const ZERO = new GoTime(Date.UTC(2000, 0, 1) - 63_082_281_600_000)

function shift(time: GoTime, duration: string): GoTime {
  return new GoTime(time.unixMs + parseGoDuration(duration), time.zone)
}

function secondsOf(value: GoValue): number {
  if (typeof value === 'string') return /^[+-]?\d+$/.test(value) ? Number(value) : 0
  return value instanceof GoInt && value.type === 'int64' ? Number(value.value) : 0
}

const STEPS: readonly (readonly [ms: number, name: string])[] = [
  [31_536_000_000, 'y'],
  [2_592_000_000, 'mo'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
]

function roundDuration(value: GoValue, now: number): string {
  const ms = Math.abs(durationMs(value, now))
  const step = STEPS.find(([size]) => ms > size)
  return step === undefined ? '0s' : `${Math.floor(ms / step[0])}${step[1]}`
}

function durationMs(value: GoValue, now: number): number {
  if (value instanceof GoTime) return now - value.unixMs
  if (value instanceof GoInt && value.type === 'int64') return Number(value.value) / 1e6
  if (typeof value !== 'string') return 0
  try {
    return parseGoDuration(value)
  } catch {
    return 0
  }
}

function drawing(characters: string, random: Random): GoFunction {
  return fixed(['int'], ([count]) => {
    if (count < 0 || count > RANDOM_LENGTH_MAX)
      throw new GoFault(`random text of ${count} characters`)
    let text = ''
    while (text.length < count) {
      for (const byte of random.bytes(count)) {
        // What is over the last whole multiple would make some more likely than others.
        const isEven = byte < 256 - (256 % characters.length)
        if (isEven && text.length < count) text += characters[byte % characters.length]!
      }
    }
    return text
  })
}

function shuffle(items: string[], random: Random): string[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1))
    ;[items[last], items[other]] = [items[other]!, items[last]!]
  }
  return items
}
