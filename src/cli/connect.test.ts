import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { runCli } from './index.ts'
import { createTestIo } from './testing.ts'

const BROKERS = [{ name: 'edge', spec: { type: 'nats', servers: ['127.0.0.1:4222'] } }]
const READING = {
  name: 'orders',
  spec: { broker: 'edge', stream: 'ORDERS', subjects: ['orders.>'], bus: 'shop' },
  state: 'connected',
  since: 0,
  instances: 1,
  lag: { ORDERS: 3 },
}
const LOST = {
  name: 'heat',
  spec: { broker: 'edge', subjects: ['heat'] },
  state: 'lost',
  reason: 'broker `edge`: connection refused',
  since: 0,
  instances: 1,
  lag: {},
}

const PLACES = [
  {
    name: 'orders',
    partitions: 3,
    records: 1,
    readers: [{ name: 'signalbox-orders', behind: 7 }],
  },
  { name: 'ORDERS', subjects: ['orders.>', 'more'], records: 5, readers: [] },
]
const RECORDS = [
  {
    place: 'orders/0/42',
    topic: 'orders',
    timestamp: 0,
    key: 'k1',
    headers: { ce_type: 'placed' },
    text: '{"n":1}\u001b',
    sizeBytes: 8,
  },
  { place: 'ORDERS/7', topic: 'orders.a', headers: {}, base64: '/w==', sizeBytes: 1 },
]

const STEPS = [0, 0, 7]
  .map((copied) => `event: progress\ndata: {"copied":${copied},"behind":${7 - copied}}\n\n`)
  .join('')
const REFUSED = 'event: error\ndata: {"code":"BROKER_LOST","message":"broker `edge` is gone"}\n\n'
const MOVED = [
  { partition: 0, before: 9, after: 4 },
  { partition: 1, after: 0 },
]

function itemsAt(url: string): readonly object[] {
  if (url.includes('/brokers/browse?broker=edge')) return PLACES
  if (url.includes('/brokers/peek?broker=edge&place=orders&limit=2')) return RECORDS
  if (url.includes('/brokers/rollback?name=all&to=-5&from=kafka')) return MOVED
  return url.endsWith('/brokers') ? BROKERS : [READING, LOST]
}

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs against a server that says just this. */
async function run(context: TestContext, ...argv: readonly string[]): Promise<Ended> {
  const server = createServer((request, response) => {
    const { method, url = '' } = request
    if (method === 'POST' && url.includes('/brokers/mirror?')) {
      const parameters = Object.fromEntries(new URLSearchParams(url.split('?')[1]))
      const ends = parameters['to'] === 'kafka://edge/full' ? REFUSED : 'event: end\ndata: {}\n\n'
      response.setHeader('Content-Type', 'text/event-stream')
      response.end(`${STEPS}event: progress\ndata: ${JSON.stringify(parameters)}\n\n${ends}`)
      return
    }
    const items = itemsAt(request.url ?? '')
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ items }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.closeAllConnections())
  context.after(() => server.close())
  const io = createTestIo()
  const { port } = server.address() as AddressInfo
  const code = await runCli([...argv, '--endpoint-url', `http://127.0.0.1:${port}`], io)
  return { code, out: io.out.text, err: io.err.text }
}

test('brokers and sources are shown, with what each does and how far it is behind', async (context) => {
  const { code, out } = await run(context, 'connect', 'ls')
  assert.equal(code, 0)
  assert.equal(
    out,
    [
      'edge  nats://127.0.0.1:4222',
      'orders  connected  edge/ORDERS,orders.> → shop  3 behind',
      'heat  lost  edge/heat → default  0 behind  broker `edge`: connection refused',
      '',
    ].join('\n'),
  )
  const { out: json } = await run(context, 'connect', 'ls', '-o', 'json')
  assert.deepEqual(JSON.parse(json), { brokers: BROKERS, sources: [READING, LOST] })
})

test('a source that should read and does not is a failure, and so is one that is not there', async (context) => {
  assert.equal((await run(context, 'connect', 'test', 'orders')).code, 0)
  assert.equal((await run(context, 'connect', 'test')).code, 1)
  const { code, err } = await run(context, 'connect', 'test', 'nothing')
  assert.equal(code, 1)
  assert.equal(err, 'there is no source `nothing`\n')
})

test('what lies on a broker is shown with who reads it, and the newest records of a place', async (context) => {
  const places = await run(context, 'connect', 'browse', 'edge')
  assert.deepEqual([places.code, places.err], [0, ''])
  assert.equal(
    places.out,
    [
      'orders  3 partitions  1 record',
      '  signalbox-orders  7 behind',
      'ORDERS  orders.>,more  5 records',
      '',
    ].join('\n'),
  )
  const records = await run(context, 'connect', 'browse', 'edge', 'orders', '--limit', '2')
  assert.deepEqual([records.code, records.err], [0, ''])
  assert.equal(
    records.out,
    [
      'orders/0/42  1970-01-01T00:00:00.000Z  key=k1  ce_type=placed  8 B',
      '  {"n":1}\\x1b',
      'ORDERS/7  orders.a  1 B',
      '  /w==',
      '',
    ].join('\n'),
  )
  const json = await run(context, 'connect', 'browse', 'edge', '-o', 'json')
  assert.deepEqual(JSON.parse(json.out), PLACES)
})

test('a mirror tells how it goes, once where nothing changed, and fails with what went wrong', async (context) => {
  const mirror = ['connect', 'mirror', 'kafka://edge/a', '--name', 'all', '--path', '$.order']
  const json = await run(context, ...mirror, 'kafka://edge/b', '--until-end', '-o', 'json')
  assert.deepEqual([json.code, json.err], [0, ''])
  const steps = json.out
    .trim()
    .split(/\n(?=\{)/)
    .map((text) => JSON.parse(text) as object)
  assert.deepEqual(steps.slice(0, 3), [
    { copied: 0, behind: 7 },
    { copied: 0, behind: 7 },
    { copied: 7, behind: 0 },
  ])
  assert.deepEqual(steps[3], {
    name: 'all',
    path: '$.order',
    from: 'kafka://edge/a',
    to: 'kafka://edge/b',
    untilEnd: '1',
  })
  const failed = await run(context, ...mirror, 'kafka://edge/full')
  assert.equal(failed.code, 1)
  assert.match(failed.out, /^0 copied, 7 behind\n7 copied, 0 behind\n/)
  assert.match(failed.err, /broker `edge` is gone/)
})

test('a mirror is set back, and where it was is said', async (context) => {
  const rollback = ['connect', 'rollback', 'kafka://edge/a', '--name', 'all', '--to=-5']
  const { code, out } = await run(context, ...rollback)
  assert.equal(code, 0)
  assert.equal(out, 'partition 0: 9 → 4\npartition 1: nothing read → 0\n')
})
