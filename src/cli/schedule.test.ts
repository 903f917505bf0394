import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { runCli } from './index.ts'
import { createTestIo, type TestIo } from './testing.ts'

const NOW = Date.parse('2026-03-28T12:00:00Z')

async function run(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly io: TestIo }> {
  const io = createTestIo({ clock: new FakeClock(NOW) })
  return { code: await runCli(argv, io), io }
}

test('the next times of an expression need no server, and show what clocks there show', async () => {
  const berlin = ['--timezone', 'Europe/Berlin', '--count', '3']
  const { code, io } = await run('schedule', 'next', 'cron(0 2,3 * * ? *)', ...berlin)
  assert.equal(code, 0)
  assert.equal(
    io.out.text,
    '2026-03-29 03:00:00 +02:00\n2026-03-30 02:00:00 +02:00\n2026-03-30 03:00:00 +02:00\n',
  )
  assert.equal(io.err.text, '')
})

test('as JSON they come in UTC, with what the expression says', async () => {
  const { io } = await run('schedule', 'next', 'rate(12 hours)', '-o', 'json', '--count', '2')
  assert.deepEqual(JSON.parse(io.out.text), {
    expression: 'rate(12 hours)',
    timezone: 'UTC',
    meaning: 'every 12 hours',
    occurrences: ['2026-03-29T00:00:00Z', '2026-03-29T12:00:00Z'],
  })
})

test('ten are shown when it is not said how many, and one-time schedules have one', async () => {
  assert.equal(
    (await run('schedule', 'next', 'rate(1 day)')).io.out.text.trim().split('\n').length,
    10,
  )
  const { io } = await run(
    'schedule',
    'next',
    'at(2026-12-24T18:00:00)',
    '--timezone',
    'America/New_York',
  )
  assert.equal(io.out.text, '2026-12-24 18:00:00 -05:00\n')
  const past = await run('schedule', 'next', 'at(2020-01-01T00:00:00)')
  assert.deepEqual([past.code, past.io.out.text, past.io.err.text], [0, '', 'it occurs no more\n'])
})

test('what cannot be meant is 2, with what would be right', async () => {
  for (const [argv, said] of [
    [['next', 'cron(0 2 * * *)'], /expected an expression like/],
    [['next', 'rate(1 day)', '--timezone', 'Mars/Phobos'], /IANA name/],
    [['next', 'rate(1 day)', '--count', '0'], /`--count` to be an integer from 1 to 1000/],
    [['next', 'nightly', '--timezone', 'UTC'], /a schedule has its own/],
    [['trigger'], /missing required argument/],
  ] as const) {
    const { code, io } = await run('schedule', ...argv)
    assert.equal(code, 2, argv.join(' '))
    assert.match(io.err.text, said)
  }
})

test('without a server what needs one says so', async () => {
  const { code } = await run('schedule', 'ls', '--endpoint-url', 'http://127.0.0.1:9')
  assert.equal(code, 6)
})

test('completion knows the commands below', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { io } = await run('completion', shell)
    assert.match(io.out.text, /trigger/)
    assert.match(io.out.text, /timezone/)
  }
})
