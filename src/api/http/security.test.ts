import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpRequest } from './exchange.ts'
import { createGate } from './security.ts'
import { requestOf } from './testing.ts'

const gate = createGate(
  { allowedHosts: ['box.test', 'proxy.test:8443'], allowedOrigins: ['https://trusted.test'] },
  4566,
)

function judge(parts: Partial<HttpRequest>, headers: Record<string, string> = {}): string {
  const request = requestOf({ ...parts, headers: { host: '127.0.0.1:4566', ...headers } })
  return gate(request)?.code ?? 'allowed'
}

const HOSTS: readonly (readonly [host: string, verdict: 'allowed' | 'ACCESS_DENIED'])[] = [
  ['127.0.0.1:4566', 'allowed'],
  ['localhost:4566', 'allowed'],
  ['LOCALHOST:4566', 'allowed'],
  ['localhost', 'allowed'],
  ['[::1]:4566', 'allowed'],
  ['events.us-east-1.localhost:4566', 'allowed'],
  ['box.test:9', 'allowed'],
  ['box.test', 'allowed'],
  ['proxy.test:8443', 'allowed'],
  ['proxy.test:8444', 'ACCESS_DENIED'],
  ['localhost:80', 'ACCESS_DENIED'],
  ['evil.test:4566', 'ACCESS_DENIED'],
  ['127.0.0.1.evil.test:4566', 'ACCESS_DENIED'],
  ['localhost.evil.test', 'ACCESS_DENIED'],
  ['evil.test@localhost:4566', 'ACCESS_DENIED'],
  ['evil.test/.localhost', 'ACCESS_DENIED'],
  ['evil.test#.localhost', 'ACCESS_DENIED'],
  ['169.254.169.254', 'ACCESS_DENIED'],
  ['[::1', 'ACCESS_DENIED'],
  ['', 'ACCESS_DENIED'],
]

for (const [host, verdict] of HOSTS) {
  test(`answers a Host of \`${host}\` with ${verdict}, also the second time`, () => {
    assert.equal(judge({}, { host }), verdict)
    assert.equal(judge({}, { host }), verdict)
  })
}

const BROWSERS: readonly (readonly [
  what: string,
  Partial<HttpRequest>,
  Record<string, string>,
  string,
])[] = [
  ['its own origin', {}, { origin: 'http://127.0.0.1:4566' }, 'allowed'],
  ['its own origin behind TLS', {}, { origin: 'https://127.0.0.1:4566' }, 'allowed'],
  ['a configured origin', {}, { origin: 'https://trusted.test' }, 'allowed'],
  ['a foreign origin', {}, { origin: 'https://evil.test' }, 'ACCESS_DENIED'],
  ['another port of the same host', {}, { origin: 'http://127.0.0.1:3000' }, 'ACCESS_DENIED'],
  ['the origin null', {}, { origin: 'null' }, 'ACCESS_DENIED'],
  ['a cross-site fetch', {}, { 'sec-fetch-site': 'cross-site' }, 'ACCESS_DENIED'],
  ['a same-site fetch', {}, { 'sec-fetch-site': 'same-site' }, 'ACCESS_DENIED'],
  ['a same-origin fetch', {}, { 'sec-fetch-site': 'same-origin' }, 'allowed'],
  ['an address typed in', {}, { 'sec-fetch-site': 'none' }, 'allowed'],
  [
    'a link to the console',
    { target: '/_signalbox/ui/' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    'allowed',
  ],
  [
    'a link that would change something',
    { target: '/?Action=DeleteQueue' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    'ACCESS_DENIED',
  ],
  [
    'a frame around the console',
    { target: '/_signalbox/ui/' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    'ACCESS_DENIED',
  ],
  ['a preflight', { method: 'OPTIONS' }, { origin: 'https://evil.test' }, 'ACCESS_DENIED'],
  ['an own read', { target: '/_signalbox/v1/tail' }, {}, 'allowed'],
  ['an unmarked change', { method: 'POST', target: '/_signalbox/v1/emit' }, {}, 'ACCESS_DENIED'],
  [
    'a marked change',
    { method: 'POST', target: '/_signalbox/v1/emit' },
    { 'x-signalbox-console': '1' },
    'allowed',
  ],
  ['TRACE', { method: 'TRACE' }, {}, 'NOT_IMPLEMENTED'],
  ['a WebSocket', {}, { upgrade: 'websocket' }, 'NOT_IMPLEMENTED'],
  ['an offer of h2c', {}, { upgrade: 'h2c' }, 'allowed'],
  ['a proxy request', { target: 'http://evil.test/' }, {}, 'REQUEST_INVALID'],
]

for (const [what, parts, headers, verdict] of BROWSERS) {
  test(`answers ${what} with ${verdict}`, () => {
    assert.equal(judge(parts, headers), verdict)
  })
}

test('refuses a request without a Host header', () => {
  assert.equal(gate(requestOf({ headers: {} }))?.code, 'REQUEST_INVALID')
})

test('leaves hosts to what stands in front when told so', () => {
  const open = createGate({ allowedHosts: 'any', allowedOrigins: [] }, 4566)
  assert.equal(open(requestOf({ headers: { host: 'evil.test' } })), undefined)
})
