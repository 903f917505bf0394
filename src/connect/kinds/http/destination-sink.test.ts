import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../../base/index.ts'
import type { ConnectionSecrets } from '../../../model/index.ts'
import type { Destination, DestinationLookup } from '../../destination.ts'
import { createGuard } from '../../guard.ts'
import type { InvokingSink } from '../../invoke.ts'
import type { SinkMessage, SinkResult } from '../../sink.ts'
import { messageOf, onRequests, serveRaw } from '../../testing.ts'
import type { TokenSource } from '../../token-source.ts'
import { createDestinationKind } from './destination-sink.ts'

const ADDRESS = 'arn:aws:events:us-east-1:000000000000:api-destination/shop/1'
const { signal } = new AbortController()

const NO_TOKENS: TokenSource = {
  get: () => Promise.reject(new Error('no token is needed')),
  refuse: () => {},
  forget: () => {},
}

interface Bench {
  readonly sink: InvokingSink
  readonly requests: string[]
  readonly send: (message?: Partial<SinkMessage>) => Promise<SinkResult>
}

interface BenchOptions {
  readonly destination?: Partial<Destination>
  readonly secrets?: ConnectionSecrets
  readonly tokens?: TokenSource
  readonly answer?: (request: string, index: number) => string
  readonly mode?: 'dev' | 'strict'
}

const BASIC: ConnectionSecrets = {
  authorization: { kind: 'basic', username: 'me', password: 'my-password' },
}

async function openBench(t: TestContext, options: BenchOptions = {}): Promise<Bench> {
  const requests: string[] = []
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, (request) => {
      const answer = options.answer?.(request, requests.length) ?? '200 OK'
      requests.push(request)
      socket.write(`HTTP/1.1 ${answer}\r\nContent-Length: 2\r\n\r\nok`)
    }),
  )
  const lookup: DestinationLookup = {
    kind: 'found',
    destination: {
      endpoint: `http://127.0.0.1:${port}/a/*/b`,
      method: 'POST',
      ratePerSecondMax: 300,
      connection: { key: 'k', version: '1', ...(options.secrets ?? BASIC) },
      ...options.destination,
    },
  }
  const kind = createDestinationKind({
    find: () => Promise.resolve(lookup),
    tokens: options.tokens ?? NO_TOKENS,
    guard: createGuard({ mode: options.mode ?? 'dev', allow: [], clock: systemClock }),
    clock: systemClock,
  })
  assert.ok(kind.serves(ADDRESS))
  const sink = kind.open(ADDRESS) as InvokingSink
  t.after(() => sink.close())
  return {
    sink,
    requests,
    send: async (message) => (await sink.send([messageOf(message)], signal))[0]!,
  }
}

function withHttp(parameters: object): Partial<SinkMessage> {
  return { target: { id: 't', address: ADDRESS, parameters: { HttpParameters: parameters } } }
}

test('a header from an event cannot end the line it stands in, nor be one that frames the message', async (t) => {
  const { send, requests } = await openBench(t)
  for (const headers of [
    { 'X-A': 'a\r\nX-B: b' },
    { 'X-A\r\n': 'a' },
    { 'Transfer-Encoding': 'chunked' },
    { Host: 'elsewhere' },
    { 'content-length': '0' },
    { 'X-A': '\u{1f600}' },
  ]) {
    const result = await send(withHttp({ HeaderParameters: headers }))
    assert.ok(result.kind === 'dead')
    assert.equal(result.failure.code, 'SDK_CLIENT_ERROR')
  }
  assert.equal(requests.length, 0)
})

test('a value for the path cannot leave its place', async (t) => {
  const { send, requests } = await openBench(t)
  await send(withHttp({ PathParameterValues: ['../../admin?x=1#'] }))
  assert.match(requests[0]!, /^POST \/a\/\.\.%2F\.\.%2Fadmin%3Fx%3D1%23\/b HTTP/)
})

test('the connection decides who calls, whatever a target writes', async (t) => {
  const { send, requests } = await openBench(t)
  await send(withHttp({ HeaderParameters: { authorization: 'Bearer forged' } }))
  const lines = requests[0]!.split('\r\n').filter((line) => /^authorization:/i.test(line))
  assert.deepEqual(lines, ['Authorization: Basic bWU6bXktcGFzc3dvcmQ='])
})

for (const method of ['GET', 'HEAD', 'OPTIONS'] as const) {
  test(`${method} has no body`, async (t) => {
    const { send, requests } = await openBench(t, {
      destination: { method },
      answer: () => '204 OK',
    })
    assert.equal((await send()).kind, 'delivered')
    assert.match(requests[0]!, new RegExp(`^${method} `))
    assert.doesNotMatch(requests[0]!, /content-length: [1-9]/i)
  })
}

test('body parameters need a JSON object to stand in', async (t) => {
  const secrets = { ...BASIC, parameters: { body: [{ key: 'a', value: '1' }] } }
  const { send, requests } = await openBench(t, { secrets })
  const result = await send({ body: Buffer.from('[1]') })
  assert.ok(result.kind === 'dead' && result.failure.code === 'SDK_CLIENT_ERROR')
  await send({ body: Buffer.from(' { "b" : 1.0, "a": 2 } ') })
  await send({ body: Buffer.from('{}') })
  assert.deepEqual(
    requests.map((request) => request.split('\r\n\r\n')[1]),
    ['{"b":1.0,"a":"1"}', '{"a":"1"}'],
  )
})

test('a refused token is renewed, and the call made once more and no oftener', async (t) => {
  const refused: string[] = []
  let given = 0
  const tokens: TokenSource = {
    get: () => {
      given += 1
      return Promise.resolve({ kind: 'token', value: `Bearer token-${given}` })
    },
    refuse: (_request, value) => void refused.push(value),
    forget: () => {},
  }
  const secrets: ConnectionSecrets = {
    authorization: {
      kind: 'oauth',
      clientId: 'me',
      clientSecret: 's',
      endpoint: 'http://127.0.0.1:1/',
      method: 'POST',
    },
  }
  const { send, requests } = await openBench(t, {
    tokens,
    secrets,
    answer: (_, index) => (index === 0 || index > 1 ? '401 No' : '200 OK'),
  })
  assert.equal((await send()).kind, 'delivered')
  assert.equal((await send()).kind, 'retry')
  assert.equal(requests.length, 4)
  assert.deepEqual(refused, ['Bearer token-1', 'Bearer token-3'])
})

test('an address that must not be reached is not asked, in whatever form it is written', async (t) => {
  for (const endpoint of [
    'http://169.254.169.254/latest',
    'http://[::ffff:a9fe:a9fe]/',
    'http://0x7f000001/',
    'http://localhost/',
  ]) {
    const { send, requests } = await openBench(t, { destination: { endpoint }, mode: 'strict' })
    const result = await send()
    assert.ok(result.kind === 'dead')
    assert.equal(result.failure.code, 'NO_PERMISSIONS')
    assert.equal(requests.length, 0)
  }
})

test('a redirect is not followed, and the credentials go nowhere else', async (t) => {
  const other: string[] = []
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, (request) => void other.push(request)),
  )
  const { send } = await openBench(t, {
    answer: () => `307 Go\r\nLocation: http://127.0.0.1:${port}/`,
  })
  const result = await send()
  assert.equal(result.kind, 'dead')
  assert.equal(other.length, 0)
})

test('an invocation is answered with what the API said', async (t) => {
  const { sink, requests } = await openBench(t)
  const http = { query: { q: '1' }, pathValues: ['x'] }
  const result = await sink.invoke({ payload: Buffer.from('{"a":1}'), http }, signal)
  assert.ok(result.kind === 'ok')
  assert.equal(Buffer.from(result.payload).toString(), 'ok')
  assert.match(requests[0]!, /^POST \/a\/x\/b\?q=1 HTTP/)
})
