import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import type { AuditRecordView } from '../client/index.ts'
import { runCli } from './index.ts'
import { createTestIo } from './testing.ts'

const PAGE = 2

/** Serves what stands in `records`, two looked at a page; says how it was asked. */
async function serve(
  context: TestContext,
  records: readonly AuditRecordView[],
): Promise<{ readonly url: string; readonly asked: URLSearchParams[] }> {
  const asked: URLSearchParams[] = []
  const server = createServer((request, response) => {
    const query = new URL(request.url!, 'http://x').searchParams
    asked.push(query)
    const behind = records.filter(({ seq }) => seq > Number(query.get('after') ?? 0))
    const page = behind.slice(0, PAGE)
    const items = page.filter(({ who }) => who === (query.get('who') ?? who))
    const last = page.at(-1)?.seq ?? Number(query.get('after') ?? 0)
    const body = { items, last, hasMore: behind.length > PAGE }
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

function record(seq: number, parts: Partial<AuditRecordView> = {}): AuditRecordView {
  const time = '2026-01-01T00:00:00.000Z'
  const what = { plane: 'data', action: 'publish', on: 'orders', result: 'ok' } as const
  return { seq, time, who: 'alice', from: '10.0.0.1', ...what, ...parts }
}

test('all pages are shown, also behind one on which nothing was wanted', async (context) => {
  const denied = { who: 'bea', result: 'denied', code: 'ACCESS_DENIED', count: 3 } as const
  const records = [record(1), record(2), record(3), record(4, denied), record(5)]
  const { url, asked } = await serve(context, records)
  const io = createTestIo()
  const filters = ['--who', 'bea', '--since', '2h']
  assert.equal(await runCli(['audit', 'ls', ...filters, '--endpoint-url', url], io), 0)
  assert.equal(
    io.out.text,
    '4  2026-01-01T00:00:00.000Z  bea  10.0.0.1  publish ×3  orders  denied ACCESS_DENIED\n',
  )
  assert.deepEqual(
    asked.map((query) => query.get('after')),
    [null, '2', '4'],
  )
  assert.ok(asked.every((query) => !Number.isNaN(Date.parse(query.get('since')!))))
})

test('`--follow` goes on with what is recorded from then on, until it is stopped', async (context) => {
  const records = [record(1)]
  const { url, asked } = await serve(context, records)
  const clock = new FakeClock()
  const stop = new AbortController()
  const io = createTestIo({ clock, signal: stop.signal })
  const ended = runCli(['audit', 'ls', '--follow', '-o', 'json', '--endpoint-url', url], io)
  await io.out.waitFor(/"seq":1,/)
  records.push(record(2))
  while (asked.length < 2) await clock.run(1000)
  await io.out.waitFor(/"seq":2,/)
  assert.equal(io.out.text.match(/"seq":1,/g)?.length, 1)
  stop.abort('SIGINT')
  assert.equal(await ended, 130)
})

test('a number that is none is refused before anything is asked', async () => {
  const io = createTestIo()
  assert.equal(await runCli(['audit', 'ls', '--limit', 'some'], io), 2)
  assert.match(io.err.text, /expected `--limit` to be a whole number, got `some`/)
})
