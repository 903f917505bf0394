// What every log driver must do, as tests. A driver's own test file is a fixture and one call.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { isAppError } from '../base/index.ts'
import type { FakeClock } from '../base/testing.ts'
import type { AppendRecord, Cursor, Log, LogRecord } from './log.ts'

export interface LogFixture {
  /** Opens the log; again after a close, with what was kept when the driver is durable. */
  open(): Promise<Log>
  readonly clock: FakeClock
  readonly isDurable: boolean
  /** Waits for the promise, moving along whatever the driver's time stands on. */
  settle<T>(promise: Promise<T>): Promise<T>
  dispose(): Promise<void>
}

export interface LogConformanceOptions {
  /** Histories to compare with a plain list; fewer where opening is slow. */
  readonly propertyRuns?: number
}

export function logConformance(
  name: string,
  createFixture: () => Promise<LogFixture>,
  { propertyRuns = 50 }: LogConformanceOptions = {},
): void {
  function check(title: string, body: (fixture: LogFixture) => Promise<void>): void {
    test(title, async () => {
      const fixture = await createFixture()
      try {
        await body(fixture)
      } finally {
        await fixture.dispose()
      }
    })
  }

  describe(`${name} as a log`, () => {
    check('reads records in the order and form in which they were appended', async (fixture) => {
      const log = await fixture.open()
      const records = [record('a'), record('b', 'control'), record('c')]
      const positions = await fixture.settle(log.append(records))
      assert.equal(positions.length, 3)
      const read = await readAll(fixture, log, log.start())
      assert.deepEqual(texts(read).sort(), ['a', 'b', 'c'])
      for (const [index, position] of positions.entries()) {
        const found = read.find((one) => isSame(one, position))
        assert.ok(found !== undefined)
        assert.equal(Buffer.compare(found.payload, records[index]!.payload), 0)
        assert.equal(found.kind, records[index]!.kind)
        assert.equal(found.timestamp, fixture.clock.now())
      }
      await close(fixture, log)
    })

    check('keeps the order of records that share a key', async (fixture) => {
      const log = await fixture.open()
      const appended = Array.from({ length: 60 }, (_, index) => `${index % 3}:${index}`)
      for (const text of appended) {
        await fixture.settle(log.append([{ ...record(text), key: text[0]! }]))
      }
      const read = texts(await readAll(fixture, log, log.start()))
      for (const key of ['0', '1', '2']) {
        const isOfKey = (text: string): boolean => text.startsWith(`${key}:`)
        assert.deepEqual(read.filter(isOfKey), appended.filter(isOfKey))
      }
      await close(fixture, log)
    })

    check('gives offsets that only grow, without gaps, from 0', async (fixture) => {
      const log = await fixture.open()
      const appends = Array.from({ length: 20 }, (_, index) => log.append([record(`${index}`)]))
      await fixture.settle(Promise.all(appends))
      for (const [partition, offsets] of offsetsByPartition(
        await readAll(fixture, log, log.start()),
      )) {
        assert.deepEqual(
          offsets,
          offsets.map((_, index) => index),
        )
        assert.equal(at(log.end(), partition), offsets.length)
      }
      await close(fixture, log)
    })

    check('takes an append of nothing', async (fixture) => {
      const log = await fixture.open()
      assert.deepEqual(await fixture.settle(log.append([])), [])
      assert.deepEqual(log.end(), log.start())
      await close(fixture, log)
    })

    check('refuses an empty payload and keeps nothing of its append', async (fixture) => {
      const log = await fixture.open()
      const append = log.append([record('a'), { kind: 'event', payload: new Uint8Array(0) }])
      await assert.rejects(fixture.settle(append), RangeError)
      assert.deepEqual(log.end(), log.start())
      await close(fixture, log)
    })

    check('answers at most as many records as were asked for', async (fixture) => {
      const log = await fixture.open()
      await fixture.settle(log.append(Array.from({ length: 10 }, (_, index) => record(`${index}`))))
      let cursor = log.start()
      let count = 0
      while (count < 10) {
        const read = await fixture.settle(log.read(cursor, { recordsMax: 3, signal: OPEN }))
        assert.ok(read.records.length >= 1 && read.records.length <= 3)
        count += read.records.length
        cursor = read.cursor
      }
      assert.equal(count, 10)
      assert.deepEqual(cursor, log.end())
      await close(fixture, log)
    })

    check('lets a reader wait for the next record', async (fixture) => {
      const log = await fixture.open()
      const reading = log.read(log.end(), { recordsMax: 10, signal: OPEN })
      await fixture.settle(log.append([record('a')]))
      const { records, cursor } = await fixture.settle(reading)
      assert.deepEqual(texts(records), ['a'])
      assert.deepEqual(cursor, log.end())
      await close(fixture, log)
    })

    check('ends a wait with nothing when it is aborted', async (fixture) => {
      const log = await fixture.open()
      await fixture.settle(log.append([record('a')]))
      const abort = new AbortController()
      const reading = log.read(log.end(), { recordsMax: 10, signal: abort.signal })
      abort.abort()
      assert.deepEqual(await fixture.settle(reading), { records: [], cursor: log.end() })
      const aborted = { recordsMax: 10, signal: AbortSignal.abort() }
      assert.deepEqual((await fixture.settle(log.read(log.start(), aborted))).records, [])
      await close(fixture, log)
    })

    check('reads a partition that the cursor does not name from its oldest', async (fixture) => {
      const log = await fixture.open()
      await fixture.settle(log.append([record('a'), record('b')]))
      assert.equal((await readAll(fixture, log, [])).length, 2)
      await close(fixture, log)
    })

    check('refuses a cursor of a partition that it does not have', async (fixture) => {
      const log = await fixture.open()
      const cursor = [{ partition: 999, offset: 0 }]
      const reading = log.read(cursor, { recordsMax: 1, signal: OPEN })
      await assert.rejects(fixture.settle(reading), RangeError)
      await close(fixture, log)
    })

    check('finds the first record that is not older than a moment', async (fixture) => {
      const log = await fixture.open()
      const moments: number[] = []
      for (const text of ['a', 'b', 'c']) {
        moments.push(fixture.clock.now())
        await fixture.settle(log.append([{ ...record(text), key: 'k' }]))
        fixture.clock.advance(1000)
      }
      for (const [moment, expected] of [
        [0, ['a', 'b', 'c']],
        [moments[1]!, ['b', 'c']],
        [moments[1]! + 1, ['c']],
        [moments[2]! + 1, []],
      ] as const) {
        const cursor = await fixture.settle(log.cursorAt(moment))
        assert.deepEqual(texts(await readAll(fixture, log, cursor)), expected)
      }
      await close(fixture, log)
    })

    check('never lets timestamps fall, whatever the wall clock does', async (fixture) => {
      const log = await fixture.open()
      await fixture.settle(log.append([{ ...record('a'), key: 'k' }]))
      fixture.clock.stepWall(-3_600_000)
      await fixture.settle(log.append([{ ...record('b'), key: 'k' }]))
      const [a, b] = await readAll(fixture, log, log.start())
      assert.ok(b!.timestamp >= a!.timestamp)
      await close(fixture, log)
    })

    check('reads from the oldest record when the cursor is before it', async (fixture) => {
      const log = await fixture.open()
      const first = log.start()
      for (let index = 0; index < 200; index += 1) {
        await fixture.settle(log.append([{ kind: 'event', payload: new Uint8Array(200).fill(1) }]))
      }
      const before = log.end().map(({ partition, offset }) => ({
        partition,
        offset: Math.max(0, offset - 1),
      }))
      await fixture.settle(log.trim(before))
      const start = log.start()
      for (const { partition, offset } of start) {
        assert.ok(offset > 0, 'the fixture keeps its segments small, so that a trim shows')
        assert.ok(offset <= at(before, partition))
      }
      const read = await readAll(fixture, log, first)
      for (const [partition, offsets] of offsetsByPartition(read)) {
        assert.equal(offsets[0], at(start, partition))
        assert.equal(offsets.at(-1), at(log.end(), partition) - 1)
      }
      await close(fixture, log)
    })

    check('trims nothing at or behind the cursor', async (fixture) => {
      const log = await fixture.open()
      for (let index = 0; index < 50; index += 1) {
        await fixture.settle(log.append([{ kind: 'event', payload: new Uint8Array(200).fill(1) }]))
      }
      const start = log.start()
      await fixture.settle(log.trim(start))
      assert.deepEqual(log.start(), start)
      assert.equal((await readAll(fixture, log, start)).length, 50)
      await close(fixture, log)
    })

    check('refuses all once it is closed, also those who wait', async (fixture) => {
      const log = await fixture.open()
      const reading = log.read(log.end(), { recordsMax: 1, signal: OPEN })
      const refused = assert.rejects(reading, isClosed)
      await close(fixture, log)
      await fixture.settle(refused)
      await assert.rejects(fixture.settle(log.append([record('a')])), isClosed)
      await assert.rejects(fixture.settle(log.read([], { recordsMax: 1, signal: OPEN })), isClosed)
      await assert.rejects(fixture.settle(log.trim([])), isClosed)
      await assert.rejects(fixture.settle(log.cursorAt(0)), isClosed)
      await close(fixture, log)
    })

    check('makes durable what was accepted before it closes', async (fixture) => {
      const log = await fixture.open()
      const appended = log.append([record('a')])
      const closing = log.close()
      assert.equal((await fixture.settle(appended)).length, 1)
      await fixture.settle(closing)
      if (!fixture.isDurable) return
      const again = await fixture.open()
      assert.deepEqual(texts(await readAll(fixture, again, [])), ['a'])
      await close(fixture, again)
    })

    check('keeps records, positions and timestamps over a reopening', async (fixture) => {
      if (!fixture.isDurable) return
      const log = await fixture.open()
      for (let index = 0; index < 30; index += 1) {
        await fixture.settle(log.append([record(`${index}`), record(`${index}'`, 'control')]))
        fixture.clock.advance(10)
      }
      const before = await readAll(fixture, log, log.start())
      const [start, end] = [log.start(), log.end()]
      await close(fixture, log)
      const again = await fixture.open()
      assert.deepEqual([again.start(), again.end()], [start, end])
      assert.deepEqual(plain(await readAll(fixture, again, [])), plain(before))
      assert.deepEqual(again.stats().quarantined, [])
      const positions = await fixture.settle(again.append([record('next')]))
      assert.equal(positions[0]?.offset, at(end, positions[0]!.partition))
      await close(fixture, again)
    })

    check('says its size and bounds', async (fixture) => {
      const log = await fixture.open()
      await fixture.settle(log.append([record('a')]))
      const stats = log.stats()
      assert.ok(stats.sizeBytes > 0 && stats.segments > 0)
      assert.deepEqual([stats.start, stats.end], [log.start(), log.end()])
      assert.deepEqual(stats.quarantined, [])
      await close(fixture, log)
    })

    test('behaves as a plain list, whatever is done to it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(STEP, { maxLength: 40 }), async (steps) => {
          const fixture = await createFixture()
          try {
            await compareWithList(fixture, steps)
          } finally {
            await fixture.dispose()
          }
        }),
        { numRuns: propertyRuns },
      )
    })
  })
}

type Step =
  | { readonly kind: 'append'; readonly sizes: readonly number[]; readonly key: string }
  | { readonly kind: 'read'; readonly share: number; readonly recordsMax: number }
  | { readonly kind: 'trim'; readonly share: number }
  | { readonly kind: 'reopen' }

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 5 }),
      key: fc.constantFrom('a', 'b', 'c'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      recordsMax: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trim' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
)

async function compareWithList(fixture: LogFixture, steps: readonly Step[]): Promise<void> {
  const list = new Map<string, Uint8Array>()
  let log = await fixture.open()
  let fill = 0
  for (const step of steps) {
    switch (step.kind) {
      case 'append': {
        const records = step.sizes.map((size): AppendRecord => {
          fill = (fill + 1) % 256
          return { kind: 'event', key: step.key, payload: new Uint8Array(size).fill(fill) }
        })
        const positions = await fixture.settle(log.append(records))
        for (const [index, position] of positions.entries()) {
          list.set(`${position.partition}:${position.offset}`, records[index]!.payload)
        }
        break
      }
      case 'read':
        await compareRead(fixture, log, { list, cursor: partWay(log, step.share), step })
        break
      case 'trim':
        await fixture.settle(log.trim(partWay(log, step.share)))
        break
      case 'reopen':
        if (!fixture.isDurable) break
        await fixture.settle(log.close())
        log = await fixture.open()
        break
      default:
        step satisfies never
    }
  }
  const left = await readAll(fixture, log, [])
  const kept = log.end().reduce((sum, { offset }) => sum + offset, 0)
  const gone = log.start().reduce((sum, { offset }) => sum + offset, 0)
  assert.equal(left.length, kept - gone)
  for (const one of left) assert.deepEqual(Array.from(one.payload), Array.from(list.get(key(one))!))
  await fixture.settle(log.close())
}

async function compareRead(
  fixture: LogFixture,
  log: Log,
  expected: {
    readonly list: ReadonlyMap<string, Uint8Array>
    readonly cursor: Cursor
    readonly step: { readonly recordsMax: number }
  },
): Promise<void> {
  const { list, cursor, step } = expected
  if (!hasMore(log, cursor)) return
  const options = { recordsMax: step.recordsMax, signal: OPEN }
  const { records, cursor: next } = await fixture.settle(log.read(cursor, options))
  assert.ok(records.length > 0 && records.length <= step.recordsMax)
  const reached = new Map(
    cursor.map(({ partition, offset }) => [
      partition,
      Math.max(offset, at(log.start(), partition)),
    ]),
  )
  for (const one of records) {
    assert.equal(one.position.offset, reached.get(one.position.partition))
    reached.set(one.position.partition, one.position.offset + 1)
    assert.deepEqual(Array.from(one.payload), Array.from(list.get(key(one))!))
  }
  for (const { partition, offset } of next) assert.equal(offset, reached.get(partition))
}

const OPEN = new AbortController().signal

function partWay(log: Log, share: number): Cursor {
  return log.end().map(({ partition, offset }) => ({
    partition,
    offset: Math.floor(offset * share),
  }))
}

/** Behind the cursor, of what was not trimmed: where there is nothing a read would wait. */
function hasMore(log: Log, cursor: Cursor): boolean {
  return log.end().some(({ partition, offset }) => {
    return Math.max(at(cursor, partition), at(log.start(), partition)) < offset
  })
}

async function readAll(fixture: LogFixture, log: Log, from: Cursor): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  let cursor = from
  while (hasMore(log, cursor)) {
    const read = await fixture.settle(log.read(cursor, { recordsMax: 7, signal: OPEN }))
    records.push(...read.records)
    cursor = read.cursor
  }
  return records
}

function record(text: string, kind: AppendRecord['kind'] = 'event'): AppendRecord {
  return { kind, payload: new TextEncoder().encode(text) }
}

function texts(records: readonly LogRecord[]): string[] {
  return records.map((one) => new TextDecoder().decode(one.payload))
}

function plain(records: readonly LogRecord[]): unknown[] {
  return records.map(({ payload, ...rest }) => ({ ...rest, payload: Array.from(payload) }))
}

function at(cursor: Cursor, partition: number): number {
  return cursor.find((position) => position.partition === partition)?.offset ?? 0
}

function isSame(one: LogRecord, position: LogRecord['position']): boolean {
  return one.position.partition === position.partition && one.position.offset === position.offset
}

function key({ position }: LogRecord): string {
  return `${position.partition}:${position.offset}`
}

function offsetsByPartition(records: readonly LogRecord[]): Map<number, number[]> {
  const found = new Map<number, number[]>()
  for (const { position } of records) {
    const offsets = found.get(position.partition) ?? []
    offsets.push(position.offset)
    found.set(position.partition, offsets)
  }
  return found
}

async function close(fixture: LogFixture, log: Log): Promise<void> {
  await fixture.settle(log.close())
}

function isClosed(error: unknown): boolean {
  return isAppError(error, 'LOG_CLOSED')
}
