// The commands `schema` and `types` against the real server: what they print, as text and as JSON, and what they exit with.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runCli } from '../../src/cli/index.ts'
import { createTestIo, type TestIo } from '../../src/cli/testing.ts'
import { REGISTRATION } from '../../src/schema/testing.ts'
import { Signalbox } from '../support/signalbox.ts'

const ends: (() => unknown)[] = []
let signalbox: Signalbox

before(async () => {
  signalbox = await Signalbox.open({ after: (end) => void ends.push(end as () => unknown) })
})

after(async () => {
  for (const end of ends) await end()
})

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(...argv: readonly string[]): Promise<Ended> {
  const io = createTestIo({ cwd: signalbox.folder })
  const code = await runCli([...argv, '--endpoint-url', signalbox.url], io)
  return { code, out: io.out.text, err: io.err.text }
}

function order(properties: object, required: readonly string[] = ['id']): string {
  return JSON.stringify({
    type: 'object',
    required,
    properties: { id: { type: 'string' }, ...properties },
  })
}

test('a schema is pushed, listed, printed and pushed again; what says the same changes nothing', async () => {
  signalbox.write('Order.schema.json', order({}))
  const pushed = await run(
    'schema',
    'push',
    'Order.schema.json',
    '--registry',
    'shop',
    '--description',
    'd',
  )
  assert.deepEqual(pushed, { code: 0, out: 'shop/Order 1.0.0 (version 1)\n', err: '' })
  assert.equal(
    (await run('schema', 'push', 'Order.schema.json', '--registry', 'shop')).out,
    pushed.out,
  )
  assert.match(
    (await run('schema', 'ls', 'shop')).out,
    /^shop\/Order {2}1\.0\.0 {2}1 version {2}JSONSchemaDraft4 {2}2/,
  )
  assert.equal((await run('schema', 'get', 'shop/Order')).out, `${order({})}\n`)
  const { items } = JSON.parse((await run('schema', 'ls', 'shop', '-o', 'json')).out) as {
    items: object[]
  }
  assert.equal(items.length, 1)
  const shown = JSON.parse(
    (await run('schema', 'get', 'shop/Order@1', '-o', 'json')).out,
  ) as Record<string, unknown>
  assert.deepEqual(
    [shown['version'], shown['semantic'], shown['description'], shown['example']],
    ['1', '1.0.0', 'd', { id: 'text' }],
  )
})

test('check and diff name every change, and fail when there is one that counts', async () => {
  signalbox.write('Item.json', order({}))
  await run('schema', 'push', 'Item.json', '--registry', 'shop')
  signalbox.write('Item.json', order({ note: {} }))
  signalbox.write('Broken.json', order({ note: {} }, []))
  assert.equal((await run('schema', 'check', 'Item.json', '--against', 'shop/Item')).code, 0)
  const broken = await run('schema', 'check', 'Broken.json', '--against', 'shop/Item')
  assert.equal(broken.code, 1)
  assert.equal(broken.out, '! $.detail.id is no longer required (forward)\n')
  assert.match(broken.err, /the next version is a major one/)
  assert.equal(
    (await run('schema', 'check', 'Broken.json', '--against', 'shop/Item', '--mode', 'backward'))
      .code,
    0,
  )
  const diff = await run('schema', 'diff', 'shop/Item', 'Item.json', '-o', 'json')
  assert.equal(diff.code, 1)
  assert.deepEqual(JSON.parse(diff.out), {
    level: 'minor',
    changes: [{ path: '$.detail.note', message: 'is new', breaks: [] }],
  })
  assert.equal((await run('schema', 'diff', 'Item.json', 'Item.json')).code, 0)
})

test('what cannot be used or is not there exits with what scripts expect', async () => {
  signalbox.write('Bad.json', '{"type":"text"}')
  const bad = await run('schema', 'check', 'Bad.json')
  assert.equal(bad.code, 1)
  assert.match(bad.err, /#\/type: expected a type of JSON, got `text`/)
  assert.equal((await run('schema', 'get', 'shop/Nothing')).code, 3)
  assert.equal((await run('schema', 'ls', 'nowhere')).code, 3)
  assert.equal((await run('schema', 'get', 'Nothing')).code, 2)
  assert.equal((await run('schema', 'push', 'Bad.json')).code, 2)
  assert.equal((await run('schema', 'check', 'Bad.json', '--mode', 'sideways')).code, 2)
  assert.equal((await run('schema', 'require', 'nothing', '^1')).code, 3)
  assert.equal((await run('schema', 'validate', 'warn', '--registry', 'nowhere')).code, 3)
  assert.equal(
    (await run('schema', 'validate', 'warn', '--bus', 'nowhere', '--registry', 'shop')).code,
    3,
  )
})

test('a schema is inferred of events in a file, in any of their forms', async () => {
  const envelope = { source: 'my.shop', 'detail-type': 'Order Created', detail: { id: 1 } }
  const cloudEvent = {
    specversion: '1.0',
    id: 'e',
    source: 'my.shop',
    type: 'Order Created',
    data: { id: 2, note: 'x' },
  }
  signalbox.write('events.jsonl', `${JSON.stringify(envelope)}\n${JSON.stringify(cloudEvent)}\n`)
  const { code, out } = await run('schema', 'infer', 'events.jsonl')
  assert.equal(code, 0)
  const { components } = JSON.parse(out) as { components: { schemas: Record<string, unknown> } }
  assert.deepEqual(components.schemas['OrderCreated'], {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'number' }, note: { type: 'string' } },
  })
  signalbox.write('list.json', '[{"a":1},{"a":2}]')
  const draft = await run('schema', 'infer', 'list.json', '--draft4', '--detail-type', 'Thing')
  assert.match(draft.out, /"x-amazon-events-detail-type": "Thing"/)
})

test('types are generated of files without a server, and written again with each change of a registry', async () => {
  signalbox.write('Registration.json', REGISTRATION)
  const io = createTestIo({ cwd: signalbox.folder })
  const args = ['types', 'generate', 'Registration.json', '--endpoint-url', 'http://127.0.0.1:1']
  assert.equal(await runCli(args, io), 0)
  assert.match(io.out.text, /export function publishRegistration\(/)

  signalbox.write('Watched.json', order({}))
  await run('schema', 'push', 'Watched.json', '--registry', 'watched')
  const stop = new AbortController()
  const watching: TestIo = createTestIo({ cwd: signalbox.folder, signal: stop.signal })
  const ended = runCli(
    [
      'types',
      'generate',
      '--registry',
      'watched',
      '--out',
      'w.ts',
      '--watch',
      '--endpoint-url',
      signalbox.url,
    ],
    watching,
  )
  await watching.err.waitFor(/1 type of events in w\.ts/)
  signalbox.write('Other.json', order({ size: { type: 'number' } }))
  await run('schema', 'push', 'Other.json', '--registry', 'watched')
  await watching.err.waitFor(/2 types of events in w\.ts/)
  assert.match(readFileSync(join(signalbox.folder, 'w.ts'), 'utf8'), /export interface OtherDetail/)
  stop.abort('SIGINT')
  assert.equal(await ended, 130)
})

test('what a bus asks of its events outlives a restart', async () => {
  signalbox.write('Strict.json', order({}))
  await run('schema', 'push', 'Strict.json', '--registry', 'strict')
  await signalbox.aws('events', 'create-event-bus', { name: 'strict' })
  const asked = await run('schema', 'validate', 'reject', '--bus', 'strict', '--registry', 'strict')
  assert.deepEqual(asked, { code: 0, out: 'strict: reject\n', err: '' })
  await signalbox.end('SIGKILL')
  await signalbox.start()
  const send = async (data: object): Promise<Response> =>
    fetch(`${signalbox.url}/buses/strict/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({
        specversion: '1.0',
        id: JSON.stringify(data),
        source: 's',
        type: 'Strict',
        data,
      }),
    })
  const refused = await send({ id: 1 })
  assert.equal(refused.status, 400)
  const { code, message } = (await refused.json()) as { code: string; message: string }
  assert.equal(code, 'EVENT_INVALID')
  assert.match(message, /expected `\$\.detail\.id` to be string/)
  assert.equal((await send({ id: 'a' })).status, 202)
  const metrics = await (await fetch(`${signalbox.url}/metrics`)).text()
  assert.match(
    metrics,
    /signalbox_events_checked_total\{bus="000000000000\/us-east-1\/strict",result="faulty"\} 1/,
  )
  assert.match(
    metrics,
    /signalbox_events_checked_total\{bus="000000000000\/us-east-1\/strict",result="valid"\} 1/,
  )
})
