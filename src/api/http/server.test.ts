import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test, type TestContext } from 'node:test'
import {
  AppError,
  channels,
  createLogger,
  type LogLevel,
  type RequestAnswered,
  silentLogger,
  systemClock,
  systemRandom,
} from '../../base/index.ts'
import type { HttpHandler, HttpRequest } from './exchange.ts'
import type { HttpLimits } from './limits.ts'
import { type HttpServer, openHttpServer } from './server.ts'
import { RawConnection } from './testing.ts'

interface Setup {
  readonly handle?: HttpHandler
  readonly limits?: Partial<HttpLimits>
  readonly log?: string[]
}

async function open(t: TestContext, setup: Setup = {}): Promise<HttpServer> {
  const { log } = setup
  const level: LogLevel = 'debug'
  const server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    dialects: [
      {
        name: 'aws',
        accepts: ({ path }) => path === '/',
        handle: setup.handle ?? describe,
      },
    ],
    security: { allowedHosts: ['box.test'], allowedOrigins: [] },
    limits: { checkIntervalMs: 50, ...setup.limits },
    logger:
      log === undefined
        ? silentLogger
        : createLogger({ level, destination: { write: (line) => void log.push(line) } }),
    clock: systemClock,
    random: systemRandom,
  })
  t.after(() => server.drain(0))
  return server
}

async function describe({ method, target, query, body }: HttpRequest) {
  const sha256 = createHash('sha256').update(body).digest('hex')
  const text = JSON.stringify({ method, target, query, sha256, sizeBytes: body.length })
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: text }
}

const HEAD = 'POST / HTTP/1.1\r\nHost: box.test\r\n'

function get(query: string): string {
  return `GET /?${query} HTTP/1.1\r\nHost: box.test\r\n\r\n`
}

async function exchange(server: HttpServer, bytes: string): Promise<string> {
  const connection = new RawConnection(server.port).send(bytes)
  const received = await connection.until('\r\n\r\n')
  connection.close()
  return received
}

test('hands a dialect the request as it was sent', async (t) => {
  const server = await open(t)
  const response = await fetch(`${server.url}/?a=%2F&b`, { method: 'POST', body: 'hello' })
  assert.deepEqual(await response.json(), {
    method: 'POST',
    target: '/?a=%2F&b',
    query: 'a=%2F&b',
    sha256: createHash('sha256').update('hello').digest('hex'),
    sizeBytes: 5,
  })
  assert.match(response.headers.get('x-amzn-requestid')!, /^[0-9a-f-]{36}$/)
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(response.headers.get('access-control-allow-origin'), null)
})

for (const sizeBytes of [0, 1, 65_537, 3_000_000]) {
  test(`gathers a body of ${sizeBytes} bytes, with a length and in chunks`, async (t) => {
    const server = await open(t)
    const body = Buffer.alloc(sizeBytes, 'abcdefg')
    const sha256 = createHash('sha256').update(body).digest('hex')
    const whole = await fetch(server.url, { method: 'POST', body })
    const pieces = new Response(body).body!
    const chunked = await fetch(server.url, { method: 'POST', body: pieces, duplex: 'half' })
    for (const response of [whole, chunked]) {
      const seen = (await response.json()) as { sha256: string; sizeBytes: number }
      assert.deepEqual([seen.sha256, seen.sizeBytes], [sha256, sizeBytes])
    }
  })
}

const BROKEN: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['two lengths', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
  [
    'a length and chunks',
    `${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['two hosts', `${HEAD}HOST: localhost\r\nContent-Length: 0\r\n\r\n`, 400],
  ['no host', 'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n', 400],
  ['no host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 400],
  ['a length that is no number', `${HEAD}Content-Length: 1x\r\n\r\na`, 400],
  ['a bare line feed', 'POST / HTTP/1.1\nHost: box.test\n\n', 400],
  ['a folded header', `${HEAD}X-A: b\r\n c\r\n\r\n`, 400],
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['20 kB of headers', `${HEAD}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['a path of 64 kB', `GET /${'a'.repeat(65_536)} HTTP/1.1\r\nHost: box.test\r\n\r\n`, 431],
  ['1,000 headers', `${HEAD}${'a: b\r\n'.repeat(1000)}Content-Length: 0\r\n\r\n`, 431],
  [
    'chunk extensions',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\nab\r\n`,
    413,
  ],
  ['a foreign host', 'POST / HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 2\r\n\r\nab', 403],
  ['a foreign origin', `${HEAD}Origin: https://evil.test\r\nContent-Length: 0\r\n\r\n`, 403],
  ['compression', `${HEAD}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab`, 415],
  ['compression twice', `${HEAD}Content-Encoding: gzip, br\r\nContent-Length: 2\r\n\r\nab`, 415],
  ['TRACE', 'TRACE / HTTP/1.1\r\nHost: box.test\r\n\r\n', 501],
  ['CONNECT', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: box.test\r\n\r\n', 501],
  [
    'an upgrade',
    'GET / HTTP/1.1\r\nHost: box.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    501,
  ],
  ['a path nobody serves', 'GET /nowhere HTTP/1.1\r\nHost: box.test\r\n\r\n', 404],
]

for (const [what, bytes, status] of BROKEN) {
  test(`answers ${what} with ${status}`, async (t) => {
    const handled: HttpRequest[] = []
    const server = await open(t, {
      handle: async (request) => {
        handled.push(request)
        return describe(request)
      },
    })
    assert.match(await exchange(server, bytes), new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.deepEqual(handled, [])
  })
}

test('says what is served where nothing is', async (t) => {
  const server = await open(t)
  const response = await fetch(`${server.url}/nowhere`)
  const { message } = (await response.json()) as { message: string }
  assert.match(message, /`GET \/nowhere`.*POST \/ with X-Amz-Target/)
})

test('refuses a body by its length, before it is sent', async (t) => {
  const server = await open(t, { limits: { bodyBytesMax: 10 } })
  const head = `${HEAD}Content-Length: 11\r\nExpect: 100-continue\r\n\r\n`
  const received = await exchange(server, head)
  assert.match(received, /^HTTP\/1\.1 413 /)
  assert.match(received, /Connection: close/)
})

test('invites a body that the client holds back', async (t) => {
  const server = await open(t)
  const connection = new RawConnection(server.port)
  connection.send(`${HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`)
  assert.match(await connection.until('\r\n\r\n'), /^HTTP\/1\.1 100 /)
  connection.send('ab')
  assert.match(await connection.until('"sizeBytes":2'), /HTTP\/1\.1 200 /)
  connection.close()
})

test('refuses a chunked body once it is too long', async (t) => {
  const server = await open(t, { limits: { bodyBytesMax: 10 } })
  const received = await exchange(
    server,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n`,
  )
  assert.match(received, /^HTTP\/1\.1 413 /)
})

test('shows its refusal to a client that sends on regardless', async (t) => {
  const server = await open(t, { limits: { bodyBytesMax: 10 } })
  const connection = new RawConnection(server.port)
  connection.send(`${HEAD}Content-Length: 5000000\r\n\r\n`).send(Buffer.alloc(5_000_000))
  assert.match(await connection.untilClosed(), /^HTTP\/1\.1 413 [^]*REQUEST_TOO_LARGE/)
})

test('bounds the bytes of bodies in flight and takes more when they are gone', async (t) => {
  const gate = Promise.withResolvers<void>()
  const server = await open(t, {
    limits: { bodyBytesInFlightMax: 10 },
    handle: async (request) => {
      if (request.body.length === 8) await gate.promise
      return describe(request)
    },
  })
  const first = new RawConnection(server.port).send(`${HEAD}Content-Length: 8\r\n\r\n12345678`)
  const held = new RawConnection(server.port)
  // The first is known to be in flight once a second one no longer fits.
  let refused = ''
  while (!refused.startsWith('HTTP/1.1 503 ')) {
    refused = await exchange(server, `${HEAD}Content-Length: 3\r\n\r\n123`)
  }
  assert.match(refused, /Retry-After: 1/)
  assert.match(refused, /OVERLOADED/)
  gate.resolve()
  await first.until('"sizeBytes":8')
  assert.match(await exchange(server, `${HEAD}Content-Length: 3\r\n\r\n123`), /^HTTP\/1\.1 200 /)
  first.close()
  held.close()
})

test('sets little aside for bodies that are announced and never come', async (t) => {
  const server = await open(t, { limits: { bodyBytesInFlightMax: 100, bodyBytesAhead: 5 } })
  const idle = Array.from({ length: 10 }, () =>
    new RawConnection(server.port).send(
      `${HEAD}Content-Length: 50\r\nExpect: 100-continue\r\n\r\n`,
    ),
  )
  await Promise.all(idle.map((connection) => connection.until('100 Continue')))
  const fits = await exchange(server, `${HEAD}Content-Length: 50\r\n\r\n${'a'.repeat(50)}`)
  assert.match(fits, /^HTTP\/1\.1 200 /)
  const tooMuch = await exchange(server, `${HEAD}Content-Length: 51\r\n\r\n${'a'.repeat(51)}`)
  assert.match(tooMuch, /^HTTP\/1\.1 503 /)
  for (const connection of idle) connection.close()
})

test('refuses in the middle a body for which there is no room any more', async (t) => {
  const server = await open(t, { limits: { bodyBytesInFlightMax: 100, bodyBytesAhead: 5 } })
  const head = `${HEAD}Content-Length: 80\r\nExpect: 100-continue\r\n\r\n`
  const first = new RawConnection(server.port).send(head)
  const second = new RawConnection(server.port).send(head)
  await Promise.all([first.until('100 Continue'), second.until('100 Continue')])
  first.send('a'.repeat(70))
  second.send('b'.repeat(70))
  const refused = await Promise.race([first.until('503'), second.until('503')])
  assert.match(refused, /OVERLOADED/)
  first.close()
  second.close()
})

test('gives back the bytes of a body whose client went away', async (t) => {
  const server = await open(t, { limits: { bodyBytesInFlightMax: 10 } })
  for (let round = 0; round < 20; round += 1) {
    const gone = new RawConnection(server.port).send(`${HEAD}Content-Length: 9\r\n\r\n1`)
    gone.close()
  }
  let answer = ''
  while (!answer.startsWith('HTTP/1.1 200 ')) {
    answer = await exchange(server, `${HEAD}Content-Length: 9\r\n\r\n123456789`)
  }
  assert.match(answer, /"sizeBytes":9/)
})

test('closes a connection that never finishes its headers, and one that never sends a byte', async (t) => {
  const server = await open(t, { limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } })
  const slow = new RawConnection(server.port).send(HEAD)
  const silent = new RawConnection(server.port)
  const stuck = new RawConnection(server.port).send(`${HEAD}Content-Length: 9\r\n\r\n1`)
  assert.match(await slow.untilClosed(), /^HTTP\/1\.1 408 /)
  assert.match(await silent.untilClosed(), /^(HTTP\/1\.1 408 |$)/)
  await stuck.untilClosed()
})

test('keeps the answers of pipelined requests in order', async (t) => {
  const server = await open(t)
  const connection = new RawConnection(server.port).send(get('a') + get('b') + get('c'))
  const received = await connection.until('"query":"c"')
  assert.ok(received.indexOf('"query":"a"') < received.indexOf('"query":"b"'))
  connection.close()
})

test('shows a bug as 500 with the request id only, and logs the stack', async (t) => {
  const log: string[] = []
  const server = await open(t, {
    log,
    handle: () => Promise.reject(new TypeError('secret path /etc')),
  })
  const response = await fetch(server.url)
  const body = (await response.json()) as { code: string; requestId: string }
  assert.equal(response.status, 500)
  assert.equal(body.code, 'INTERNAL')
  assert.doesNotMatch(JSON.stringify(body), /secret|\.ts/)
  assert.equal(body.requestId, response.headers.get('x-amzn-requestid'))
  const line = JSON.parse(log[0]!) as { requestId: string; stack: string }
  assert.equal(line.requestId, body.requestId)
  assert.match(line.stack, /secret path.*\n.*server\.test\.ts/)
})

test('answers a header that cannot be sent as a bug, not as a crash', async (t) => {
  const server = await open(t, {
    handle: async () => ({ status: 200, headers: { 'X-A': 'a\r\nb' }, body: '' }),
  })
  assert.equal((await fetch(server.url)).status, 500)
})

test('gives a failure with a code the status of its class', async (t) => {
  const server = await open(t, {
    handle: () => {
      throw new AppError('OVERLOADED', 'the disk is behind', { details: { retryAfterMs: 2500 } })
    },
  })
  const response = await fetch(server.url)
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '3')
})

test('streams pieces no faster than the client reads', async (t) => {
  let pieces = 0
  const server = await open(t, {
    handle: async () => ({ status: 200, headers: {}, body: endless() }),
  })
  async function* endless(): AsyncGenerator<Uint8Array> {
    const piece = Buffer.alloc(1024 * 1024)
    for (; pieces < 10_000; pieces += 1) yield piece
  }
  const connection = new RawConnection(server.port).send(get(''))
  await connection.until('\r\n\r\n')
  connection.socket.pause()
  let before = -1
  // It stands still once the buffers of both sides are full.
  while (pieces !== before) {
    before = pieces
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.ok(pieces < 200, `${pieces} MiB were produced for nobody`)
  connection.close()
})

test('tells a handler that its client went away', async (t) => {
  const started = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<void>()
  const server = await open(t, {
    handle: async ({ signal }) => {
      signal.addEventListener('abort', () => aborted.resolve())
      started.resolve()
      await aborted.promise
      return { status: 200, headers: {}, body: '' }
    },
  })
  const connection = new RawConnection(server.port).send(get(''))
  await started.promise
  connection.close()
  await aborted.promise
})

test('publishes each answered request', async (t) => {
  const seen: RequestAnswered[] = []
  const listen = (message: unknown): void => void seen.push(message as RequestAnswered)
  channels.requestAnswered.subscribe(listen)
  after(() => channels.requestAnswered.unsubscribe(listen))
  const server = await open(t, {
    handle: async () => ({ status: 202, headers: {}, body: '', operation: 'PutEvents' }),
  })
  await fetch(server.url)
  await fetch(`${server.url}/nowhere`)
  channels.requestAnswered.unsubscribe(listen)
  assert.deepEqual(
    seen.map(({ dialect, operation, status }) => [dialect, operation, status]),
    [
      ['aws', 'PutEvents', 202],
      ['none', 'GET', 404],
    ],
  )
  assert.ok(seen[0]!.durationMs > 0)
})

test('drains: closes idle connections at once, answers what is in flight, ends what waits', async (t) => {
  const gate = Promise.withResolvers<void>()
  const begun = { work: Promise.withResolvers<void>(), poll: Promise.withResolvers<void>() }
  const server = await open(t, {
    handle: async ({ query, signal }) => {
      if (query === 'work') {
        begun.work.resolve()
        await gate.promise
      }
      if (query === 'poll') {
        begun.poll.resolve()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }
      return { status: 200, headers: {}, body: `${query} done` }
    },
  })
  const ask = (query: string): RawConnection => new RawConnection(server.port).send(get(query))
  const idle = ask('idle')
  await idle.until('idle done')
  const silent = new RawConnection(server.port)
  const work = ask('work')
  const poll = ask('poll')
  await Promise.all([begun.work.promise, begun.poll.promise])

  let isDrained = false
  const drained = server.drain(60_000).then(() => (isDrained = true))
  await idle.untilClosed()
  await silent.untilClosed()
  assert.match(await poll.untilClosed(), /Connection: close[^]*poll done/)
  assert.equal(isDrained, false)
  await assert.rejects(fetch(server.url))
  gate.resolve()
  assert.match(await work.untilClosed(), /Connection: close[^]*work done/)
  await drained
})

test('cuts what is left when the deadline of the drain has passed', async (t) => {
  const log: string[] = []
  const begun = Promise.withResolvers<void>()
  const server = await open(t, {
    log,
    handle: () => {
      begun.resolve()
      return new Promise(() => {})
    },
  })
  const stuck = new RawConnection(server.port).send(get(''))
  await begun.promise
  await server.drain(20)
  assert.equal(await stuck.untilClosed(), '')
  assert.match(log[0]!, /requests cut/)
})

test('refuses to listen where strangers are', async () => {
  const options = {
    port: 0,
    dialects: [],
    security: { allowedHosts: [], allowedOrigins: [] },
    logger: silentLogger,
    clock: systemClock,
    random: systemRandom,
  }
  for (const host of ['0.0.0.0', '::', '192.168.1.1', 'box.test']) {
    await assert.rejects(openHttpServer({ ...options, host }), { code: 'CONFIG_INVALID' })
  }
  const server = await openHttpServer({ ...options, host: '0.0.0.0', insecureListen: true })
  await server.drain(0)
})

test('says that a port is taken', async (t) => {
  const { port } = await open(t)
  const taken = openHttpServer({
    host: '127.0.0.1',
    port,
    dialects: [],
    security: { allowedHosts: [], allowedOrigins: [] },
    logger: silentLogger,
    clock: systemClock,
    random: systemRandom,
  })
  await assert.rejects(taken, /cannot listen on `127\.0\.0\.1:\d+`: another process/)
})
