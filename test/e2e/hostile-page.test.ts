// A hostile page in a real browser, on the same machine as the server: whatever it tries, no dialect ever sees a
// request of its, and it reads nothing. The server's own page, for comparison, gets through.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import {
  channels,
  type RequestAnswered,
  silentLogger,
  systemClock,
  systemRandom,
} from '../../src/base/index.ts'
import type { Dialect } from '../../src/api/http/exchange.ts'
import { type HttpServer, openHttpServer } from '../../src/api/http/server.ts'

const CHROMIUM = '/usr/bin/chromium'
const skip = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed; .ci/run installs it`

const handled: string[] = []
const answered: RequestAnswered[] = []
const listen = (message: unknown): void => void answered.push(message as RequestAnswered)
const hostile = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><body></body>')
})
let server: HttpServer
let browser: Browser
let context: BrowserContext
let page: Page

const HEADERS = { 'Content-Type': 'text/html', 'Content-Security-Policy': "default-src 'self'" }

/** A dialect that takes everything and remembers that it was asked. */
function recorder(name: string): Dialect {
  return {
    name,
    accepts: () => true,
    async handle({ method, target }) {
      handled.push(`${name}: ${method} ${target}`)
      return { status: 200, headers: HEADERS, body: '{"secret":1}' }
    },
  }
}

before(async () => {
  if (skip !== false) return
  server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    dialects: ['aws', 'own', 'cloudevents', 'console', 'operations'].map(recorder),
    security: { allowedHosts: [], allowedOrigins: [] },
    logger: silentLogger,
    clock: systemClock,
    random: systemRandom,
  })
  await new Promise<void>((resolve) => void hostile.listen(0, '127.0.0.1', resolve))
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--host-resolver-rules=MAP evil.test 127.0.0.1',
      // The browser's own defence, which others lack: here the server must stand alone.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    ],
  })
  context = await browser.newContext()
  channels.requestAnswered.subscribe(listen)
})

after(async () => {
  channels.requestAnswered.unsubscribe(listen)
  if (skip !== false) return
  await browser.close()
  hostile.close()
  hostile.closeAllConnections()
  await server.drain(0)
})

beforeEach(async () => {
  if (skip !== false) return
  await page?.close()
  page = await context.newPage()
  await page.goto(`http://evil.test:${(hostile.address() as AddressInfo).port}/`)
  handled.length = 0
  answered.length = 0
})

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

const FETCHES: readonly (readonly [what: string, path: string, init: object])[] = [
  [
    'a form as AWS takes it',
    '/',
    { method: 'POST', mode: 'no-cors', headers: FORM, body: 'Action=ListQueues' },
  ],
  ['plain text', '/events', { method: 'POST', mode: 'no-cors', body: '{}' }],
  ['a read', '/_signalbox/v1/info', {}],
  ['a read whose answer it may not see', '/?Action=PurgeQueue', { mode: 'no-cors' }],
  ['a read with credentials', '/metrics', { credentials: 'include', mode: 'no-cors' }],
  [
    'a change with the header of the console',
    '/_signalbox/v1/emit',
    { method: 'POST', headers: { 'x-signalbox-console': '1' }, body: '{}' },
  ],
  [
    'an event with its content type',
    '/events',
    { method: 'POST', headers: { 'content-type': 'application/cloudevents+json' }, body: '{}' },
  ],
]

for (const [what, path, init] of FETCHES) {
  test(`lets no foreign page fetch ${what}`, { skip }, async () => {
    const read = await page.evaluate(
      async ([url, options]) => {
        try {
          return await (await fetch(url, options)).text()
        } catch {
          return ''
        }
      },
      [`${server.url}${path}`, init] as const,
    )
    assert.equal(read, '')
    assertRefused()
  })
}

const ELEMENTS: readonly (readonly [what: string, html: (url: string) => string])[] = [
  ['an image', (url) => `<img src="${url}/?Action=DeleteQueue">`],
  ['a script', (url) => `<script src="${url}/_signalbox/v1/info"></script>`],
  ['a style sheet', (url) => `<link rel="stylesheet" href="${url}/_signalbox/v1/info">`],
  ['a frame', (url) => `<iframe src="${url}/_signalbox/ui/"></iframe>`],
  ['a preloaded file', (url) => `<link rel="preload" as="fetch" href="${url}/metrics">`],
  [
    'a form that sends itself',
    (url) =>
      `<form method="post" action="${url}/events" enctype="text/plain"><input name="a"></form><script>document.forms[0].submit()</script>`,
  ],
]

for (const [what, html] of ELEMENTS) {
  test(`lets no foreign page load ${what}`, { skip }, async () => {
    // Not waited for: a load that is refused may never end.
    void page.setContent(html(server.url)).catch(() => {})
    await untilAnswered()
    assertRefused()
  })
}

// Node's types know no beacon.
interface Beacons {
  sendBeacon(url: string, body: string): boolean
}

const CALLS: readonly (readonly [what: string, call: (url: string) => void])[] = [
  ['a beacon', (url) => void (navigator as unknown as Beacons).sendBeacon(`${url}/events`, '{}')],
  ['a WebSocket', (url) => void new WebSocket(url.replace('http', 'ws'))],
  ['a stream of events', (url) => void new EventSource(`${url}/_signalbox/v1/tail`)],
]

for (const [what, call] of CALLS) {
  test(`lets no foreign page open ${what}`, { skip }, async () => {
    await page.evaluate(call, server.url)
    await untilAnswered()
    assertRefused()
  })
}

test('knows a name that was rebound to this machine for a stranger', { skip }, async () => {
  // The page came from the stranger's own server, before the name was turned over to this machine.
  const origin = `http://evil.test:${server.port}`
  await page.route(`${origin}/start`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '' }),
  )
  await page.goto(`${origin}/start`)
  const read = await page.evaluate(async () => {
    const paths = ['/_signalbox/v1/info', '/_signalbox/ui/', '/?Action=ListQueues', '/metrics']
    const answers = await Promise.all(paths.map((path) => fetch(path)))
    return Promise.all(answers.map((answer) => answer.text()))
  })
  assert.equal(read.length, 4)
  for (const text of read) assert.match(text, /ACCESS_DENIED/)
  assertRefused()
})

test('lets its own page through', { skip }, async () => {
  const response = await page.goto(`${server.url}/_signalbox/ui/`)
  assert.equal(response?.status(), 200)
  await page.evaluate(async () => {
    await fetch('/_signalbox/v1/emit', { method: 'POST', headers: { 'x-signalbox-console': '1' } })
  })
  const asked = handled.filter((line) => !line.endsWith('/favicon.ico'))
  assert.deepEqual(asked, ['console: GET /_signalbox/ui/', 'own: POST /_signalbox/v1/emit'])
})

async function untilAnswered(): Promise<void> {
  while (answered.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Something did arrive, all of it was refused, and nobody was asked. */
function assertRefused(): void {
  assert.deepEqual(handled, [])
  assert.ok(answered.length > 0, 'the attack never reached the server')
  for (const { status } of answered) assert.ok(status === 403 || status === 501, String(status))
}
