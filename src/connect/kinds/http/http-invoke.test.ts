import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../../base/index.ts'
import { createGuard } from '../../guard.ts'
import { invokeSink, type InvokeRequest, type InvokeResult } from '../../invoke.ts'
import { onRequests, serveRaw } from '../../testing.ts'
import { createHttpKind } from './http-sink.ts'

async function invoke(
  t: TestContext,
  address: string,
  request: Partial<InvokeRequest> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<InvokeResult> {
  const guard = createGuard({ mode: 'dev', allow: [], clock: systemClock })
  const sink = createHttpKind({ guard, clock: systemClock }).open(address)
  t.after(() => sink.close())
  return invokeSink(sink, address, { payload: Buffer.from('{}'), ...request }, signal)
}

/** Answers each request with `answer`; what was asked is in `requests`. */
async function answering(
  t: TestContext,
  answer: string | Buffer,
): Promise<{ readonly url: string; readonly requests: string[] }> {
  const requests: string[] = []
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, (request) => {
      requests.push(request)
      socket.end(answer)
    }),
  )
  return { url: `http://127.0.0.1:${port}`, requests }
}

test('answers status and body', async (t) => {
  const { url } = await answering(t, 'HTTP/1.1 201 Made\r\nContent-Length: 8\r\n\r\n{"a": 1}')
  const result = await invoke(t, `${url}/in`)
  assert.ok(result.kind === 'ok')
  assert.equal(result.status, 201)
  assert.equal(Buffer.from(result.payload).toString(), '{"a": 1}')
})

test('asks with what was added: path values, query and headers, which stand above its own', async (t) => {
  const { url, requests } = await answering(t, 'HTTP/1.1 204 Done\r\n\r\n')
  const result = await invoke(t, `${url}/users/*/orders/*?all=1`, {
    payload: Buffer.from('{"b":2}'),
    traceHeader: 'Root=1-2-3',
    http: {
      pathValues: ['a/b', 'ö'],
      query: { q: 'x y' },
      headers: { 'content-type': 'text/plain', 'X-Kind': 'k' },
    },
  })
  assert.equal(result.kind, 'ok')
  const [head, body] = requests[0]!.split('\r\n\r\n')
  assert.equal(body, '{"b":2}')
  const [first, ...lines] = head!.split('\r\n')
  assert.equal(first, 'POST /users/a%2Fb/orders/%C3%B6?all=1&q=x+y HTTP/1.1')
  assert.ok(lines.includes('content-type: text/plain'))
  assert.ok(!lines.includes('Content-Type: application/json'))
  assert.ok(lines.includes('X-Kind: k'))
  assert.ok(lines.includes('X-Amzn-Trace-Id: Root=1-2-3'))
})

for (const headers of [
  { Host: 'evil' },
  { 'content-length': '1' },
  { 'a b': 'c' },
  { a: 'b\r\nc' },
]) {
  test(`refuses to add ${JSON.stringify(headers)}, and asks nobody`, async (t) => {
    const { url, requests } = await answering(t, '')
    const result = await invoke(t, url, { http: { headers } })
    assert.ok(result.kind === 'failed' && result.isFinal)
    assert.deepEqual(requests, [])
  })
}

const FAILING: readonly (readonly [what: string, answer: string, outcome: string])[] = [
  [
    'a status that may be mended',
    'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n',
    'again INTERNAL_ERROR',
  ],
  [
    'a status that is final',
    'HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n',
    'final SDK_CLIENT_ERROR',
  ],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a"', 'again CONNECTION_FAILURE'],
]

for (const [what, answer, outcome] of FAILING) {
  test(`an answer with ${what} is no answer`, async (t) => {
    const { url } = await answering(t, answer)
    const result = await invoke(t, url)
    assert.ok(result.kind === 'failed')
    assert.equal(`${result.isFinal ? 'final' : 'again'} ${result.failure.code}`, outcome)
  })
}

test('an answer that does not end is cut at the maximum', async (t) => {
  let written = 0
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk)) written += 1
      }
      socket.on('drain', pour)
      pour()
    }),
  )
  const result = await invoke(t, `http://127.0.0.1:${port}/`)
  assert.ok(result.kind === 'failed')
  assert.match(result.failure.message, /longer than 6291456 bytes/)
  assert.ok(written > 0)
})

test('an address that must not be asked says why', async (t) => {
  const result = await invoke(t, 'http://169.254.169.254/latest')
  assert.ok(result.kind === 'failed' && result.isFinal)
  assert.equal(result.failure.code, 'NO_PERMISSIONS')
})

test('an invocation ends when it is aborted', async (t) => {
  const port = await serveRaw(t, () => {})
  const stop = new AbortController()
  const asked = invoke(t, `http://127.0.0.1:${port}/`, {}, stop.signal)
  stop.abort()
  assert.equal((await asked).kind, 'failed')
})
