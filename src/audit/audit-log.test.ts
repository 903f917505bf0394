import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Audited, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { AuditLog, type AuditRecord } from './index.ts'

const DAY_MS = 86_400_000
const MIB = 1024 * 1024

function folder(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-audit-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function openLog(directory: string, clock = new FakeClock(Date.now())): Promise<AuditLog> {
  const bounds = { retentionAgeMs: 90 * DAY_MS, retentionSizeBytes: 16 * MIB }
  return AuditLog.open({ directory, ...bounds, clock, logger: silentLogger })
}

function audited(parts: Partial<Audited> = {}): Audited {
  const who = { who: 'alice', from: '10.0.0.1', on: 'orders' }
  return { plane: 'data', action: 'publish', ...who, result: 'ok', ...parts }
}

async function all(log: AuditLog): Promise<readonly AuditRecord[]> {
  const { items, hasMore } = await log.list({ limit: 100_000 })
  assert.equal(hasMore, false)
  return items
}

test('records of both planes come back in the order in which they were made, with who, what and when', async (t) => {
  const clock = new FakeClock(Date.now())
  const log = await openLog(folder(t), clock)
  const at = new Date(clock.now()).toISOString()
  log.record(audited({ count: 3, requestId: 'r' }))
  log.record(audited({ plane: 'control', action: 'events:PutRule', result: 'denied', code: 'X' }))
  clock.advance(1000)
  log.record(audited({ who: 'bea' }))
  const records = await all(log)
  assert.deepEqual(records[0], { seq: 1, time: at, ...audited({ count: 3, requestId: 'r' }) })
  assert.deepEqual(
    records.map(({ seq, action, who, result }) => [seq, action, who, result]),
    [
      [1, 'publish', 'alice', 'ok'],
      [2, 'events:PutRule', 'alice', 'denied'],
      [3, 'publish', 'bea', 'ok'],
    ],
  )
  await log.close()
})

test('numbers go on after a restart, and a line that a crash cut off is no record', async (t) => {
  const directory = folder(t)
  const first = await openLog(directory)
  first.record(audited())
  first.record(audited({ plane: 'control' }))
  await first.close()
  const data = readdirSync(directory).find((name) => name.startsWith('data-'))!
  appendFileSync(join(directory, data), '{"seq":3,"time":"2026-01-01T0')
  const second = await openLog(directory)
  second.record(audited({ who: 'bea' }))
  assert.deepEqual(
    (await all(second)).map(({ seq, who }) => [seq, who]),
    [
      [1, 'alice'],
      [2, 'alice'],
      [3, 'bea'],
    ],
  )
  await second.close()
})

test('a page is asked for by filter and number, and says whether there are more', async (t) => {
  const clock = new FakeClock(Date.now())
  const log = await openLog(folder(t), clock)
  for (let index = 0; index < 10; index += 1) {
    const who = index % 2 === 0 ? 'alice' : 'bea'
    log.record(audited({ who, on: `bus-${index}`, plane: index < 5 ? 'data' : 'control' }))
    clock.advance(1000)
  }
  const first = await log.list({ who: 'bea', limit: 3 })
  assert.deepEqual([first.items.map(({ seq }) => seq), first.hasMore], [[2, 4, 6], true])
  const next = await log.list({ who: 'bea', limit: 3, after: first.last })
  assert.deepEqual(
    [next.items.map(({ seq }) => seq), next.hasMore, next.last],
    [[8, 10], false, 10],
  )
  const seqsOf = async (query: object): Promise<readonly number[]> =>
    (await log.list({ limit: 100, ...query })).items.map(({ seq }) => seq)
  assert.deepEqual(await seqsOf({ on: 'bus-7' }), [8])
  assert.deepEqual(await seqsOf({ plane: 'data' }), [1, 2, 3, 4, 5])
  assert.deepEqual(await seqsOf({ result: 'failed' }), [])
  const start = clock.now() - 10_000
  assert.deepEqual(await seqsOf({ since: start + 2000, until: start + 4000 }), [3, 4])
  await log.close()
})

test('a flood of events lets old events go and nothing of who changed what', async (t) => {
  const directory = folder(t)
  const log = await openLog(directory)
  log.record(audited({ plane: 'control', action: 'events:DeleteRule' }))
  const on = 'x'.repeat(400)
  for (let round = 0; round < 60; round += 1) {
    for (let index = 0; index < 400; index += 1) log.record(audited({ on }))
    await log.flush()
  }
  const sizeBytes = readdirSync(directory)
    .map((name) => readFileSync(join(directory, name)).length)
    .reduce((sum, size) => sum + size, 0)
  assert.ok(sizeBytes <= 8 * MIB, `${sizeBytes}`)
  const control = await log.list({ plane: 'control', limit: 10 })
  assert.deepEqual(
    control.items.map(({ action }) => action),
    ['events:DeleteRule'],
  )
  const data = await log.list({ plane: 'data', limit: 1 })
  assert.ok(data.items[0]!.seq > 2, 'the oldest events went')
  await log.close()
})

test('what is older than it may be goes with the next look, and what is written now stays', async (t) => {
  const directory = folder(t)
  const first = await openLog(directory)
  first.record(audited())
  await first.close()
  const later = new FakeClock(Date.now() + 91 * DAY_MS)
  const second = await openLog(directory, later)
  assert.deepEqual(readdirSync(directory), [])
  second.record(audited({ who: 'bea' }))
  await second.flush()
  await later.run(DAY_MS)
  assert.equal((await all(second)).length, 1)
  await second.close()
})

test('more than can wait is lost, and that is in the log too', async (t) => {
  const log = await openLog(folder(t))
  for (let index = 0; index < 50_007; index += 1) log.record(audited())
  const { items } = await log.list({ plane: 'control', limit: 10 })
  assert.deepEqual(
    items.map(({ action, count }) => [action, count]),
    [['audit-lost', 7]],
  )
  await log.close()
})
