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

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs against a server that says just this. */
async function run(context: TestContext, ...argv: readonly string[]): Promise<Ended> {
  const server = createServer((request, response) => {
    const items = request.url?.endsWith('/brokers') === true ? BROKERS : [READING, LOST]
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
