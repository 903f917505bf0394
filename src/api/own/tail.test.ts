import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../base/testing.ts'
import { bodyText, requestOf } from '../http/testing.ts'
import { TAIL_HEARTBEAT_MS, TAIL_STATS_MS } from './limits.ts'
import { createOwnDialect } from './own-dialect.ts'
import { streamTail } from './tail.ts'
import { createTestDeps, refuse, testItem } from './testing.ts'

type Pieces = AsyncGenerator<string | Uint8Array>

async function next(pieces: Pieces): Promise<string> {
  const { value, done } = await pieces.next()
  assert.ok(done !== true, 'the stream goes on')
  return typeof value === 'string' ? value : Buffer.from(value).toString()
}

function open(hasStats: boolean = false): ReturnType<typeof createTestDeps> & {
  readonly clock: FakeClock
  readonly pieces: Pieces
  readonly abort: AbortController
} {
  const clock = new FakeClock()
  const abort = new AbortController()
  const made = createTestDeps(clock)
  const pieces = streamTail(made.deps, { subscribe: {}, hasStats, signal: abort.signal })
  return { ...made, clock, pieces, abort }
}

test('an event comes with its position as id and its envelope as data', async () => {
  const { source, pieces } = open()
  assert.match(await next(pieces), /^retry: 1000\n/)
  source.push(testItem(7, '{"a":1}'))
  const [id, event, data] = (await next(pieces)).split('\n')
  assert.equal(id, 'id: 0:7')
  assert.equal(event, 'event: event')
  const item = JSON.parse(data!.slice('data: '.length)) as Record<string, unknown>
  assert.equal(item['bus'], 'default')
  assert.equal(item['oneIn'], 1)
  assert.deepEqual((item['envelope'] as Record<string, unknown>)['detail'], { a: 1 })
})

test('line ends inside the envelope do not end the message', async () => {
  const { source, pieces } = open()
  await next(pieces)
  source.push(testItem(1, '{\r\n  "a":\n"x\\ny" }'))
  const message = await next(pieces)
  assert.equal(message.split('\n').length, 5)
  const data = /^data: (.*)$/m.exec(message)![1]!
  const { envelope } = JSON.parse(data) as { envelope: { detail: unknown } }
  assert.deepEqual(envelope.detail, { a: 'x\ny' })
})

test('an envelope too large to show is announced by its size', async () => {
  const { source, pieces } = open()
  await next(pieces)
  source.push(testItem(1, JSON.stringify('x'.repeat(300 * 1024))))
  const data = JSON.parse(/^data: (.*)$/m.exec(await next(pieces))![1]!) as Record<string, unknown>
  assert.equal(data['envelope'], null)
  assert.ok((data['sizeBytes'] as number) > 300 * 1024)
})

test('a quiet tail beats', async () => {
  const { clock, pieces } = open()
  await next(pieces)
  const piece = next(pieces)
  await Promise.resolve()
  clock.advance(TAIL_HEARTBEAT_MS)
  assert.equal(await piece, ': heartbeat\n\n')
})

test('totals come at once and then each second where they are asked for', async () => {
  const { clock, pieces } = open(true)
  await next(pieces)
  assert.match(await next(pieces), /^event: stats\ndata: .*"pending":3.*"oneIn":1/)
  const piece = next(pieces)
  await Promise.resolve()
  clock.advance(TAIL_STATS_MS)
  assert.match(await piece, /^event: stats/)
})

test('a reader that does not read costs a bounded queue, and the items say what was left out', async () => {
  const { source, pieces, clock } = open()
  await next(pieces)
  for (let offset = 0; offset < 20_000; offset += 1) source.push(testItem(offset))
  source.end()
  const items: { oneIn: number }[] = []
  for await (const piece of pieces) {
    const data = /^data: (.*)$/m.exec(Buffer.from(piece as Uint8Array).toString())![1]!
    items.push(JSON.parse(data) as { oneIn: number })
  }
  assert.ok(items.length <= 3000, String(items.length))
  assert.ok(items.at(-1)!.oneIn > 4)
  assert.equal(clock.nextTimerInMs, undefined)
})

test('the stream ends with its signal, and so does the source', async () => {
  const { source, pieces, abort, clock } = open(true)
  await next(pieces)
  await next(pieces)
  const rest = pieces.next()
  abort.abort()
  assert.deepEqual(await rest, { value: undefined, done: true })
  assert.ok(source.asked[0]!.signal.aborted)
  assert.equal(clock.nextTimerInMs, undefined)
})

test('a reader that leaves ends the source', async () => {
  const { source, pieces } = open()
  await next(pieces)
  await pieces.return(undefined)
  assert.ok(source.asked[0]!.signal.aborted)
})

test('the tail goes on behind Last-Event-ID, and filters go to the source', async () => {
  const { deps, source } = createTestDeps(new FakeClock())
  const target = `/_signalbox/v1/tail?bus=orders&type=t&pattern=${encodeURIComponent('{"a":[1]}')}`
  const request = requestOf({ target: target, headers: { 'last-event-id': '0:41' } })
  const response = await createOwnDialect(deps).handle(request)
  assert.equal(response.headers['Content-Type'], 'text/event-stream')
  const pieces = response.body as Pieces
  await next(pieces)
  const { signal, ...asked } = source.asked[0]!
  assert.deepEqual(asked, {
    bus: 'orders',
    type: 't',
    pattern: '{"a":[1]}',
    after: { partition: 0, offset: 41 },
  })
  assert.equal(signal.aborted, false)
  await pieces.return(undefined)
})

test('a pattern that is refused is an answer of its own, not a stream', async () => {
  const { deps } = createTestDeps(new FakeClock(), {
    subscribe: () => refuse('PATTERN_INVALID', 'expected an object, got `1`'),
  })
  const response = await createOwnDialect(deps).handle(
    requestOf({ target: '/_signalbox/v1/tail?pattern=1' }),
  )
  assert.equal(response.status, 400)
  assert.match(bodyText(response), /PATTERN_INVALID.*expected an object/)
})
