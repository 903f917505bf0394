// The console in a real browser, built as it ships, served by the real server with its policies: whatever the
// policy had to stop fails the test.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { REGISTRATION } from '../../src/schema/testing.ts'
import { ROOT } from '../../tools/tree.ts'
import { openOwnServer, type OwnServer } from '../support/own-server.ts'

const CHROMIUM = '/usr/bin/chromium'
const skip = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed; .ci/run installs it`
const built = mkdtempSync(join(tmpdir(), 'signalbox-console-'))
let browser: Browser

before(async () => {
  if (skip !== false) return
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '--logLevel', 'error', '--outDir', built, '--emptyOutDir']
  execFileSync(process.execPath, args, { cwd: join(ROOT, 'console') })
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
})

after(async () => {
  if (skip === false) await browser.close()
  rmSync(built, { recursive: true, force: true })
})

interface Visit extends AsyncDisposable {
  readonly page: Page
  readonly server: OwnServer
  /** What the page complained of. */
  readonly complaints: string[]
}

interface VisitOptions {
  readonly scheme?: 'dark' | 'light'
  readonly rules?: Readonly<Record<string, unknown>>
}

async function visit(options: VisitOptions = {}): Promise<Visit> {
  const { rules = {} } = options
  const server = await openOwnServer({ consoleDirectory: built, rules })
  const context = await browser.newContext({ colorScheme: options.scheme ?? 'dark' })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(`${server.url}/`)
  await page.getByText('live', { exact: true }).waitFor()
  return {
    page,
    server,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function send(server: OwnServer, type: string, data: unknown): Promise<void> {
  const id = `${type}-${server.events.length}`
  const response = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ specversion: '1.0', id, source: 'my.app', type, data }),
  })
  assert.equal(response.status, 202)
}

test(
  'an empty page says how to send an event, to this server, and shows a sample at once',
  { skip },
  async () => {
    await using visited = await visit()
    const { page, server, complaints } = visited
    const text = await page.locator('main').innerText()
    assert.ok(text.includes(`--endpoint-url ${server.url}`), text)
    assert.ok(text.includes(`curl ${server.url}/events`))
    await page.getByRole('button', { name: 'Send a sample event' }).click()
    await page.getByText('sample.greeting').waitFor({ timeout: 2000 })
    assert.deepEqual(complaints, [])
  },
)

test('the strip shows the numbers of the server', { skip }, async () => {
  await using visited = await visit()
  const { page, server, complaints } = visited
  await send(server, 'a', {})
  const figure = (name: string): ReturnType<Page['locator']> =>
    page.locator(`[data-figure="${name}"]`)
  await figure('retrying').getByText('2').waitFor()
  await figure('dead').getByText('1').waitFor()
  await figure('lag').getByText('0').waitFor()
  await page.locator('.figure-alarm', { hasText: 'dead' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('a row opens to the payload; markup in it stays text', { skip }, async () => {
  await using visited = await visit()
  const { page, server, complaints } = visited
  const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
  await send(server, hostile, { html: hostile })
  await page.locator('.row-head').click()
  const payload = await page.locator('.payload pre').innerText()
  const envelope = JSON.parse(payload) as { readonly detail: { readonly html: string } }
  assert.equal(envelope.detail.html, hostile)
  assert.equal(await page.locator('.rows img, .rows script').count(), 0)
  assert.notEqual(await page.title(), '1')
  assert.deepEqual(complaints, [])
})

test('space pauses, what comes is counted, and the pill shows it', { skip }, async () => {
  await using visited = await visit()
  const { page, server } = visited
  await send(server, 'first', {})
  await page.getByText('first').waitFor()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  await send(server, 'second', {})
  await send(server, 'third', {})
  const pill = page.getByRole('button', { name: '2 new' })
  await pill.waitFor()
  assert.equal(await page.locator('.row').count(), 1)
  assert.match(await page.title(), /^\(2\) /)
  await pill.click()
  await page.getByText('third').waitFor()
  const types = await page.locator('.row-type').allInnerTexts()
  assert.deepEqual(types, ['third', 'second', 'first'])
})

test('the filter is applied by the server, and says what is wrong with it', { skip }, async () => {
  await using visited = await visit()
  const { page, server } = visited
  const box = page.getByLabel('Filter')
  await page.keyboard.press('/')
  await page.keyboard.type('{"detail-type":["wanted"]}')
  await page.keyboard.press('Enter')
  await page.getByText('Nothing has matched yet').waitFor()
  await page.getByText('live', { exact: true }).waitFor()
  await send(server, 'other', {})
  await send(server, 'wanted', {})
  await page.getByText('wanted').first().waitFor()
  assert.deepEqual(await page.locator('.row-type').allInnerTexts(), ['wanted'])
  await box.fill('{"broken":')
  await page.keyboard.press('Enter')
  await page.locator('#filter-fault', { hasText: 'JSON' }).waitFor()
})

test(
  'the page comes back by itself when the server does, and misses nothing',
  { skip },
  async () => {
    await using visited = await visit()
    const { page, server } = visited
    await send(server, 'before', {})
    await page.getByText('before').waitFor()
    await server[Symbol.asyncDispose]()
    await page.getByText('connection lost').waitFor()
    const options = { consoleDirectory: built, port: server.port, events: server.events }
    await using again = await openOwnServer(options)
    await send(again, 'after', {})
    await page.getByText('after').first().waitFor({ timeout: 10_000 })
    assert.deepEqual(await page.locator('.row-type').allInnerTexts(), ['after', 'before'])
  },
)

const RULES = {
  large: { source: ['my.app'], detail: { total: [{ numeric: ['>', 100] }] } },
  sales: { $or: [{ 'detail-type': ['sale'] }, { detail: { items: { sku: ['a'], count: [2] } } }] },
  every: { source: [{ exists: true }] },
}

test('a pasted event is held against every rule, and each shows why', { skip }, async () => {
  await using visited = await visit({ rules: RULES })
  const { page, complaints } = visited
  await page.getByRole('link', { name: 'Explain' }).click()
  const items = [
    { sku: 'a', count: 1 },
    { sku: 'b', count: 2 },
  ]
  const event = { source: 'my.app', 'detail-type': 'order', detail: { total: 7, items } }
  await page.getByLabel('Event', { exact: true }).fill(JSON.stringify(event))
  await page.getByRole('button', { name: 'Explain' }).click()
  await page.getByText('1 of 3 rules match').waitFor()
  assert.deepEqual(await page.locator('.row-type').allInnerTexts(), ['every', 'large', 'sales'])
  await page.getByText('detail.total: expected a number > 100, found 7').waitFor()
  await page.getByRole('button', { name: /sales/ }).click()
  const tree = await page.locator('.row-open .tree').first().innerText()
  assert.match(tree, /✘ \$or one of these is enough/)
  assert.match(tree, /✘ detail-type expected "sale", found "order"/)
  assert.match(tree, /≠ count expected 2, found in another array element/)
  assert.deepEqual(complaints, [])
})

test(
  'an event of the tail is brought to the explain page, and back keeps the tail',
  { skip },
  async () => {
    await using visited = await visit({ rules: RULES })
    const { page, server } = visited
    await send(server, 'sale', { total: 101 })
    await page.locator('.row-head').click()
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByLabel('Event', { exact: true }).waitFor()
    await page.keyboard.press('Tab')
    await page.getByLabel('Event', { exact: true }).press('Control+Enter')
    await page.getByText('3 of 3 rules match').waitFor()
    await page.goBack()
    await page.locator('.row-type', { hasText: 'sale' }).waitFor()
  },
)

test('what is no event is said so, in the words of the server', { skip }, async () => {
  await using visited = await visit({ rules: RULES })
  const { page } = visited
  await page.goto(`${visited.server.url}/_signalbox/ui/#explain`)
  await page.getByLabel('Event', { exact: true }).fill('{"source":')
  await page.getByRole('button', { name: 'Explain' }).click()
  await page.getByRole('alert').getByText('expected the event to be JSON').waitFor()
})

/** Puts a schema into a registry of the server. */
async function push(server: OwnServer, name: string, content: string): Promise<void> {
  const response = await fetch(`${server.url}/_signalbox/v1/schemas/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signalbox-console': '1' },
    body: JSON.stringify({ registry: 'MyLearning-EventSchemas', name, type: 'OpenApi3', content }),
  })
  assert.equal(response.status, 200)
}

test(
  '004.5 the event catalogue shows the schema with its versions, and its form sends an event of it',
  { skip },
  async () => {
    await using visited = await visit({ rules: RULES })
    const { page, server, complaints } = visited
    await page.getByRole('link', { name: 'Events' }).click()
    await page.getByText('No schema yet').waitFor()
    await push(server, 'UserRegistrationEvent', REGISTRATION)
    await push(server, 'UserRegistrationEvent', REGISTRATION.replace('"free",', '"free","trial",'))
    await page.reload()
    await page.getByRole('button', { name: /UserRegistrationEvent/ }).click()
    await page.getByRole('heading', { name: 'UserRegistrationEvent' }).waitFor()
    const versions = page.getByLabel('Version')
    assert.deepEqual(await versions.locator('option').allInnerTexts(), [
      '1.0.0 (version 1)',
      '2.0.0 (version 2)',
    ])
    assert.equal(await versions.inputValue(), '2')
    await page.getByText('rule every of bus default').waitFor()

    await page.getByLabel('user_id').fill('user_7')
    await page.getByLabel('registration_type').selectOption('trial')
    await page.getByLabel('course_interests').fill('["aws"')
    await page.getByRole('button', { name: 'Send UserRegistrationEvent' }).click()
    await page.getByRole('alert').getByText('`course_interests` to be JSON').waitFor()
    await page.getByLabel('course_interests').fill('["aws"]')
    await page.getByRole('button', { name: 'Send UserRegistrationEvent' }).click()
    await page.getByText('sent as').waitFor()
    const { envelope } = server.events.at(-1)!
    const event = JSON.parse(Buffer.from(envelope).toString()) as Record<string, unknown>
    assert.equal(event['detail-type'], 'UserRegistrationEvent')
    assert.deepEqual(event['detail'], {
      user_id: 'user_7',
      email: 'someone@example.com',
      registration_type: 'trial',
      course_interests: ['aws'],
      referral_source: 'text',
      timestamp: '2026-01-31T12:00:00Z',
    })
    assert.deepEqual(complaints, [])
  },
)

test('dark and light are two looks', { skip }, async () => {
  const backgrounds = new Set<string>()
  for (const scheme of ['dark', 'light'] as const) {
    await using visited = await visit({ scheme })
    const colour = await visited.page.evaluate(
      'getComputedStyle(document.documentElement).backgroundColor',
    )
    backgrounds.add(String(colour))
  }
  assert.equal(backgrounds.size, 2)
})

test('no page of a stranger may frame it', { skip }, async () => {
  await using visited = await visit()
  const { headers } = await fetch(`${visited.server.url}/_signalbox/ui/`)
  assert.match(
    headers.get('content-security-policy') ?? '',
    /default-src 'self'.*frame-ancestors 'none'/,
  )
  assert.equal(headers.get('x-frame-options'), 'DENY')
})
