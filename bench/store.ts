// The SQLite store alone: packed messages, receiving, rows, and cursor commits by themselves and beside bulk
// sends. Every figure is of durable commits.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { systemClock } from '../src/base/index.ts'
import { openSqliteStore, type Store } from '../src/store/index.ts'

const DURATION_MS = 2000
const BODY_BYTES = 1200
const PACKED_COUNT = 500
const HOUR_MS = 3_600_000

export interface StoreFigure {
  readonly name: string
  readonly perSecond: number
  /** Of one call, from asked to durable. */
  readonly p50Ms: number
  readonly p99Ms: number
}

export async function benchStore(): Promise<StoreFigure[]> {
  return [
    await measure('sendPacked 500 × 1.2 KB, 8 in flight', 8, PACKED_COUNT, sendPacked),
    await measure('sendPacked 10 × 1.2 KB, 16 in flight', 16, 10, (store, index) =>
      sendPacked(store, index, 10),
    ),
    await benchReceive(),
    await measure('row writes, 1 in flight', 1, 1, writeRow),
    await measure('row writes, 64 in flight', 64, 1, writeRow),
    await measure('cursor commits, 1 in flight', 1, 1, commitCursor),
    await measure('cursor commits, 64 in flight', 64, 1, commitCursor),
    await benchMixed(),
  ]
}

type Call = (store: Store, index: number) => Promise<unknown>

async function measure(
  name: string,
  inFlight: number,
  unitsPerCall: number,
  call: Call,
): Promise<StoreFigure> {
  return withStore(async (store) => {
    const { latencies, durationMs } = await load(inFlight, (index) => call(store, index))
    return figure(name, latencies, { count: latencies.length * unitsPerCall, durationMs })
  })
}

/** What a full queue gives ten consumers that take ten and delete them. */
async function benchReceive(): Promise<StoreFigure> {
  return withStore(async (store) => {
    for (let index = 0; index < 200; index += 1) await sendPacked(store, index)
    let count = 0
    const { latencies, durationMs } = await load(10, async () => {
      const received = await store.messages.receive({
        queue: 'q',
        fifo: false,
        limit: 10,
        now: systemClock.now(),
        visibilityTimeoutMs: HOUR_MS,
      })
      count += received.length
      await store.messages.remove(
        'q',
        received.map(({ receipt }) => receipt),
      )
    })
    return figure('receive 10 and remove, 10 consumers', latencies, { count, durationMs })
  })
}

/** Cursor commits while the queue is filled: they share its transactions. */
async function benchMixed(): Promise<StoreFigure> {
  return withStore(async (store) => {
    const filler = new AbortController()
    async function fill(start: number): Promise<void> {
      for (let index = start; !filler.signal.aborted; index += 4) await sendPacked(store, index)
    }
    const filling = Promise.all([fill(0), fill(1), fill(2), fill(3)])
    const { latencies, durationMs } = await load(1, (index) => commitCursor(store, index))
    filler.abort()
    await filling
    return figure('cursor commits beside bulk sends', latencies, {
      count: latencies.length,
      durationMs,
    })
  })
}

async function load(
  inFlight: number,
  call: (index: number) => Promise<unknown>,
): Promise<{ readonly latencies: number[]; readonly durationMs: number }> {
  const latencies: number[] = []
  const start = systemClock.monotonic()
  let next = 0
  async function worker(): Promise<void> {
    while (systemClock.monotonic() - start < DURATION_MS) {
      const begin = systemClock.monotonic()
      next += 1
      await call(next)
      latencies.push(systemClock.monotonic() - begin)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, () => worker()))
  return { latencies, durationMs: systemClock.monotonic() - start }
}

function sendPacked(store: Store, index: number, count = PACKED_COUNT): Promise<void> {
  const now = systemClock.now()
  return store.messages.sendPacked({
    queue: 'q',
    idPrefix: `0190a5c2-${index}-`,
    bodies: new Uint8Array(count * BODY_BYTES),
    ends: Uint32Array.from({ length: count }, (_, position) => (position + 1) * BODY_BYTES),
    sentAt: now,
    visibleAt: now,
    expiresAt: now + HOUR_MS,
    sender: '000000000000',
  })
}

function writeRow(store: Store, index: number): Promise<number> {
  const value = { spec: { text: 'x'.repeat(500) } }
  return store.rows.write([{ kind: 'Rule', namespace: 'default', name: `r${index}`, value }])
}

function commitCursor(store: Store, index: number): Promise<void> {
  const positions = [{ partition: 0, offset: index }]
  const cursor = { reader: 'route', epoch: 1, generation: 1, positions }
  return store.deliveries.commit({ cursor, put: [], remove: [], attempts: [] })
}

async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'signalbox-bench-'))
  const store = await openSqliteStore({ path: path.join(directory, 'store.db') })
  try {
    return await use(store)
  } finally {
    await store.close()
    fs.rmSync(directory, { recursive: true })
  }
}

function figure(
  name: string,
  latencies: number[],
  { count, durationMs }: { readonly count: number; readonly durationMs: number },
): StoreFigure {
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? 0
  return { name, perSecond: (count / durationMs) * 1000, p50Ms: at(0.5), p99Ms: at(0.99) }
}

if (import.meta.main) {
  for (const { name, perSecond, p50Ms, p99Ms } of await benchStore()) {
    const rate = Math.round(perSecond).toLocaleString('en')
    process.stdout.write(
      `${name.padEnd(40)} ${rate.padStart(10)}/s  p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms\n`,
    )
  }
}
