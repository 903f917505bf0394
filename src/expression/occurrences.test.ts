// Occurrences against the walker, which asks every minute whether the documented rules name it, and against croner
// where it reads an expression as AWS does.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Cron } from 'croner'
import fc from 'fast-check'
import { parseScheduleExpression } from './expression.ts'
import { findTimeZone } from './time-zone.ts'
import { createTimeline, nextOccurrences, type Timeline } from './timeline.ts'
import { walk } from './walker.ts'

const YEAR_MS = 366 * 86_400_000
const START = Date.UTC(2026, 0, 1)
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
]
const CRONS = [
  'cron(7 * * * ? *)',
  'cron(30 2 * * ? *)',
  'cron(0/20 1-3 ? * 1L *)',
  'cron(59 23 LW * ? *)',
  'cron(0 0 15W,1W,31W * ? *)',
  'cron(15 1 ? 3,10,11 SUN#2 *)',
  'cron(0 22-2 L 2/2 ? *)',
]

function timelineOf(text: string, zone = 'UTC', anchorMs = START): Timeline {
  const expression = parseScheduleExpression(text)
  assert.ok(expression !== undefined, text)
  return createTimeline({ expression, zone: findTimeZone(zone)!, anchorMs })
}

function occurrencesOf(text: string, zone: string, from: number, to: number): readonly number[] {
  const timeline = timelineOf(text, zone)
  const found: number[] = []
  for (let at = timeline.next(from - 1); at !== undefined && at < to; at = timeline.next(at)) {
    found.push(at)
  }
  return found
}

describe('a year of occurrences is what the walker finds', () => {
  for (const zone of ZONES) {
    test(zone, () => {
      const walked = walk(CRONS, { zone, from: START, to: START + YEAR_MS })
      for (const [index, text] of CRONS.entries()) {
        assert.deepEqual(occurrencesOf(text, zone, START, START + YEAR_MS), walked[index], text)
      }
    })
  }
})

const number = (min: number, max: number) => fc.integer({ min, max })
function item(min: number, max: number, wraps = true): fc.Arbitrary<string> {
  const range = fc
    .tuple(number(min, max), number(min, max))
    .map(([a, b]) => (wraps || a <= b ? `${a}-${b}` : `${b}-${a}`))
  const start = fc.oneof(range, number(min, max).map(String), fc.constant('*'))
  const stepped = fc.tuple(start, number(1, max)).map(([text, step]) => `${text}/${step}`)
  return fc.oneof(number(min, max).map(String), range, stepped)
}
function field(min: number, max: number): fc.Arbitrary<string> {
  const some = fc.array(item(min, max), { minLength: 1, maxLength: 3 })
  return fc.oneof(
    some.map((items) => items.join(',')),
    fc.constant('*'),
  )
}
const monthDay = fc.oneof(
  field(1, 31),
  fc.constantFrom('L', 'LW', '1W,15', '31W'),
  number(1, 31).map((day) => `${day}W`),
)
const weekDay = fc.oneof(
  field(1, 7),
  fc.constantFrom('L', 'MON-FRI', 'SAT,SUN', 'FRI-MON'),
  number(1, 7).map((day) => `${day}L`),
  fc.tuple(number(1, 7), number(1, 5)).map(([day, nth]) => `${day}#${nth}`),
)
const days = fc.oneof(
  monthDay.map((day) => [day, '?'] as const),
  weekDay.map((day) => ['?', day] as const),
)
const cronText = fc
  .tuple(field(0, 59), field(0, 23), days, field(1, 12))
  .map(([minute, hour, [day, week], month]) => `cron(${minute} ${hour} ${day} ${month} ${week} *)`)

test('any expression at any time of any zone occurs when the walker says', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  fc.assert(
    fc.property(cronText, fc.constantFrom(...zones), number(0, 3650), (text, zone, day) => {
      const from = START + day * 86_400_000
      const to = from + 20 * 86_400_000
      assert.deepEqual(occurrencesOf(text, zone, from, to), walk([text], { zone, from, to })[0])
    }),
    { numRuns: 60 },
  )
})

/** What croner reads otherwise than AWS is kept out: gaps, wrapping ranges, and a last day of the week alone. */
test('croner finds the same occurrences of what it reads as AWS does', () => {
  const simple = fc.oneof(item(0, 23, false), fc.constant('*'))
  const plainDays = fc.oneof(
    fc.constantFrom('L', 'LW', '15W', '1', '*').map((day) => [day, '?'] as const),
    fc.constantFrom('MON-FRI', '6L', '3#2', 'SUN', '2,4').map((day) => ['?', day] as const),
  )
  fc.assert(
    fc.property(simple, simple, plainDays, number(0, 3650), (minute, hour, [day, week], start) => {
      const fields = `${minute} ${hour} ${day} * ${week} *`
      const from = START + start * 86_400_000
      const options = { mode: '7-part', alternativeWeekdays: true, sloppyRanges: true } as const
      const cron = new Cron(`0 ${fields}`, { ...options, timezone: 'UTC' })
      const expected = cron.nextRuns(20, new Date(from)).map((date) => date.getTime())
      assert.deepEqual(nextOccurrences(timelineOf(`cron(${fields})`), from, 20), expected)
    }),
    { numRuns: 100 },
  )
})

test('a time that clocks skip is no occurrence, and one that they show twice is the first', () => {
  const spring = Date.parse('2026-03-28T12:00:00Z')
  const daily = timelineOf('cron(30 2 * * ? *)', 'Europe/Berlin')
  assert.deepEqual(iso(nextOccurrences(daily, spring, 2)), [
    '2026-03-30T00:30:00Z',
    '2026-03-31T00:30:00Z',
  ])
  const autumn = Date.parse('2026-10-24T12:00:00Z')
  assert.deepEqual(iso(nextOccurrences(daily, autumn, 2)), [
    '2026-10-25T00:30:00Z',
    '2026-10-26T01:30:00Z',
  ])
})

test('a rate counts elapsed time over a change of clocks', () => {
  const anchor = Date.parse('2026-03-28T02:00:00Z')
  const timeline = timelineOf('rate(1 day)', 'Europe/Berlin', anchor)
  assert.deepEqual(iso(nextOccurrences(timeline, anchor, 2)), [
    '2026-03-29T02:00:00Z',
    '2026-03-30T02:00:00Z',
  ])
})

test('a one-time schedule at a time that clocks skip comes as much later as they jump', () => {
  const timeline = timelineOf('at(2026-03-29T02:30:00)', 'Europe/Berlin')
  assert.deepEqual(iso(nextOccurrences(timeline, START, 2)), ['2026-03-29T01:30:00Z'])
})

test('start and end bound what recurs, both included', () => {
  const expression = parseScheduleExpression('cron(0 12 * * ? *)')!
  const startMs = Date.parse('2026-05-01T12:00:00Z')
  const endMs = Date.parse('2026-05-02T12:00:00Z')
  const timeline = createTimeline({ expression, anchorMs: START, startMs, endMs })
  assert.deepEqual(nextOccurrences(timeline, START, 5), [startMs, endMs])
})

test('an anchor may be the first occurrence of a rate', () => {
  const expression = parseScheduleExpression('rate(5 minutes)')!
  const from = { expression, anchorMs: START }
  assert.equal(createTimeline(from).next(START - 1), START + 300_000)
  assert.equal(createTimeline({ ...from, isAnchorIncluded: true }).next(START - 1), START)
})

test('an expression that names no day that exists has no occurrence', () => {
  assert.equal(timelineOf('cron(0 0 30 2 ? *)').next(START), undefined)
  assert.equal(timelineOf('cron(0 0 1 1 ? 2020)').next(START), undefined)
})

test('a time zone is known by its name alone', () => {
  for (const name of ['Europe/Berlin', 'US/Eastern', 'Asia/Calcutta', 'UTC', 'Etc/GMT+5']) {
    assert.ok(findTimeZone(name) !== undefined, name)
  }
  for (const name of ['Local', '+01:00', 'Mars/Phobos', '', '../UTC']) {
    assert.equal(findTimeZone(name), undefined, name)
  }
})

function iso(instants: readonly number[]): readonly string[] {
  return instants.map((at) => new Date(at).toISOString().replace('.000', ''))
}
