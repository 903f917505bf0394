import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Replays } from '../archive/index.ts'
import { InProcessShelf } from '../archive/testing.ts'
import { type AppError, isAppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { decodeStoredEvent, type EventMeta, storePutEvent } from '../event/index.ts'
import { openMemoryLog } from '../log/index.ts'
import { decodeResource, Objects } from '../objects/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { openArchiveKeeper } from './archive-keeper.ts'
import { type ArchiveUses, createArchiveUses } from './archives.ts'
import { createBuses } from './buses.ts'
import type { Control } from './control.ts'
import { faultOf } from './faults.ts'
import { RulesetPublisher } from './publisher.ts'
import { createReplayUses, type NewReplay, type ReplayParts, type ReplayUses } from './replays.ts'
import { createRules } from './rules.ts'
import { Serial } from './serial.ts'
import { createTargets } from './targets.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }
const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/shop'
const ARCHIVE = 'arn:aws:events:us-east-1:000000000000:archive/orders'
const RULE = 'arn:aws:events:us-east-1:000000000000:rule/shop/big'
const START_MS = Date.parse('2026-01-01T00:00:00Z')
const DAY_SECONDS = 86_400

const REPLAY: NewReplay = {
  name: 'again',
  archiveArn: ARCHIVE,
  earliest: START_MS / 1000 - DAY_SECONDS,
  latest: START_MS / 1000 + DAY_SECONDS,
  destinationArn: BUS,
}

interface Bench {
  readonly clock: FakeClock
  readonly control: Pick<Control, 'buses' | 'rules' | 'targets'>
  readonly archives: ArchiveUses
  readonly replays: ReplayUses
  put(id: string, type?: string): Promise<void>
  /** What replays brought back. */
  replayed(): Promise<readonly { id: string; busKey: string; meta: EventMeta }[]>
  /** Another process over the same store and log, with replays that do not begin by themselves. */
  restart(): Promise<ReplayUses>
  close(): Promise<void>
}

function onFatal(error: unknown): never {
  throw error
}

async function openBench(
  options: { strict?: boolean; allowCrossBus?: boolean } = {},
): Promise<Bench> {
  const { strict = false, allowCrossBus = false } = options
  const clock = new FakeClock()
  const random = seededRandom(1)
  const log = openMemoryLog({ clock })
  const store = openMemoryStore()
  const common = { rows: store.rows, decode: decodeResource, clock, logger: silentLogger, onFatal }
  const publisher = await RulesetPublisher.open({ ...common, log })
  const resources = new Objects({ rows: store.rows, clock, random })
  const parts = { resources, publisher, clock, serial: new Serial(), strict }
  const control = {
    buses: createBuses(parts),
    rules: createRules(parts),
    targets: createTargets(parts),
  }
  const keeper = await openArchiveKeeper({
    ...common,
    directory: 'archives',
    hasFiles: true,
    reader: 'archive',
    log,
    cursors: store.deliveries,
    shelf: new InProcessShelf({ clock }),
  })
  const { buses, rules } = control
  const openReplays = (): { running: Replays; uses: ReplayUses } => {
    const running = new Replays({
      log,
      archives: keeper.archives,
      ingress: {
        async accept(_, events) {
          await log.append(events.map(({ record }) => ({ kind: 'event', payload: record })))
          return []
        },
      },
      unread: () => 0,
      pending: () => 0,
      clock,
      logger: silentLogger,
      onFatal,
    })
    const replayParts: ReplayParts = {
      resources,
      clock,
      buses,
      replays: running,
      strict,
      allowCrossBus,
      ruleKeys: (busKey, arns) => publisher.ruleKeys(busKey, arns),
    }
    return { running, uses: createReplayUses(replayParts) }
  }
  let replays = openReplays()
  const settled = (): Promise<void> => keeper.settled()
  // Publishing waits for a timer, so whoever changes buses and rules moves the clock along.
  const working = setInterval(() => void clock.run(1), 1).unref()
  await buses.create(SCOPE, { name: 'shop' })
  return {
    clock,
    control,
    archives: createArchiveUses({
      resources,
      clock,
      buses,
      rules,
      archives: keeper.archives,
      settled,
    }),
    replays: replays.uses,
    async put(id, type = 'placed') {
      const record = storePutEvent({
        busKey: '000000000000/us-east-1/shop',
        ...SCOPE,
        id,
        source: 'shop',
        detailType: type,
        time: '2026-01-01T00:00:00Z',
        resources: [],
        detail: '{}',
      })
      await log.append([{ kind: 'event', payload: record }])
    },
    async replayed() {
      const { signal } = new AbortController()
      const { records } = await log.read([], { recordsMax: 100_000, signal })
      return records
        .filter(({ kind }) => kind === 'event')
        .map(({ payload }) => decodeStoredEvent(payload))
        .filter(({ isReplayed }) => isReplayed)
        .map((event) => ({ id: event.id, busKey: event.busKey, meta: event.meta() }))
    },
    async restart() {
      await replays.running.close()
      replays = openReplays()
      return replays.uses
    },
    async close() {
      clearInterval(working)
      await replays.running.close()
      await keeper.close()
      await publisher.close()
    },
  }
}

async function ended(replays: ReplayUses, name: string): Promise<string> {
  for (;;) {
    const { state, endedAt } = (await replays.get(SCOPE, name)).progress
    if (endedAt !== undefined) return state
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function refused(work: Promise<unknown>): Promise<string | undefined> {
  const error = await work.then(
    () => assert.fail('expected a refusal'),
    (reason: unknown) => reason as AppError,
  )
  assert.ok(isAppError(error), String(error))
  return faultOf(error) ?? error.code
}

test('an archive is made, changed, listed and deleted, and its events are counted at once', async () => {
  const bench = await openBench()
  const { archives } = bench
  const made = await archives.create(SCOPE, {
    name: 'orders',
    bus: BUS,
    description: 'all orders',
    pattern: '{"detail-type":["placed"]}',
    retentionDays: 90,
  })
  assert.equal(made.arn, ARCHIVE)
  await bench.put('1')
  await bench.put('2', 'shipped')
  const { stats, spec, busArn } = await archives.get(SCOPE, 'orders')
  assert.deepEqual([stats.events, spec.retentionDays, busArn], [1, 90, BUS])
  await archives.update(SCOPE, 'orders', { pattern: '{"detail-type":["shipped"]}' })
  await bench.put('3')
  await bench.put('4', 'shipped')
  const changed = await archives.get(SCOPE, 'orders')
  assert.equal(changed.stats.events, 2)
  assert.deepEqual([changed.spec.description, changed.spec.retentionDays], ['all orders', 90])
  const page = await archives.list(SCOPE, { namePrefix: 'ord' })
  assert.deepEqual(
    page.items.map((one) => [one.spec.name, one.stats.events]),
    [['orders', 2]],
  )
  assert.deepEqual((await archives.list(SCOPE, { busArn: `${BUS}x` })).items, [])
  assert.deepEqual((await archives.list(SCOPE, { state: 'DISABLED' })).items, [])
  await archives.delete(SCOPE, 'orders')
  assert.equal(await refused(archives.get(SCOPE, 'orders')), 'archive-not-found')
  await bench.close()
})

test('an archive takes away its own pattern when it is given an empty one', async () => {
  const bench = await openBench()
  await bench.archives.create(SCOPE, { name: 'orders', bus: 'shop', pattern: '{"source":["x"]}' })
  await bench.archives.update(SCOPE, 'orders', { pattern: '' })
  const { spec } = await bench.archives.get(SCOPE, 'orders')
  assert.equal(spec.pattern, undefined)
  await bench.close()
})

test('what an archive cannot be is refused', async () => {
  const bench = await openBench()
  const { archives } = bench
  const archive = { name: 'orders', bus: BUS }
  assert.equal(await refused(archives.create(SCOPE, { ...archive, bus: 'none' })), 'bus-not-found')
  assert.equal(
    await refused(archives.create(SCOPE, { ...archive, pattern: '{' })),
    'PATTERN_INVALID',
  )
  await archives.create(SCOPE, archive)
  assert.equal(await refused(archives.create(SCOPE, archive)), 'archive-exists')
  assert.equal(await refused(archives.update(SCOPE, 'orders', {})), 'archive-unchanged')
  assert.equal(
    await refused(archives.update(SCOPE, 'none', { retentionDays: 1 })),
    'archive-not-found',
  )
  assert.equal(await refused(archives.delete(SCOPE, 'none')), 'archive-not-found')
  assert.equal(
    await refused(archives.list(SCOPE, { namePrefix: 'a', state: 'ENABLED' })),
    'archive-filters',
  )
  await bench.close()
})

test('an archive shows as a rule of its bus that nobody but the archive may change', async () => {
  const bench = await openBench()
  const { archives, control } = bench
  await archives.create(SCOPE, { name: 'orders', bus: BUS, pattern: '{"source":["shop"]}' })
  const { items } = await control.rules.list(SCOPE, { bus: 'shop' })
  assert.deepEqual(
    items.map(({ spec }) => [spec.name, spec.managedBy, JSON.parse(spec.pattern!) as unknown]),
    [
      [
        'Events-Archive-orders',
        'prod.vhs.events.aws.internal',
        { source: ['shop'], 'replay-name': [{ exists: false }] },
      ],
    ],
  )
  const name = { bus: 'shop', rule: 'Events-Archive-orders' }
  const target = { id: 't', address: 'https://x.test/', inputs: [] }
  assert.equal(
    await refused(control.rules.put(SCOPE, { ...name, pattern: '{"a":[1]}' })),
    'rule-managed',
  )
  assert.equal(await refused(control.rules.setState(SCOPE, name, 'DISABLED')), 'rule-managed')
  assert.equal(await refused(control.rules.delete(SCOPE, name)), 'rule-managed')
  assert.equal(await refused(control.targets.put(SCOPE, name, [target])), 'rule-managed')
  assert.equal(await refused(control.buses.delete(SCOPE, 'shop')), 'bus-has-rules')
  await archives.delete(SCOPE, 'orders')
  assert.deepEqual((await control.rules.list(SCOPE, { bus: 'shop' })).items, [])
  await bench.close()
})

test('the events of an archive can be looked at, page by page', async () => {
  const bench = await openBench()
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  for (const id of ['1', '2', '3']) await bench.put(id)
  const query = { earliest: -Infinity, latest: Infinity, limit: 2, block: 0, skip: 0 }
  const first = await bench.archives.events(SCOPE, 'orders', query)
  assert.deepEqual([first.ends.length, first.isLast], [2, false])
  const { next: block, skip } = first
  const second = await bench.archives.events(SCOPE, 'orders', { ...query, block, skip })
  assert.deepEqual([second.ends.length, second.isLast], [1, true])
  assert.equal(decodeStoredEvent(second.bytes).id, '3')
  await bench.close()
})

test('a replay brings the events back to the bus of their archive', async () => {
  const bench = await openBench()
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  for (const id of ['1', '2', '3']) await bench.put(id)
  const started = await bench.replays.start(SCOPE, { ...REPLAY, description: 'once more' })
  assert.deepEqual(
    [started.progress.state, started.arn.split(':').at(-1)],
    ['STARTING', 'replay/again'],
  )
  assert.equal(await ended(bench.replays, 'again'), 'COMPLETED')
  const replayed = await bench.replayed()
  assert.deepEqual(
    replayed.map(({ id, meta }) => [id, meta.replay, meta.directed]),
    ['1', '2', '3'].map((id, nth) => [id, { name: 'again', nth }, undefined]),
  )
  assert.equal((await bench.archives.get(SCOPE, 'orders')).stats.events, 3)
  const { spec, progress } = await bench.replays.get(SCOPE, 'again')
  assert.deepEqual(
    [spec.description, progress.events, progress.lastEventTime],
    ['once more', 3, START_MS / 1000],
  )
  await bench.close()
})

test('a replay to rules is directed at them, by their ARNs or, where AWS need not be followed, by one ARN', async () => {
  const bench = await openBench()
  await bench.control.rules.put(SCOPE, { bus: 'shop', rule: 'big', pattern: '{"source":["shop"]}' })
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  await bench.put('1')
  await bench.replays.start(SCOPE, { ...REPLAY, ruleArns: [RULE] })
  await ended(bench.replays, 'again')
  const byRule = { ...REPLAY, name: 'by-rule', destinationArn: RULE, ruleArns: [] }
  await bench.replays.start(SCOPE, byRule)
  await ended(bench.replays, 'by-rule')
  const directed = (await bench.replayed()).map(({ meta }) => meta.directed)
  assert.equal(directed.length, 2)
  for (const one of directed) assert.deepEqual([one?.rules.length, one?.matched], [1, false])
  await bench.close()
})

test('a rule, or another bus, is no destination where AWS is followed to the letter', async () => {
  const bench = await openBench({ strict: true })
  await bench.control.rules.put(SCOPE, { bus: 'shop', rule: 'big', pattern: '{"source":["shop"]}' })
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  const { replays } = bench
  assert.equal(
    await refused(replays.start(SCOPE, { ...REPLAY, destinationArn: RULE })),
    'replay-destination-invalid',
  )
  await bench.close()
})

test('a replay goes to another bus only where that is allowed', async () => {
  const careful = await openBench()
  await careful.control.buses.create(SCOPE, { name: 'dev' })
  await careful.archives.create(SCOPE, { name: 'orders', bus: BUS })
  const replay = { ...REPLAY, destinationArn: BUS.replace('shop', 'dev') }
  assert.equal(await refused(careful.replays.start(SCOPE, replay)), 'replay-cross-bus')
  await careful.close()
  const bench = await openBench({ allowCrossBus: true })
  await bench.control.buses.create(SCOPE, { name: 'dev' })
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  await bench.put('1')
  await bench.replays.start(SCOPE, replay)
  await ended(bench.replays, 'again')
  assert.deepEqual(
    (await bench.replayed()).map(({ busKey }) => busKey),
    ['000000000000/us-east-1/dev'],
  )
  const none = { ...REPLAY, destinationArn: BUS.replace('shop', 'none') }
  assert.equal(await refused(bench.replays.start(SCOPE, none)), 'bus-not-found')
  await bench.close()
})

test('what a replay cannot be is refused', async () => {
  const bench = await openBench()
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  const { replays } = bench
  const start = (change: Partial<NewReplay>): Promise<string | undefined> =>
    refused(replays.start(SCOPE, { ...REPLAY, ...change }))
  assert.equal(await start({ archiveArn: `${ARCHIVE}x` }), 'replay-archive-unknown')
  assert.equal(
    await start({ archiveArn: 'arn:aws:events:us-east-1:1:archive/orders' }),
    'replay-archive-unknown',
  )
  assert.equal(await start({ latest: REPLAY.earliest }), 'replay-range-empty')
  assert.equal(
    await start({ destinationArn: 'arn:aws:sqs:us-east-1:000000000000:q' }),
    'replay-destination-invalid',
  )
  assert.equal(
    await start({ destinationArn: BUS.replace('us-east-1', 'eu-west-1') }),
    'replay-cross-bus',
  )
  assert.equal(await start({ ruleArns: [RULE] }), 'replay-rule-unknown')
  await replays.start(SCOPE, REPLAY)
  assert.equal(await start({}), 'replay-exists')
  assert.equal(await refused(replays.get(SCOPE, 'none')), 'replay-not-found')
  assert.equal(
    await refused(replays.list(SCOPE, { namePrefix: 'a', state: 'RUNNING' })),
    'replay-filters',
  )
  await ended(replays, 'again')
  assert.equal(await refused(replays.cancel(SCOPE, 'again')), 'replay-not-active')
  await bench.close()
})

test('at most ten replays are under way at once, and a cancelled one makes room', async () => {
  const bench = await openBench()
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  for (let id = 0; id < 300; id += 1) await bench.put(String(id))
  const slow = { ...REPLAY, ratePerSecond: 1 }
  for (let nth = 0; nth < 10; nth += 1) {
    await bench.replays.start(SCOPE, { ...slow, name: `r${nth}` })
  }
  assert.equal(
    await refused(bench.replays.start(SCOPE, { ...slow, name: 'r10' })),
    'replays-too-many',
  )
  const cancelled = await bench.replays.cancel(SCOPE, 'r3')
  assert.equal(cancelled.progress.state, 'CANCELLING')
  assert.equal(await ended(bench.replays, 'r3'), 'CANCELLED')
  await bench.replays.start(SCOPE, { ...slow, name: 'r10' })
  const page = await bench.replays.list(SCOPE, { state: 'CANCELLED' })
  assert.deepEqual(
    page.items.map(({ spec }) => spec.name),
    ['r3'],
  )
  assert.equal((await bench.replays.list(SCOPE, { archiveArn: ARCHIVE })).items.length, 11)
  await bench.close()
})

test('the next process goes on with a replay, and long after its end forgets it', async () => {
  const bench = await openBench()
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  for (let id = 0; id < 600; id += 1) await bench.put(String(id))
  await bench.replays.start(SCOPE, { ...REPLAY, ratePerSecond: 20_000 })
  const replays = await bench.restart()
  await replays.resume()
  assert.equal(await ended(replays, 'again'), 'COMPLETED')
  assert.deepEqual(
    (await bench.replayed()).map(({ id }) => Number(id)),
    Array.from({ length: 600 }, (_, id) => id),
  )
  await replays.prune()
  assert.equal((await replays.get(SCOPE, 'again')).progress.state, 'COMPLETED')
  bench.clock.stepWall(91 * DAY_SECONDS * 1000)
  await replays.prune()
  assert.equal(await refused(replays.get(SCOPE, 'again')), 'replay-not-found')
  await bench.close()
})

test('the replay of an archive that is deleted meanwhile fails, and says why', async () => {
  const bench = await openBench()
  await bench.archives.create(SCOPE, { name: 'orders', bus: BUS })
  for (let id = 0; id < 300; id += 1) await bench.put(String(id))
  await bench.replays.start(SCOPE, { ...REPLAY, ratePerSecond: 100 })
  await bench.archives.delete(SCOPE, 'orders')
  const state = await ended(bench.replays, 'again')
  const { progress } = await bench.replays.get(SCOPE, 'again')
  assert.ok(state === 'FAILED' || progress.events === 300, state)
  await bench.close()
})
