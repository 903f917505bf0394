import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { HttpResponse } from './exchange.ts'
import { createConsoleDialect } from './static.ts'
import { bodyText, requestOf } from './testing.ts'

let directory: string

before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'signalbox-console-'))
  await mkdir(path.join(directory, 'dist/assets'), { recursive: true })
  await writeFile(path.join(directory, 'secret.txt'), 'secret')
  await writeFile(path.join(directory, 'dist/index.html'), '<!doctype html>')
  await writeFile(path.join(directory, 'dist/assets/index-1a2b.js'), 'export {}')
  await symlink(path.join(directory, 'secret.txt'), path.join(directory, 'dist/link.txt'))
})

after(() => rm(directory, { recursive: true }))

function get(target: string, headers: Record<string, string> = {}): Promise<HttpResponse> {
  const dialect = createConsoleDialect(path.join(directory, 'dist'))
  return dialect.handle(requestOf({ target, headers: { host: 'localhost', ...headers } }))
}

test('serves the page with a strict policy', async () => {
  const answer = await get('/_signalbox/ui/')
  assert.equal(answer.status, 200)
  assert.equal(bodyText(answer), '<!doctype html>')
  assert.equal(answer.headers['Content-Type'], 'text/html; charset=utf-8')
  assert.match(answer.headers['Content-Security-Policy']!, /^default-src 'self';/)
  assert.match(answer.headers['Content-Security-Policy']!, /frame-ancestors 'none'/)
  assert.doesNotMatch(answer.headers['Content-Security-Policy']!, /unsafe|\*/)
})

test('lets hashed assets be cached for ever and the page never', async () => {
  const asset = await get('/_signalbox/ui/assets/index-1a2b.js')
  assert.match(asset.headers['Cache-Control']!, /immutable/)
  assert.equal((await get('/_signalbox/ui/')).headers['Cache-Control'], 'no-cache')
})

test('answers 304 to the tag it gave', async () => {
  const { headers } = await get('/_signalbox/ui/')
  const again = await get('/_signalbox/ui/', { 'if-none-match': headers['ETag']! })
  assert.equal(again.status, 304)
})

test('sends a browser at / to the console', async () => {
  const answer = await get('/', { accept: 'text/html' })
  assert.equal(answer.status, 307)
  assert.equal(answer.headers['Location'], '/_signalbox/ui/')
})

test('gives every screen the page', async () => {
  assert.equal(bodyText(await get('/_signalbox/ui/buses/orders')), '<!doctype html>')
})

for (const attack of [
  '../secret.txt',
  '..%2fsecret.txt',
  '..%5csecret.txt',
  'assets/../../secret.txt',
  '%2e%2e/secret.txt',
  'link.txt',
  '/etc/passwd.txt',
  'assets/index-1a2b.js%00.html',
  '__proto__.js',
]) {
  test(`serves nothing at ${attack}`, async () => {
    const answer = await get(`/_signalbox/ui/${attack}`)
    assert.equal(answer.status, 404)
    assert.doesNotMatch(bodyText(answer), /secret$/)
  })
}

test('says how to build a console that is not there, and serves it once it is', async () => {
  const target = path.join(directory, 'later')
  const dialect = createConsoleDialect(target)
  const request = requestOf({ target: '/_signalbox/ui/' })
  const missing = await dialect.handle(request)
  assert.equal(missing.status, 503)
  assert.match(bodyText(missing), /npm run build/)
  await mkdir(target)
  await writeFile(path.join(target, 'index.html'), 'built')
  assert.equal(bodyText(await dialect.handle(request)), 'built')
})

test('refuses to be written to', async () => {
  const dialect = createConsoleDialect(path.join(directory, 'dist'))
  const answer = await dialect.handle(requestOf({ method: 'POST', target: '/_signalbox/ui/' }))
  assert.equal(answer.status, 405)
})
