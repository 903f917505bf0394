import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeExpression } from './describe.ts'
import { parseScheduleExpression } from './expression.ts'

const SAID: readonly (readonly [text: string, said: string])[] = [
  ['rate(1 minute)', 'every minute'],
  ['rate(12 hours)', 'every 12 hours'],
  ['at(2026-12-24T18:00:00)', 'once on 2026-12-24 at 18:00:00 Europe/Berlin'],
  ['cron(0 2 * * ? *)', 'every day at 02:00 Europe/Berlin'],
  ['cron(5,35 14 * * ? *)', 'every day at 14:05 and 14:35 Europe/Berlin'],
  ['cron(0 18 ? * MON-FRI *)', 'Monday to Friday at 18:00 Europe/Berlin'],
  ['cron(0/15 * * * ? *)', 'every 15 minutes Europe/Berlin'],
  ['cron(* * ? * SAT,SUN *)', 'every minute on Sunday and Saturday Europe/Berlin'],
  [
    'cron(0/5 8-17 ? * MON-FRI *)',
    'every 5 minutes from 08:00 to 17:59 Monday to Friday Europe/Berlin',
  ],
  [
    'cron(1,2 0/6 * * ? *)',
    'at minute 1 and 2 in the hours 00:00, 06:00, 12:00 and 18:00 Europe/Berlin',
  ],
  ['cron(0 8 1,15 * ? *)', 'on day 1 and day 15 of the month at 08:00 Europe/Berlin'],
  ['cron(0 0 L * ? *)', 'on the last day of the month at 00:00 Europe/Berlin'],
  ['cron(0 9 ? * 2#1 *)', 'on Monday number 1 of the month at 09:00 Europe/Berlin'],
  [
    'cron(15 10 ? JAN,JUN 6L 2026-2030)',
    'on the last Friday of the month at 10:15 in January and June in 2026-2030 Europe/Berlin',
  ],
]

for (const [text, said] of SAID) {
  test(`\`${text}\` is said as: ${said}`, () => {
    assert.equal(describeExpression(parseScheduleExpression(text)!, 'Europe/Berlin'), said)
  })
}
