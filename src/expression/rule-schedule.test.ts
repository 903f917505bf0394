import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRuleSchedule } from './rule-schedule.ts'

const VALID = [
  'rate(1 minute)',
  'rate(5 minutes)',
  'rate(1 hour)',
  'rate(24 hours)',
  'rate(1 day)',
  'rate(365 days)',
  'cron(0 2 * * ? *)',
  'cron(0/15 * ? * MON-FRI *)',
  'cron(*/5 9-17 * JAN,JUN ? 2026-2030)',
  'cron(0 20-2 * * ? *)',
  'cron(0 0 L * ? *)',
  'cron(0 0 3W * ? *)',
  'cron(0 0 LW * ? *)',
  'cron(0 0 ? * 6L *)',
  'cron(0 0 ? * 3#2 *)',
  'cron(0-15/5 0 1,15 * ? 2199)',
]

const INVALID = [
  '',
  'rate(0 minutes)',
  'rate(1 minutes)',
  'rate(5 minute)',
  'rate(05 minutes)',
  'rate( 5 minutes)',
  'rate(5  minutes)',
  'rate(5 seconds)',
  'rate(-5 minutes)',
  'rate(1.5 hours)',
  'Rate(5 minutes)',
  ' rate(5 minutes)',
  'rate(5 minutes) ',
  'cron(0 2 * * *)',
  'cron(0 2 * * * *)',
  'cron(0 2 ? * ? *)',
  'cron(60 2 * * ? *)',
  'cron(0 24 * * ? *)',
  'cron(0 0 0 * ? *)',
  'cron(0 0 32 * ? *)',
  'cron(0 0 * 13 ? *)',
  'cron(0 0 ? * 8 *)',
  'cron(0 0 ? * 3#6 *)',
  'cron(0 0 ? * 3#2,4#1 *)',
  'cron(0 0 * * ? 1969)',
  'cron(0 0 * * ? 2200)',
  'cron(0/0 0 * * ? *)',
  'cron(? 0 * * ? *)',
  'cron(1-2-3 0 * * ? *)',
  'cron(, 0 * * ? *)',
  'cron()',
  'at(2026-01-01T00:00:00)',
]

test('schedules that AWS takes are taken', () => {
  for (const text of VALID) assert.ok(isRuleSchedule(text), text)
})

test('schedules that AWS refuses are refused', () => {
  for (const text of INVALID) assert.ok(!isRuleSchedule(text), text)
})

test('a long hostile schedule is refused at once', () => {
  assert.ok(!isRuleSchedule(`cron(${'0,'.repeat(100_000)} 0 * * ? *)`))
  assert.ok(!isRuleSchedule(`rate(${'1'.repeat(100_000)} minutes)`))
})
