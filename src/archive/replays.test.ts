import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError, channels, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { decodeStoredEvent, type EventMeta, storePutEvent } from '../event/index.ts'
import type { IncomingEvent } from '../ingress/index.ts'
import { type Log, openMemoryLog } from '../log/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { createMemoryStoreState } from '../store/testing.ts'
import { type Archives, openArchives } from './archives.ts'
import { AHEAD_RECORDS_MAX } from './limits.ts'
import type { ReplayPlan, ReplayProgress } from './replay.ts'
import { Replays } from './replays.ts'
import { InProcessShelf } from './testing.ts'

const SHOP = '000000000000/us-east-1/shop'
const START_MS = Date.parse('2026-01-01T00:00:00Z')

const PLAN: ReplayPlan = {
  uid: 'r1',
  name: 'again',
  archive: 'all',
  earliest: -Infinity,
  latest: Infinity,
  busKey: SHOP,
  writtenAfter: -Infinity,
}

const STARTING: ReplayProgress = {
  state: 'STARTING',
  startedAt: 0,
  events: 0,
  first: 0,
  block: 0,
  logOffset: 0,
}

/** An archive with events, and what outlives the process: the log and the kept progress. */
class Bench {
  readonly clock = new FakeClock()
  readonly log: Log = openMemoryLog({ clock: this.clock })
  readonly fatal: unknown[] = []
  archives!: Archives
  kept: ReplayProgress = STARTING
  unread = 0
  pending = 0
  /** What an accept is refused with before it is let through. */
  refusals: AppError[] = []
  /** After so many events more the process is dead: nothing it does reaches the log or the store. */
  life = Infinity

  async open(count: number): Promise<this> {
    const shelf = new InProcessShelf({ clock: this.clock, random: seededRandom(1) })
    this.archives = await openArchives(
      {
        directory: 'archives',
        hasFiles: true,
        reader: 'archive',
        log: this.log,
        cursors: openMemoryStore({ state: createMemoryStoreState() }).deliveries,
        clock: this.clock,
        logger: silentLogger,
        onFatal: (error) => void this.fatal.push(error),
        shelf,
      },
      [{ uid: 'all', busKey: SHOP }],
    )
    for (let id = 0; id < count; id += 1) {
      await this.put(String(id))
      if (id % 40 === 39) await this.archives.settled()
    }
    await this.archives.settled()
    return this
  }

  async put(id: string): Promise<void> {
    const record = storePutEvent({
      busKey: SHOP,
      account: '000000000000',
      region: 'us-east-1',
      id,
      source: 's',
      detailType: 't',
      time: `${new Date(START_MS + Number(id) * 1000).toISOString().slice(0, 19)}Z`,
      resources: [],
      detail: '{}',
    })
    await this.log.append([{ kind: 'event', payload: record }])
  }

  replays(): Replays {
    return new Replays({
      log: this.log,
      ingress: { accept: (_, events) => this.#accept(events) },
      archives: this.archives,
      unread: () => this.unread,
      pending: () => this.pending,
      clock: this.clock,
      logger: silentLogger,
      onFatal: (error) => void this.fatal.push(error),
    })
  }

  start(replays: Replays, plan: ReplayPlan = PLAN): void {
    replays.start(plan, this.kept, async (progress) => {
      if (this.life > 0) this.kept = progress
    })
  }

  async run(plan: ReplayPlan = PLAN): Promise<void> {
    const replays = this.replays()
    this.start(replays, plan)
    while (replays.active > 0) await this.clock.run(1)
    await replays.close()
  }

  /** Events that replays brought back, in the order of the log. */
  async replayed(): Promise<
    readonly { id: string; busKey: string; meta: EventMeta; envelope: string }[]
  > {
    const { signal } = new AbortController()
    const { records } = await this.log.read([], { recordsMax: 100_000, signal })
    return records
      .map(({ payload }) => decodeStoredEvent(payload))
      .filter((event) => event.isReplayed)
      .map((event) => ({
        id: event.id,
        busKey: event.busKey,
        meta: event.meta(),
        envelope: Buffer.from(event.envelope).toString(),
      }))
  }

  async ids(): Promise<readonly string[]> {
    return (await this.replayed()).map(({ id }) => id)
  }

  async #accept(events: readonly IncomingEvent[]): Promise<[]> {
    const refusal = this.refusals.shift()
    if (refusal !== undefined) throw refusal
    if (this.life <= 0) return new Promise(() => {})
    const reaching = events.slice(0, this.life)
    this.life -= events.length
    await this.log.append(reaching.map(({ record }) => ({ kind: 'event', payload: record })))
    return reaching.length < events.length ? new Promise(() => {}) : []
  }
}

function idsTo(count: number): readonly string[] {
  return Array.from({ length: count }, (_, id) => String(id))
}

test('a replay brings every event back in order, named, and says how far it came', async () => {
  const bench = await new Bench().open(1000)
  await bench.run()
  const replayed = await bench.replayed()
  assert.deepEqual(
    replayed.map(({ id }) => id),
    idsTo(1000),
  )
  assert.deepEqual(
    replayed.map(({ meta }) => meta.replay),
    idsTo(1000).map((id) => ({ name: 'again', nth: Number(id) })),
  )
  assert.ok(replayed.every(({ envelope }) => envelope.includes('"replay-name":"again"')))
  const { state, events, lastEventTime, endedAt } = bench.kept
  assert.deepEqual([state, events], ['COMPLETED', 1000])
  assert.equal(lastEventTime, START_MS / 1000 + 999)
  assert.notEqual(endedAt, undefined)
  assert.deepEqual(bench.fatal, [])
})

test('a replay takes the events of its range, and none that came after it began', async () => {
  const bench = await new Bench().open(200)
  const second = START_MS / 1000
  const replays = bench.replays()
  bench.start(replays, { ...PLAN, earliest: second + 50, latest: second + 69 })
  await bench.put('55')
  while (replays.active > 0) await bench.clock.run(1)
  await bench.archives.settled()
  const ids = await bench.ids()
  assert.deepEqual(ids.slice(0, 20), idsTo(200).slice(50, 70))
  assert.ok(ids.length <= 21)
  assert.equal((await bench.archives.stats('all')).events, 201)
})

test('a replay to some rules is directed at them as they are then', async () => {
  const bench = await new Bench().open(3)
  await bench.run({ ...PLAN, busKey: '000000000000/us-east-1/elsewhere', rules: () => ['k'] })
  for (const { meta, busKey } of await bench.replayed()) {
    assert.deepEqual(meta.directed, { rules: ['k'], matched: false })
    assert.equal(busKey, '000000000000/us-east-1/elsewhere')
  }
})

test('an empty range completes with nothing', async () => {
  const bench = await new Bench().open(10)
  await bench.run({ ...PLAN, latest: 0 })
  assert.deepEqual([bench.kept.state, bench.kept.events], ['COMPLETED', 0])
  assert.deepEqual(await bench.ids(), [])
})

test('a cancelled replay ends where it is', async () => {
  const bench = await new Bench().open(1000)
  const replays = bench.replays()
  bench.start(replays, { ...PLAN, ratePerSecond: 10 })
  await bench.clock.run(100)
  assert.equal(replays.cancel('r1'), true)
  assert.equal(replays.progress('r1')?.state, 'CANCELLING')
  while (replays.active > 0) await bench.clock.run(1)
  assert.equal(bench.kept.state, 'CANCELLED')
  const { length } = await bench.ids()
  assert.ok(length > 0 && length < 1000)
  await bench.clock.run(100_000)
  assert.equal((await bench.ids()).length, length)
  assert.equal(replays.cancel('r1'), false)
})

test('a rate is kept', async () => {
  const bench = await new Bench().open(1000)
  const replays = bench.replays()
  bench.start(replays, { ...PLAN, ratePerSecond: 100 })
  await bench.clock.run(5000)
  const { length } = await bench.ids()
  assert.ok(length >= 500 && length <= 510, String(length))
  await replays.close()
})

test('a replay waits while route is behind, and for less beside other traffic', async () => {
  const bench = await new Bench().open(1000)
  const replays = bench.replays()
  bench.unread = AHEAD_RECORDS_MAX + 1
  bench.start(replays)
  await bench.clock.run(100)
  assert.deepEqual(await bench.ids(), [])
  bench.unread = AHEAD_RECORDS_MAX
  channels.eventsAccepted.publish({ dialect: 'aws', count: 1, sizeBytes: 1, durationMs: 1 })
  await bench.clock.run(500)
  assert.deepEqual(await bench.ids(), [])
  await bench.clock.run(1000)
  assert.equal((await bench.ids()).length, 1000)
  await replays.close()
})

test('a replay waits while too many deliveries wait for their next attempt', async () => {
  const bench = await new Bench().open(10)
  const replays = bench.replays()
  bench.pending = 1_000_000
  bench.start(replays)
  await bench.clock.run(100)
  assert.deepEqual(await bench.ids(), [])
  bench.pending = 0
  await bench.clock.run(100)
  assert.equal((await bench.ids()).length, 10)
  await replays.close()
})

test('what ingress refuses is tried again, what it cannot mend fails the replay', async () => {
  const bench = await new Bench().open(10)
  bench.refusals = [new AppError('LOG_FULL', 'full'), new AppError('OVERLOADED', 'later')]
  await bench.run()
  assert.deepEqual(await bench.ids(), idsTo(10))
  const other = await new Bench().open(10)
  other.refusals = [new AppError('LOG_CLOSED', 'the log is closed')]
  await other.run()
  assert.equal(other.kept.state, 'FAILED')
  assert.match(other.kept.reason ?? '', /the log is closed/)
})

test('an event archived before the retention ended is not brought back', async () => {
  const bench = await new Bench().open(10)
  await bench.run({ ...PLAN, writtenAfter: bench.clock.now() })
  assert.deepEqual(await bench.ids(), [])
})

test('a replay that was suspended goes on where it was', async () => {
  const bench = await new Bench().open(1000)
  const replays = bench.replays()
  bench.start(replays, { ...PLAN, ratePerSecond: 100 })
  await bench.clock.run(2000)
  const closing = replays.close()
  await bench.clock.run(10)
  await closing
  assert.equal(bench.kept.state, 'RUNNING')
  const { length } = await bench.ids()
  assert.ok(length < 1000)
  await bench.run()
  assert.deepEqual(await bench.ids(), idsTo(1000))
})

test('wherever the process dies, a replay leaves nothing out and brings nothing twice', async () => {
  const lives = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 6 })
  const property = fc.asyncProperty(lives, async (deaths) => {
    const bench = await new Bench().open(300)
    for (const life of deaths) {
      bench.life = life
      const dying = bench.replays()
      bench.start(dying, { ...PLAN, ratePerSecond: 100_000 })
      while (bench.life > 0 && dying.active > 0) await bench.clock.run(50)
    }
    bench.life = Infinity
    if (bench.kept.state !== 'COMPLETED') await bench.run()
    assert.deepEqual(await bench.ids(), idsTo(300))
    assert.equal(bench.kept.state, 'COMPLETED')
    assert.deepEqual(bench.fatal, [])
  })
  await fc.assert(property, { numRuns: 6 })
})
