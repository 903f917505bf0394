import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { FakeClock } from '../../../base/testing.ts'
import { createGuard } from '../../guard.ts'
import { onRequests, serveRaw } from '../../testing.ts'
import type { TokenRequest, TokenResult } from '../../token-source.ts'
import { OAuthTokens } from './oauth-tokens.ts'

const SECRET = 'the-client-secret'

interface Bench {
  readonly clock: FakeClock
  readonly tokens: OAuthTokens
  readonly requests: string[]
  /** The body of the next answers; JSON of a token that ends in an hour when empty. */
  readonly answers: { status: number; body: string }[]
  readonly get: (request?: Partial<TokenRequest>) => Promise<TokenResult>
}

async function openBench(t: TestContext, method: 'GET' | 'POST' = 'POST'): Promise<Bench> {
  const requests: string[] = []
  const answers: { status: number; body: string }[] = []
  const port = await serveRaw(t, (socket) =>
    onRequests(socket, (request) => {
      requests.push(request)
      const token = { access_token: `t${requests.length}`, token_type: 'bearer', expires_in: 3600 }
      const { status, body } = answers.shift() ?? { status: 200, body: JSON.stringify(token) }
      socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    }),
  )
  const clock = new FakeClock()
  const tokens = new OAuthTokens({ guard: createGuard({ mode: 'dev', allow: [], clock }), clock })
  t.after(() => tokens.close())
  const authorization = {
    kind: 'oauth',
    clientId: 'me',
    clientSecret: SECRET,
    endpoint: `http://127.0.0.1:${port}/token?a=1`,
    method,
  } as const
  const { signal } = new AbortController()
  return {
    clock,
    tokens,
    requests,
    answers,
    get: (request = {}) =>
      tokens.get({ key: 'k', version: '1', authorization, ...request }, signal),
  }
}

function valueOf(result: TokenResult): string {
  return result.kind === 'token' ? result.value : result.failure.message
}

test('one token serves many who ask, at one time and later', async (t) => {
  const { get, requests } = await openBench(t)
  const results = await Promise.all([get(), get(), get()])
  assert.deepEqual(results.map(valueOf), ['Bearer t1', 'Bearer t1', 'Bearer t1'])
  assert.equal(valueOf(await get()), 'Bearer t1')
  assert.equal(requests.length, 1)
  assert.match(requests[0]!, /^POST \/token\?a=1 HTTP/)
  assert.ok(
    requests[0]!.endsWith(`grant_type=client_credentials&client_id=me&client_secret=${SECRET}`),
  )
})

test('a token is renewed shortly before its end; until then it serves while no other can be had', async (t) => {
  const { get, clock, answers } = await openBench(t)
  await get()
  await clock.run(3_539_000)
  assert.equal(valueOf(await get()), 'Bearer t1')
  await clock.run(2000)
  answers.push({ status: 503, body: 'down' })
  assert.equal(valueOf(await get()), 'Bearer t1')
  assert.equal(valueOf(await get()), 'Bearer t3')
})

test('a refused token is asked for anew, but not one that has been renewed meanwhile', async (t) => {
  const { get, tokens, requests } = await openBench(t)
  const request = { key: 'k' } as TokenRequest
  await get()
  tokens.refuse(request, 'Bearer t1')
  assert.equal(valueOf(await get()), 'Bearer t2')
  tokens.refuse(request, 'Bearer t1')
  assert.equal(valueOf(await get()), 'Bearer t2')
  assert.equal(requests.length, 2)
})

test('a changed connection has no token of the old one', async (t) => {
  const { get, tokens } = await openBench(t)
  await get()
  assert.equal(valueOf(await get({ version: '2' })), 'Bearer t2')
  tokens.forget('k')
  assert.equal(valueOf(await get({ version: '2' })), 'Bearer t3')
})

for (const [status, isFinal] of [
  [400, true],
  [401, true],
  [302, true],
  [429, false],
  [500, false],
] as const) {
  test(`an endpoint that answers ${status} is ${isFinal ? 'believed' : 'asked again'}, and its words are not repeated`, async (t) => {
    const { get, answers } = await openBench(t)
    answers.push({ status, body: `{"error":"invalid_client","hint":"${SECRET}"}` })
    const result = await get()
    assert.ok(result.kind === 'failed')
    assert.equal(result.isFinal, isFinal)
    assert.equal(result.failure.message, `the token endpoint answered ${status}: invalid_client`)
  })
}

for (const body of ['', '[]', '{"access_token":7}', '{"access_token":"a\\r\\nb"}', 'null', '{']) {
  test(`\`${body}\` is no token`, async (t) => {
    const { get, answers } = await openBench(t)
    answers.push({ status: 200, body })
    assert.equal(valueOf(await get()), 'the token endpoint answered without a token')
  })
}

test('with GET the credentials are in a header, where no proxy writes them down', async (t) => {
  const { get, requests } = await openBench(t, 'GET')
  await get()
  assert.match(requests[0]!, /^GET \/token\?a=1&grant_type=client_credentials HTTP/)
  const basic = Buffer.from(`me:${SECRET}`).toString('base64')
  assert.match(requests[0]!, new RegExp(`authorization: Basic ${basic}\\r\\n`, 'i'))
  assert.ok(!requests[0]!.includes(SECRET))
})

test('an endpoint that must not be called is not', async (t) => {
  const { get } = await openBench(t)
  const result = await get({
    key: 'other',
    authorization: {
      kind: 'oauth',
      clientId: 'me',
      clientSecret: SECRET,
      endpoint: 'http://169.254.169.254/token',
      method: 'POST',
    },
  })
  assert.ok(result.kind === 'failed' && result.isFinal)
  assert.equal(result.failure.code, 'NO_PERMISSIONS')
})

test('who stops waiting is not kept, and the others still get the token', async (t) => {
  const { tokens, get, requests } = await openBench(t)
  const stop = new AbortController()
  stop.abort()
  const authorization = { kind: 'oauth', clientId: 'a', endpoint: 'x:', method: 'POST' } as const
  const stopped = await tokens.get({ key: 'k', version: '1', authorization }, stop.signal)
  assert.equal(stopped.kind, 'failed')
  assert.equal(valueOf(await get()), 'Bearer t1')
  assert.equal(requests.length, 1)
})
