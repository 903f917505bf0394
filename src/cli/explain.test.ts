// `explain` and `test` without a server. What they ask of one is tested in test/cli.test.ts.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCli } from './index.ts'
import { createTestIo, type TestIo } from './testing.ts'

const directory = mkdtempSync(join(tmpdir(), 'signalbox-explain-'))
after(() => rmSync(directory, { recursive: true, force: true }))

function write(name: string, value: unknown): void {
  writeFileSync(join(directory, name), typeof value === 'string' ? value : JSON.stringify(value))
}

// oxlint-disable-next-line typescript/require-await -- a stream is asynchronous by its type
async function* inPieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function run(
  argv: readonly string[],
  parts: Parameters<typeof createTestIo>[0] = {},
): Promise<{ readonly code: number; readonly io: TestIo }> {
  const io = createTestIo({ cwd: directory, ...parts })
  return { code: await runCli(argv, io), io }
}

write('large.json', { source: ['shop'], detail: { total: [{ numeric: ['>', 100] }] } })
write('shop.json', {
  source: ['shop'],
  $or: [{ detail: { kind: ['sale'], total: [1] } }, { detail: { colour: ['x'] } }],
})
write('small-order.json', '{"source":"shop","detail":{"total":7.00,"kind":"sale"}}')
write('orders.json', [
  { id: 'o-1', source: 'shop', detail: { total: 101 } },
  { id: 'o-2', source: 'bank', detail: {} },
])

test('explain draws the pattern with ticks and crosses, and asks no server', async () => {
  const { code, io } = await run(['explain', 'small-order.json', '--pattern', 'shop.json'])
  assert.equal(code, 0)
  assert.equal(
    io.out.text,
    `✘ shop.json  2 of 3 fields
  ✔ source  "shop"
  ✘ $or one of these is enough
    ✘ option 1 nearest
      ✘ detail
        ✔ kind  "sale"
        ✘ total  expected 1, found 7.00
    ✘ option 2
      ✘ detail
        ✘ colour  expected "x", found absent
`,
  )
})

test('explain reads the event from standard input, and answers JSON when asked', async () => {
  const argv = ['explain', '-', '--pattern', 'large.json', '-o', 'json']
  const { code, io } = await run(argv, {
    stdin: inPieces('{"source":"shop",', '"detail":{"total":101}}'),
  })
  assert.equal(code, 0)
  const { matched, items } = JSON.parse(io.out.text) as {
    matched: number
    items: { matches: boolean; nearness: number }[]
  }
  assert.equal(matched, 1)
  assert.deepEqual(
    items.map(({ matches, nearness }) => ({ matches, nearness })),
    [{ matches: true, nearness: 1 }],
  )
})

test('colours are for a person who watches, and text from outside cannot steer the terminal', async () => {
  write('hostile.json', { source: '\u001b[31mshop' })
  const argv = ['explain', 'hostile.json', '--pattern', 'large.json']
  const { io } = await run(argv, { isTty: true, env: { TERM: 'xterm' } })
  assert.ok(io.out.text.includes('\u001b[31m✘'))
  assert.ok(!io.out.text.includes('\u001b[31mshop'))
})

test('what explain cannot mean is 2, and what is no event or pattern is 1', async () => {
  for (const [argv, code, message] of [
    [['explain'], 2, /expected an event or a rule/],
    [['explain', 'a', '--pattern', 'none.json'], 2, /cannot read `.*none\.json`/],
    [['explain', 'a', '--pattern', 'p', '--rule', 'r'], 2, /got both/],
    [['explain', 'orders.json', '--pattern', 'large.json'], 1, /JSON object, got array/],
    [['explain', 'large.json', '--pattern', 'orders.json'], 1, /Filter is not an object/],
  ] as const) {
    const { code: got, io } = await run(argv)
    assert.equal(got, code, argv.join(' '))
    assert.match(io.err.text, message)
    assert.equal(io.out.text, '')
  }
})

test('test is 0 when each event is matched by some pattern, and 1 when one is not', async () => {
  const argv = ['test', '-e', 'orders.json', 'small-order.json', '--pattern', 'large.json']
  const { code, io } = await run(argv)
  assert.equal(code, 1)
  assert.equal(
    io.out.text,
    `ok      o-1  large
not ok  o-2  no rule matches
not ok  small-order.json  no rule matches
3 events, 2 not ok
`,
  )
  write('first.json', { id: 'o-1', source: 'shop', detail: { total: 101 } })
  assert.equal((await run(['test', '-e', 'first.json', '--pattern', 'large.json'])).code, 0)
})

test('test holds what matches against what is expected, and says why it differs', async () => {
  const argv = ['test', '-e', 'orders.json', '--pattern', 'large.json', 'shop.json', '--expect']
  write('good.json', { 'o-1': ['large'], 'o-2': [] })
  const good = await run([...argv, 'good.json'])
  assert.equal(good.code, 0, good.io.out.text)
  write('bad.json', { 'o-1': [], 'o-2': ['large', 'gone'] })
  const bad = await run([...argv, 'bad.json'])
  assert.equal(bad.code, 1)
  assert.equal(
    bad.io.out.text,
    `not ok  o-1  large
        not expected large
not ok  o-2  no rule matches
        missing large: source: expected "shop", found "bank"; detail.total: expected a number > 100, found absent
        missing gone: there is no such rule, or it is disabled
2 events, 2 not ok
`,
  )
  const json = JSON.parse((await run([...argv, 'bad.json', '-o', 'json'])).io.out.text) as {
    events: { event: string; isOk: boolean; unexpected: string[] }[]
  }
  assert.deepEqual(
    json.events.map(({ event, isOk, unexpected }) => ({ event, isOk, unexpected })),
    [
      { event: 'o-1', isOk: false, unexpected: ['large'] },
      { event: 'o-2', isOk: false, unexpected: [] },
    ],
  )
})

test('one event needs no name for what is expected of it', async () => {
  write('list.json', ['large'])
  write('one.json', { source: 'shop', detail: { total: 101 } })
  const argv = ['test', '-e', 'one.json', '--pattern', 'large.json', '--expect', 'list.json']
  assert.equal((await run(argv)).code, 0)
})

test('expectations that test nothing are refused', async () => {
  const argv = ['test', '-e', 'orders.json', '--pattern', 'large.json', '--expect', 'odd.json']
  for (const [expectations, message] of [
    ['{', /expected the expectations to be an object of lists/],
    ['3', /expected the expectations/],
    ['["large"]', /one list for 2 events/],
    ['{"o-1":"large"}', /got `"large"` for `o-1`/],
    ['{"o-1":[]}', /nothing is expected of `o-2`/],
    ['{"o-1":[],"o-2":[],"o-3":[]}', /expected of `o-3`, but the events are `o-1`, `o-2`/],
  ] as const) {
    write('odd.json', expectations)
    const { code, io } = await run(argv)
    assert.equal(code, 2, expectations)
    assert.match(io.err.text, message)
  }
  for (const [more, message] of [
    [['--bus', 'b'], /`--pattern` or `--bus`/],
    [['--pattern', './large.json'], /two patterns are named `large`/],
    [['-e', 'text.json'], /to hold an event or a list of events/],
  ] as const) {
    write('text.json', '"x"')
    const { code, io } = await run(['test', '-e', 'one.json', '--pattern', 'large.json', ...more])
    assert.equal(code, 2)
    assert.match(io.err.text, message)
  }
})
