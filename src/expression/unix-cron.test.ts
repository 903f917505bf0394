import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTimeZone } from './time-zone.ts'
import { nextOccurrences } from './timeline.ts'
import { parseUnixCron } from './unix-cron.ts'

const FROM = Date.parse('2026-11-26T12:00:00Z')

function times(text: string, count: number, zone?: string): readonly string[] {
  const timeline = parseUnixCron(text, zone === undefined ? undefined : findTimeZone(zone))
  assert.ok(timeline)
  return nextOccurrences(timeline, FROM, count).map((at) => new Date(at).toISOString())
}

test('a crontab line names a time of every day, in UTC or in a zone', () => {
  assert.deepEqual(times('0 18 * * *', 2), ['2026-11-26T18:00:00.000Z', '2026-11-27T18:00:00.000Z'])
  assert.deepEqual(times('0 18 * * *', 1, 'America/New_York'), ['2026-11-26T23:00:00.000Z'])
})

test('Sunday is 0, 7 and SUN, and weekdays are a range', () => {
  for (const sunday of ['0', '7', 'sun'])
    assert.deepEqual(times(`5 4 * * ${sunday}`, 1), ['2026-11-29T04:05:00.000Z'])
  assert.deepEqual(times('0 9 * * 1-5', 2), [
    '2026-11-27T09:00:00.000Z',
    '2026-11-30T09:00:00.000Z',
  ])
})

test('a day is named by either day field when both say something', () => {
  assert.deepEqual(times('0 0 1 * MON', 2), [
    '2026-11-30T00:00:00.000Z',
    '2026-12-01T00:00:00.000Z',
  ])
})

test('steps and macros are read', () => {
  assert.deepEqual(times('*/20 * * * *', 2), [
    '2026-11-26T12:20:00.000Z',
    '2026-11-26T12:40:00.000Z',
  ])
  assert.deepEqual(times('@daily', 1), ['2026-11-27T00:00:00.000Z'])
})

test('what is no crontab line is refused', () => {
  const wrong = [
    '',
    '* * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 ? * *',
    '0 0 L * *',
    '0 0 * * 8',
    '0 0 1 * * 2027',
    '@never',
  ]
  for (const text of wrong) assert.equal(parseUnixCron(text), undefined, text)
})
