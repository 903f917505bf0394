import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { Webhook } from 'standardwebhooks'
import { systemClock } from '../../../base/index.ts'
import { createGuard, type GuardOptions } from '../../guard.ts'
import type { Sink, SinkMessage, SinkResult } from '../../sink.ts'
import { createHttpKind, type HttpKindOptions } from './http-sink.ts'
import { messageOf, onRequests, serveRaw, UNTRUSTED } from '../../testing.ts'

function openSink(
  t: TestContext,
  address: string,
  options: Partial<HttpKindOptions> = {},
  guardOptions: Partial<GuardOptions> = {},
): Sink {
  const guard = createGuard({ mode: 'dev', allow: [], clock: systemClock, ...guardOptions })
  const sink = createHttpKind({ guard, clock: systemClock, ...options }).open(address)
  t.after(() => sink.close())
  return sink
}

async function send(sink: Sink, message: SinkMessage = messageOf()): Promise<SinkResult> {
  const [result] = await sink.send([message], new AbortController().signal)
  return result!
}

/** The outcome in words: `delivered`, or kind and code. */
function told(result: SinkResult): string {
  return result.kind === 'delivered' ? 'delivered' : `${result.kind} ${result.failure.code}`
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('posts the body as it is, with who sends it', async (t) => {
  const requests: string[] = []
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, (request) => {
      requests.push(request)
      socket.write(OK)
    }),
  )
  const message = messageOf({ attempt: 3, eventId: 'a\r\nb é', body: Buffer.from('{ "a":1.0 }') })
  const sink = openSink(t, `http://127.0.0.1:${port}/in?q=%2F#fragment`)
  assert.equal(told(await send(sink, message)), 'delivered')
  const [head, body] = requests[0]!.split('\r\n\r\n')
  assert.equal(body, '{ "a":1.0 }')
  assert.match(head!, /^POST \/in\?q=%2F HTTP\/1\.1\r\n/)
  const lines = new Set(head!.toLowerCase().split('\r\n'))
  for (const line of [
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'content-length: 11',
    'user-agent: signalbox',
    'signalbox-delivery-id: delivery-1',
    'signalbox-event-id: a%0d%0ab%20%c3%a9',
    'signalbox-attempt: 3',
  ]) {
    assert.ok(lines.has(line), `no ${line} in ${head}`)
  }
})

const STATUSES: readonly (readonly [status: number, outcome: string])[] = [
  [200, 'delivered'],
  [202, 'delivered'],
  [204, 'delivered'],
  [301, 'dead SDK_CLIENT_ERROR'],
  [302, 'dead SDK_CLIENT_ERROR'],
  [307, 'dead SDK_CLIENT_ERROR'],
  [308, 'dead SDK_CLIENT_ERROR'],
  [400, 'dead SDK_CLIENT_ERROR'],
  [401, 'dead NO_PERMISSIONS'],
  [403, 'dead NO_PERMISSIONS'],
  [404, 'retry NO_RESOURCE'],
  [405, 'dead SDK_CLIENT_ERROR'],
  [408, 'retry TIMEOUT'],
  [409, 'retry SDK_CLIENT_ERROR'],
  [410, 'dead NO_RESOURCE'],
  [413, 'dead SDK_CLIENT_ERROR'],
  [422, 'dead SDK_CLIENT_ERROR'],
  [425, 'retry SDK_CLIENT_ERROR'],
  [429, 'retry THROTTLING'],
  [500, 'retry INTERNAL_ERROR'],
  [502, 'retry INTERNAL_ERROR'],
  [503, 'retry INTERNAL_ERROR'],
  [504, 'retry INTERNAL_ERROR'],
  [599, 'retry INTERNAL_ERROR'],
]

for (const [status, outcome] of STATUSES) {
  test(`makes ${outcome} of ${status}, asking once and following nothing`, async (t) => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url!)
      const headers = {
        Location: '/elsewhere',
        'WWW-Authenticate': 'Basic',
        Refresh: '0; /elsewhere',
      }
      response.writeHead(status, headers).end()
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    assert.equal(told(await send(openSink(t, `http://127.0.0.1:${port}/in`))), outcome)
    assert.deepEqual(asked, ['/in'])
  })
}

test('retries in eventbridge mode only what AWS retries', async (t) => {
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, () => socket.write('HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n')),
  )
  const sink = openSink(t, `http://127.0.0.1:${port}/`, { retryMode: 'eventbridge' })
  assert.equal(told(await send(sink)), 'dead NO_RESOURCE')
})

test('passes on how long the target wants to be left alone', async (t) => {
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, () => {
      socket.write('HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 9\r\n\r\n\x1b[31mslow')
    }),
  )
  assert.deepEqual(await send(openSink(t, `http://127.0.0.1:${port}/`)), {
    kind: 'retry',
    failure: { code: 'THROTTLING', message: 'the target answered 429: [31mslow' },
    afterMs: 120_000,
  })
})

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

const MOODS: readonly (readonly [
  what: string,
  outcome: string,
  serve: (socket: Socket) => void,
])[] = [
  [
    'a status line that is garbage',
    'retry CONNECTION_FAILURE',
    (socket) => socket.write('hello\r\n\r\n'),
  ],
  [
    'HTTP of another age',
    'retry CONNECTION_FAILURE',
    (socket) => socket.write('HTTP/9.9 200 OK\r\n\r\n'),
  ],
  ['an empty reply', 'retry CONNECTION_FAILURE', (socket) => socket.end()],
  ['a reset before any byte', 'retry CONNECTION_FAILURE', (socket) => socket.resetAndDestroy()],
  [
    'a reset inside the headers',
    'retry CONNECTION_FAILURE',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nConte', () => socket.resetAndDestroy()),
  ],
  ['silence', 'retry TIMEOUT', () => {}],
  ['headers that never end', 'retry TIMEOUT', (socket) => socket.write('HTTP/1.1 200 OK\r\nX: ')],
  [
    'a 500 whose body never ends',
    'retry INTERNAL_ERROR',
    (socket) => socket.write('HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n1'),
  ],
  ['a 200 whose body never ends', 'delivered', (socket) => socket.write(`${CHUNKED}1\r\na\r\n`)],
  [
    'early hints before a 200',
    'delivered',
    (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`),
  ],
  [
    'a 100 that nobody asked for',
    'retry CONNECTION_FAILURE',
    (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n'),
  ],
  [
    '10,000 headers',
    'retry CONNECTION_FAILURE',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}\r\n`),
  ],
]

for (const [what, outcome, serve] of MOODS) {
  test(`makes ${outcome} of ${what}`, async (t) => {
    const port = await serveRaw(t, (socket) => onRequests(socket, () => serve(socket)))
    const sink = openSink(t, `http://127.0.0.1:${port}/`, { timeoutMs: 200 })
    assert.equal(told(await send(sink)), outcome)
    // Whatever the target did to one request, the next one goes out.
    assert.equal(told(await send(sink)), outcome)
  })
}

test('makes a retry of a port nobody listens at, and of a name nobody knows', async (t) => {
  const port = await serveRaw(t, (socket) => socket.destroy())
  const refused = openSink(t, `http://[::1]:${port}/`)
  assert.equal(told(await send(refused)), 'retry CONNECTION_FAILURE')
  const unknown = openSink(
    t,
    'http://unknown.test/',
    {},
    {
      resolve: () => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' })),
    },
  )
  const result = await send(unknown)
  assert.equal(told(result), 'retry CONNECTION_FAILURE')
  assert.match(JSON.stringify(result), /ENOTFOUND/)
})

test('makes a retry of TLS that fails and of a certificate that is not trusted', async (t) => {
  const plain = await serveRaw(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
  assert.equal(
    told(await send(openSink(t, `https://127.0.0.1:${plain}/`))),
    'retry CONNECTION_FAILURE',
  )
  const requests: string[] = []
  const server = createTlsServer(UNTRUSTED, (socket) =>
    onRequests(socket, (request) => void requests.push(request)),
  )
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const result = await send(openSink(t, `https://localhost:${port}/`))
  assert.equal(told(result), 'retry CONNECTION_FAILURE')
  assert.match(JSON.stringify(result), /DEPTH_ZERO_SELF_SIGNED_CERT|self-signed/)
  assert.deepEqual(requests, [])
})

for (const [what, head, piece] of [
  ['1 GB', 'HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n', Buffer.alloc(65_536, 'a')],
  [
    'a gzip bomb',
    'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1073741824\r\n\r\n',
    gzipSync(Buffer.alloc(64 * 1024 * 1024)).subarray(0, 65_536),
  ],
] as const) {
  test(`reads little of ${what} and hangs up`, async (t) => {
    let written = 0
    const closed = Promise.withResolvers<void>()
    const port = await serveRaw(t, (socket) => {
      socket.on('close', closed.resolve)
      const pump = (): void => {
        while (!socket.destroyed && socket.write(piece)) written += piece.length
      }
      socket.on('drain', pump)
      onRequests(socket, () => {
        socket.write(head)
        pump()
      })
    })
    assert.equal(told(await send(openSink(t, `http://127.0.0.1:${port}/`))), 'delivered')
    await closed.promise
    assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken`)
  })
}

test('keeps its connection between requests', async (t) => {
  let connections = 0
  const port = await serveRaw(t, (socket) => {
    connections += 1
    onRequests(socket, () => socket.write(OK))
  })
  const sink = openSink(t, `http://127.0.0.1:${port}/`)
  for (let count = 0; count < 5; count += 1) assert.equal(told(await send(sink)), 'delivered')
  assert.equal(connections, 1)
})

test('sends again at once what was lost on a kept connection before its answer began', async (t) => {
  let requests = 0
  const port = await serveRaw(t, (socket, connection) =>
    onRequests(socket, (_, index) => {
      requests += 1
      if (connection === 0 && index === 1) socket.resetAndDestroy()
      else socket.write(OK)
    }),
  )
  const sink = openSink(t, `http://127.0.0.1:${port}/`)
  assert.equal(told(await send(sink)), 'delivered')
  assert.equal(told(await send(sink)), 'delivered')
  assert.equal(requests, 3)
})

test('does not send again what was lost on a new connection, or after its answer began', async (t) => {
  let requests = 0
  const port = await serveRaw(t, (socket, connection) =>
    onRequests(socket, (_, index) => {
      requests += 1
      if (connection === 0) socket.resetAndDestroy()
      else if (index === 0) socket.write(OK)
      else socket.write('HTTP/1.1 200', () => socket.resetAndDestroy())
    }),
  )
  const sink = openSink(t, `http://127.0.0.1:${port}/`)
  assert.equal(told(await send(sink)), 'retry CONNECTION_FAILURE')
  assert.equal(requests, 1)
  assert.equal(told(await send(sink)), 'delivered')
  assert.equal(told(await send(sink)), 'retry CONNECTION_FAILURE')
  assert.equal(requests, 3)
})

test('lets a kept connection fail it twice and no more', async (t) => {
  let requests = 0
  const port = await serveRaw(t, (socket, connection) =>
    onRequests(socket, (_, index) => {
      requests += 1
      if (connection === 0 && index === 0) socket.write(OK)
      else socket.resetAndDestroy()
    }),
  )
  const sink = openSink(t, `http://127.0.0.1:${port}/`)
  assert.equal(told(await send(sink)), 'delivered')
  assert.equal(told(await send(sink)), 'retry CONNECTION_FAILURE')
  assert.equal(requests, 3)
})

test('stops when it is told to, and never answers late', async (t) => {
  const asked = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const port = await serveRaw(t, (socket) => {
    socket.on('close', closed.resolve)
    onRequests(socket, () => asked.resolve())
  })
  const sink = openSink(t, `http://127.0.0.1:${port}/`)
  const stop = new AbortController()
  const sent = sink.send([messageOf()], stop.signal)
  await asked.promise
  stop.abort()
  assert.equal(told((await sent)[0]!), 'retry TIMEOUT')
  await closed.promise
  assert.equal(told((await sink.send([messageOf()], stop.signal))[0]!), 'retry TIMEOUT')
})

test('sends nothing later when its time ran out before there was a connection', async (t) => {
  const requests: string[] = []
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, (request) => void requests.push(request)),
  )
  const resolved = Promise.withResolvers<readonly string[]>()
  const sink = openSink(
    t,
    `http://slow.test:${port}/`,
    { timeoutMs: 50 },
    {
      resolve: () => resolved.promise,
    },
  )
  assert.equal(told(await send(sink)), 'retry TIMEOUT')
  resolved.resolve(['127.0.0.1'])
  await send(sink)
  assert.equal(requests.length, 1)
})

test('asks nobody where the guard says no', async (t) => {
  let connections = 0
  const port = await serveRaw(t, () => void (connections += 1))
  const strict = { mode: 'strict' } as const
  const literal = openSink(t, `http://127.0.0.1:${port}/`, {}, strict)
  assert.equal(told(await send(literal)), 'dead NO_PERMISSIONS')
  const named = openSink(
    t,
    `http://evil.test:${port}/`,
    {},
    {
      ...strict,
      resolve: async () => ['127.0.0.1'],
    },
  )
  assert.equal(told(await send(named)), 'dead NO_PERMISSIONS')
  assert.equal(connections, 0)
})

test('goes straight to the target whatever proxies the environment names', async (t) => {
  let proxied = 0
  const proxy = await serveRaw(t, () => void (proxied += 1))
  const before = { ...process.env }
  for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
    process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy}`
  }
  t.after(() => (process.env = before))
  const port = await serveRaw(t, (socket) => onRequests(socket, () => socket.write(OK)))
  assert.equal(told(await send(openSink(t, `http://127.0.0.1:${port}/`))), 'delivered')
  assert.equal(proxied, 0)
})

const SECRETS = [1, 2].map((seed) => `whsec_${Buffer.alloc(32, seed).toString('base64')}`) as [
  string,
  string,
]

async function signedRequest(t: TestContext, signingSecret: unknown): Promise<string> {
  const asked = Promise.withResolvers<string>()
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, (request) => {
      asked.resolve(request)
      socket.write(OK)
    }),
  )
  const address = `http://127.0.0.1:${port}/`
  const target = { id: 't', address, parameters: { signingSecret } }
  await send(openSink(t, address), messageOf({ target, deliveryId: 'with.dot' }))
  return asked.promise
}

function verify(request: string, secret: string, change: (body: string) => string = String): void {
  const [head, body] = request.split('\r\n\r\n') as [string, string]
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(': ', 2)),
  ) as Record<string, string>
  assert.equal(headers['webhook-id'], 'with.dot')
  new Webhook(secret).verify(change(body), headers)
}

test('signs so that Standard Webhooks verifies it', async (t) => {
  const request = await signedRequest(t, SECRETS[0])
  verify(request, SECRETS[0])
  assert.throws(() => verify(request, SECRETS[1]))
  assert.throws(() => verify(request, SECRETS[0], (body) => body.replace('1', '2')))
})

test('signs under the new secret and the old while they are rotated', async (t) => {
  const request = await signedRequest(t, SECRETS)
  verify(request, SECRETS[0])
  verify(request, SECRETS[1])
})

for (const secret of ['', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${'*'.repeat(40)}`, 7, [], {}]) {
  test(`buries a message whose secret is ${JSON.stringify(secret)}, and does not show it`, async (t) => {
    const target = {
      id: 't',
      address: 'http://127.0.0.1:9/',
      parameters: { signingSecret: secret },
    }
    const result = await send(openSink(t, target.address), messageOf({ target }))
    assert.equal(told(result), 'dead SDK_CLIENT_ERROR')
    assert.doesNotMatch(JSON.stringify(result), /\*{40}|c2hvcnQ/)
  })
}

test('serves http and https, whatever their case, and nothing else', () => {
  const guard = createGuard({ mode: 'dev', allow: [], clock: systemClock })
  const kind = createHttpKind({ guard, clock: systemClock })
  assert.ok(kind.serves('https://example.com/'))
  assert.ok(kind.serves('HTTP://example.com/'))
  assert.ok(!kind.serves('arn:aws:sqs:us-east-1:000000000000:q'))
  assert.ok(!kind.serves('log:console'))
})
