// Asking why, from the command line and from our own API, of a whole server in this process.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type App, openApp } from '../src/app.ts'
import { silentLogger, systemClock, systemRandom } from '../src/base/index.ts'
import { runCli } from '../src/cli/index.ts'
import { createTestIo, type TestIo } from '../src/cli/testing.ts'
import { parseConfig } from '../src/config/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'signalbox-explain-'))
let app: App
/** Ids of the events put, by their total. */
const ids = new Map<number, string>()

before(async () => {
  const flags = { port: 0, dataDir: directory }
  app = await openApp({
    config: parseConfig('dev', { flags, env: {}, cwd: directory }),
    env: {},
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    version: '0.0.0',
    consoleDirectory: join(directory, 'console'),
    onFatal: (error) => assert.fail(String(error)),
  })
  await putRule('large', { detail: { total: [{ numeric: ['>', 100] }] }, source: ['shop'] })
  await putRule('shop', { source: ['shop'] })
  await putRule('bank', { source: ['bank'], detail: { total: [1], kind: ['loan'] } })
  await putRule('off', { source: ['shop'] }, 'DISABLED')
  await aws('PutRule', { Name: 'nightly', ScheduleExpression: 'rate(1 day)' })
  for (const total of [7, 101]) {
    const Entries = [{ Source: 'shop', DetailType: 'order', Detail: JSON.stringify({ total }) }]
    const answer = await aws('PutEvents', { Entries })
    ids.set(total, (answer as { Entries: { EventId: string }[] }).Entries[0]!.EventId)
  }
})

after(async () => {
  await app.close(0)
  rmSync(directory, { recursive: true, force: true })
})

async function aws(operation: string, input: unknown): Promise<unknown> {
  const response = await fetch(app.url, {
    method: 'POST',
    headers: {
      'X-Amz-Target': `AWSEvents.${operation}`,
      'Content-Type': 'application/x-amz-json-1.1',
    },
    body: JSON.stringify(input),
  })
  assert.equal(response.status, 200)
  return response.json()
}

function putRule(Name: string, pattern: unknown, State = 'ENABLED'): Promise<unknown> {
  return aws('PutRule', { Name, State, EventPattern: JSON.stringify(pattern) })
}

async function run(
  argv: readonly string[],
): Promise<{ readonly code: number; readonly io: TestIo }> {
  const io = createTestIo({ cwd: directory })
  return { code: await runCli([...argv, '--endpoint-url', app.url], io), io }
}

test('an event of the log is held against every rule of its bus, nearest first', async () => {
  const { code, io } = await run(['explain', ids.get(7)!])
  assert.equal(code, 0, io.err.text)
  assert.equal(
    io.out.text,
    `✔ off  1 of 1 fields  disabled
✔ shop  1 of 1 fields  no targets
✘ large  1 of 2 fields  detail.total: expected a number > 100, found 7
✘ bank  0 of 3 fields  source: expected "bank", found "shop" and 2 more
2 of 4 rules on bus default match
`,
  )
})

test('a file is held against one rule, by name or ARN, with its whole pattern', async () => {
  writeFileSync(join(directory, 'event.json'), '{"source":"shop","detail":{"total":"101"}}')
  const expected = `✘ large  1 of 2 fields  no targets
  ✘ detail
    ✘ total  expected a number > 100, found "101" (a string, not a number)
  ✔ source  "shop"
`
  for (const rule of ['large', 'arn:aws:events:us-east-1:000000000000:rule/large']) {
    const { io } = await run(['explain', 'event.json', '--rule', rule])
    assert.equal(io.out.text, expected)
  }
})

test('a rule is held against the newest events of its bus', async () => {
  const { io } = await run(['explain', 'large'])
  const [head, first, second] = io.out.text.split('\n')
  assert.equal(head, 'large matches 1 of the newest 2 events on bus default  no targets')
  assert.match(first!, new RegExp(`✔ order ${ids.get(101)}  2 of 2 fields$`))
  assert.match(second!, new RegExp(`✘ order ${ids.get(7)}  1 of 2 fields  detail\\.total: `))
})

test('a rule that never matched shows what came nearest', async () => {
  const { io } = await run(['explain', 'bank'])
  assert.match(io.out.text, /^bank matches 0 of the newest 2 events/)
  const picture = `nearest is ${ids.get(101)}:\n  ✘ source  expected "bank", found "shop"\n`
  assert.ok(io.out.text.includes(picture), io.out.text)
})

test('under -o json explain prints what the API answers', async () => {
  const { io } = await run(['explain', ids.get(101)!, '--rule', 'large', '-o', 'json'])
  const answer = JSON.parse(io.out.text) as Record<string, unknown>
  const { event, items } = answer as {
    event: Record<string, unknown>
    items: { rule: unknown; matches: boolean }[]
  }
  assert.equal(event['id'], ids.get(101))
  assert.equal(event['detail-type'], 'order')
  assert.match(String(event['position']), /^0:\d+$/)
  assert.equal(items.length, 1)
  assert.equal(items[0]!.matches, true)
  assert.deepEqual(items[0]!.rule, {
    name: 'large',
    bus: 'default',
    arn: 'arn:aws:events:us-east-1:000000000000:rule/large',
    state: 'ENABLED',
    targets: 0,
    targetsDisabled: 0,
  })
})

test('what is neither a file nor a rule nor an event is 3', async () => {
  for (const [argv, message] of [
    [['explain', 'nothing'], /`nothing` is no file, no rule on bus `default` and no recent event/],
    [['explain', 'event.json', '--rule', 'gone'], /no rule `gone` on bus `default`/],
    [['explain', 'arn:aws:events:us-east-1:000000000000:rule/gone'], /no rule `arn:/],
    [['explain', '00000000-0000-0000-0000-000000000000'], /is no file/],
  ] as const) {
    const { code, io } = await run(argv)
    assert.equal(code, 3, argv.join(' '))
    assert.match(io.err.text, message)
  }
  const scheduled = await run(['explain', 'nightly'])
  assert.equal(scheduled.code, 1)
  assert.match(scheduled.io.err.text, /rule `nightly` has a schedule and no pattern/)
})

test('test asks the rules of a bus, and one that is off matches nothing', async () => {
  writeFileSync(join(directory, 'big.json'), '{"source":"shop","detail":{"total":101}}')
  writeFileSync(join(directory, 'expected.json'), '["large","shop"]')
  const argv = ['test', '-e', 'big.json', '--bus', 'default', '--expect', 'expected.json']
  assert.deepEqual((await run(argv)).code, 0)
  writeFileSync(join(directory, 'expected.json'), '["large","off"]')
  const { code, io } = await run(argv)
  assert.equal(code, 1)
  assert.match(io.out.text, /missing off: there is no such rule, or it is disabled/)
  assert.match(io.out.text, /not expected shop/)
})

test('an event is held against a pattern that no rule has yet', async () => {
  const response = await fetch(`${app.url}/_signalbox/v1/explain/event`, {
    method: 'POST',
    headers: { 'x-signalbox-console': '1' },
    body: JSON.stringify({ eventId: ids.get(7), pattern: '{"source":["shop"]}' }),
  })
  assert.equal(response.status, 200)
  const { rules, matched, items } = (await response.json()) as Record<string, unknown>
  assert.equal(rules, 0)
  assert.equal(matched, 1)
  assert.equal((items as unknown[]).length, 1)
})
