// Ten simulated years of schedules in every time zone that Intl knows, against the walker: none double, none missing.
// Zones whose clocks agree at every noon, and hour by hour on the days they change, are walked once; were two of them
// to differ in between, this would say so.

import assert from 'node:assert/strict'
import {
  createTimeline,
  findTimeZone,
  parseScheduleExpression,
} from '../../src/expression/index.ts'
import { walk } from '../../src/expression/testing.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const FROM = Date.UTC(2026, 0, 1)
const TO = Date.UTC(2036, 0, 1)
const CRONS = [
  'cron(30 2 * * ? *)',
  'cron(0/15 0-3 ? * SUN *)',
  'cron(59 23 LW * ? *)',
  'cron(0 0 15W,1W,31W * ? *)',
  'cron(15 1 ? 3,4,9,10,11 SUN#2 *)',
  'cron(0 22-2 L 2/2 ? *)',
  'cron(45 3 ? * 7L 2027/3)',
]

/**
 * Walks half of the zones' kinds, one after the other: a process for each half, since there are two cores. Answers what
 * was looked at.
 */
export function walkHalf(half: 0 | 1): string {
  let occurrences = 0
  let zones = 0
  const groups = groupZones(Intl.supportedValuesOf('timeZone')).filter(
    (_, index) => index % 2 === half,
  )
  for (const members of groups) {
    const walked = walk(CRONS, { zone: members[0]!, from: FROM, to: TO })
    for (const zone of members) {
      zones += 1
      for (const [index, text] of CRONS.entries()) {
        occurrences += compare(text, zone, walked[index]!)
      }
    }
  }
  return `${zones} zones of ${groups.length} kinds, ${occurrences} occurrences`
}

/** As many as both have. */
function compare(text: string, zone: string, walked: readonly number[]): number {
  const expression = parseScheduleExpression(text)!
  const timeline = createTimeline({ expression, zone: findTimeZone(zone)!, anchorMs: FROM })
  let count = 0
  for (let at = timeline.next(FROM - 1); at !== undefined && at < TO; at = timeline.next(at)) {
    if (at !== walked[count]) {
      const expected = walked[count]
      assert.fail(`${text} in ${zone}: expected ${show(expected)}, got ${show(at)}`)
    }
    count += 1
  }
  assert.equal(count, walked.length, `${text} in ${zone}`)
  return count
}

function show(at: number | undefined): string {
  return at === undefined ? 'none' : new Date(at).toISOString()
}

function groupZones(names: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const signature = signatureOf(name)
    const group = groups.get(signature)
    if (group === undefined) groups.set(signature, [name])
    else group.push(name)
  }
  return Array.from(groups.values())
}

function signatureOf(zone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    timeZoneName: 'longOffset',
    hour: 'numeric',
  })
  let signature = ''
  let last = ''
  for (let noon = FROM + DAY_MS / 2; noon < TO; noon += DAY_MS) {
    const shown = format.format(noon)
    if (shown !== last) signature += `${noon}=${shown} after ${hoursBefore(noon, format)};`
    last = shown
  }
  return signature
}

/** What clocks show at every hour of the day that ends then: it tells when they changed. */
function hoursBefore(noon: number, format: Intl.DateTimeFormat): string {
  return Array.from({ length: 24 }, (_, hour) => format.format(noon - hour * HOUR_MS)).join()
}
