import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, channels, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { type Directed, storePutEvent } from '../event/index.ts'
import { type AppendRecord, type Log, openMemoryLog } from '../log/index.ts'
import type { BusRules, Delivery, RoutedRule, Ruleset } from '../model/index.ts'
import { Ledger } from '../store/index.ts'
import { createMemoryStoreState, openMemoryStore } from '../store/testing.ts'
import { encodeControlRecord } from './control-record.ts'
import { openRouter, type Router, type RouterOptions } from './router.ts'

const BUS_KEY = '000000000000/us-east-1/shop'
const COMMIT_MS = 20

/** A log, a store and the rulesets of all generations; routers come and go over them. */
class Bench {
  readonly clock: FakeClock = new FakeClock()
  readonly log: Log = openMemoryLog({ clock: this.clock })
  readonly state = createMemoryStoreState()
  readonly rulesets = new Map<number, Ruleset>([[0, { generation: 0, buses: new Map() }]])
  /** What was handed on and not settled yet. */
  held: { readonly delivery: Delivery; readonly settle: () => void }[] = []
  /** `rule@offset`, in the order in which it was handed on. */
  readonly delivered: string[] = []
  readonly fatal: unknown[] = []
  spills = 0
  isHolding = false

  async open(options: Partial<RouterOptions> = {}): Promise<Router> {
    const { clock, log } = this
    const { deliveries: store } = openMemoryStore({ state: this.state })
    const onFatal = (error: unknown): void => void this.fatal.push(error)
    const ledger = new Ledger({ store, clock, delayMs: COMMIT_MS, onFatal })
    return openRouter({
      reader: 'route',
      log,
      store,
      ledger,
      rulesetAt: async (generation) => this.rulesets.get(generation)!,
      deliver: {
        deliver: (deliveries, settled) => {
          for (const delivery of deliveries) this.#take(delivery, settled)
        },
        spill: () => {
          this.spills += 1
        },
      },
      clock,
      logger: silentLogger,
      onFatal,
      ...options,
    })
  }

  /** A ruleset that sends every event of the bus to rules of these names. */
  async publish(generation: number, ...names: readonly string[]): Promise<void> {
    const rules = new Map(names.map((name) => [name, ruleOf(name)]))
    const bus: BusRules = { busKey: BUS_KEY, rules }
    this.rulesets.set(generation, { generation, buses: new Map([[BUS_KEY, bus]]) })
    await this.mark(generation)
  }

  async mark(generation: number): Promise<void> {
    await this.log.append([{ kind: 'control', payload: encodeControlRecord({ generation }) }])
  }

  async put(count = 1, source = 'shop'): Promise<void> {
    const records = Array.from({ length: count }, () => ({
      kind: 'event' as const,
      payload: recordOf(source),
    }))
    await this.log.append(records)
  }

  /** Settles what is held at this offset. */
  settle(offset: number): void {
    const [ours, others] = [[], []] as (typeof this.held)[]
    for (const one of this.held) (one.delivery.offset === offset ? ours : others)!.push(one)
    this.held = others!
    for (const { settle } of ours!) settle()
  }

  get cursor(): { offset: number; generation: number; epoch: number } | undefined {
    const stored = this.state.cursors.get('route')
    if (stored === undefined) return undefined
    const { generation, epoch, positions } = stored
    return { offset: positions[0]!.offset, generation, epoch }
  }

  #take(delivery: Delivery, settled: (delivery: Delivery) => void): void {
    this.delivered.push(`${delivery.rule.name}@${delivery.offset}`)
    if (this.isHolding) this.held.push({ delivery, settle: () => settled(delivery) })
    else settled(delivery)
  }
}

function ruleOf(name: string): RoutedRule {
  const arn = `arn:aws:events:us-east-1:000000000000:rule/shop/${name}`
  const targets = [{ id: 't', address: 'https://target.test/' }]
  return { key: name, name, arn, busKey: BUS_KEY, pattern: '{"source":["shop"]}', targets }
}

function recordOf(source: string, directed?: Directed): Uint8Array {
  return storePutEvent({
    ...(directed === undefined ? {} : { directed }),
    busKey: BUS_KEY,
    account: '000000000000',
    region: 'us-east-1',
    id: 'e',
    source,
    detailType: 't',
    time: '2026-01-01T00:00:00Z',
    resources: [],
    detail: '{}',
  })
}

function toB(source: string, matched: boolean): AppendRecord {
  return { kind: 'event', payload: recordOf(source, { rules: ['b', 'gone'], matched }) }
}

test('an event goes to every rule that matches it, and an unmatched one settles by itself', async () => {
  const bench = new Bench()
  await bench.publish(1, 'a', 'b')
  await bench.put(1)
  await bench.put(1, 'other')
  const router = await bench.open()
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(bench.delivered, ['a@1', 'b@1'])
  assert.equal(router.lag(), 0)
  assert.deepEqual(bench.cursor, { offset: 3, generation: 1, epoch: 1 })
  await router.close()
})

test('a directed event goes to the rules it names, each asked or not as the event says', async () => {
  const bench = new Bench()
  await bench.publish(1, 'a', 'b')
  const router = await bench.open()
  await bench.log.append([toB('shop', false), toB('other', false), toB('other', true)])
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(bench.delivered, ['b@1', 'b@3'])
  assert.equal(router.lag(), 0)
  await router.close()
})

test('each event is matched under the ruleset that was live at its position', async () => {
  const bench = new Bench()
  await bench.put()
  await bench.publish(1, 'old')
  await bench.put()
  await bench.publish(2, 'new')
  await bench.put()
  const router = await bench.open()
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(bench.delivered, ['old@2', 'new@4'])
  assert.equal(router.committedGeneration(), 2)
  await router.close()
})

test('a restart behind a lag goes on under the ruleset of its cursor, not the newest', async () => {
  const bench = new Bench()
  await bench.publish(1, 'old')
  await bench.put(2)
  bench.isHolding = true
  const first = await bench.open()
  await bench.clock.run(COMMIT_MS)
  bench.settle(1)
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(bench.cursor, { offset: 2, generation: 1, epoch: 1 })
  void first.close(AbortSignal.abort())
  bench.isHolding = false
  bench.delivered.length = 0
  await bench.publish(2, 'new')
  await bench.put()
  const second = await bench.open()
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(bench.delivered, ['old@2', 'new@4'])
  await second.close()
})

test('an older generation that comes again changes nothing', async () => {
  const bench = new Bench()
  await bench.publish(1, 'old')
  await bench.publish(2, 'new')
  await bench.mark(1)
  await bench.put()
  const router = await bench.open()
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(bench.delivered, ['new@3'])
  assert.equal(router.committedGeneration(), 2)
  await router.close()
})

test('the cursor stands before the oldest position that has not settled', async () => {
  const bench = new Bench()
  bench.isHolding = true
  await bench.publish(1, 'a', 'b')
  await bench.put(3)
  const router = await bench.open()
  await bench.clock.run(COMMIT_MS)
  bench.settle(2)
  bench.settle(3)
  await bench.clock.run(COMMIT_MS)
  assert.equal(bench.cursor?.offset, 1)
  assert.equal(router.lag(), 3)
  assert.equal(router.unread(), 0)
  bench.settle(1)
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(router.committedCursor(), [{ partition: 0, offset: 4 }])
  await router.close()
})

test('rows recorded before a position settles are in the commit that moves the cursor over it', async () => {
  const bench = new Bench()
  await bench.publish(1, 'a')
  await bench.put()
  const { deliveries } = openMemoryStore({ state: bench.state })
  const commits: [number | undefined, number][] = []
  const store = {
    cursor: (reader: string) => deliveries.cursor(reader),
    commit: (commit: Parameters<typeof deliveries.commit>[0]) => {
      commits.push([commit.cursor?.positions[0]?.offset, commit.put.length])
      return deliveries.commit(commit)
    },
  }
  const ledger = new Ledger({ store, clock: bench.clock, delayMs: COMMIT_MS, onFatal: rethrow })
  const router = await bench.open({
    store,
    ledger,
    deliver: {
      deliver: ([delivery], settled) => {
        ledger.put(rowOf(delivery!))
        settled(delivery!)
      },
      spill: () => {},
    },
  })
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(commits, [
    [0, 0],
    [2, 1],
  ])
  await router.close()
})

test('a full window asks for spilling, and reads on when places are given back', async () => {
  const bench = new Bench()
  bench.isHolding = true
  await bench.publish(1, 'a')
  await bench.put(10)
  const router = await bench.open({ windowMax: 4 })
  await bench.clock.run(200)
  assert.deepEqual(bench.delivered, ['a@1', 'a@2', 'a@3', 'a@4'])
  assert.ok(bench.spills > 0)
  bench.isHolding = false
  for (const offset of [1, 2, 3, 4]) bench.settle(offset)
  await bench.clock.run(500)
  assert.equal(bench.delivered.length, 10)
  assert.equal(bench.cursor?.offset, 11)
  await router.close()
})

test('damaged records are skipped, reported, and what lies behind them is routed', async () => {
  const bench = new Bench()
  await bench.publish(1, 'a')
  await bench.put(9)
  const { log } = bench
  const reports: unknown[] = []
  const router = await bench.open({
    log: {
      start: () => log.start(),
      end: () => log.end(),
      read: async (cursor, options) => {
        const { offset } = cursor[0]!
        if (offset >= 3 && offset < 7) {
          throw new AppError('LOG_CORRUPT', 'damaged', { details: { from: 3, to: 7 } })
        }
        return log.read(cursor, { ...options, recordsMax: offset < 3 ? 3 - offset : 100 })
      },
    },
    logger: { ...silentLogger, error: (_, fields) => void reports.push(fields) },
  })
  await bench.clock.run(200)
  assert.deepEqual(bench.delivered, ['a@1', 'a@2', 'a@7', 'a@8', 'a@9'])
  assert.deepEqual(reports, [{ from: 3, to: 7, error: 'damaged' }])
  assert.equal(bench.cursor?.offset, 10)
  assert.equal(router.lag(), 0)
  await router.close()
})

test('a log that was trimmed past the cursor is read from its oldest record', async () => {
  const bench = new Bench()
  await bench.publish(1, 'a')
  const first = await bench.open()
  await bench.clock.run(COMMIT_MS)
  await first.close()
  await bench.put(4)
  await bench.log.trim([{ partition: 0, offset: 3 }])
  const second = await bench.open()
  await bench.clock.run(COMMIT_MS)
  assert.deepEqual(bench.delivered, ['a@3', 'a@4'])
  assert.equal(second.lag(), 0)
  await second.close()
})

test('a log that cannot be read is fatal', async () => {
  const bench = new Bench()
  const error = new AppError('STORAGE_FAILED', 'the disk is gone')
  const { log } = bench
  await bench.open({
    log: { start: () => log.start(), end: () => log.end(), read: () => Promise.reject(error) },
  })
  await bench.clock.run(0)
  assert.deepEqual(bench.fatal, [error])
})

test('a router that opens the cursor fences off the one before it', async () => {
  const bench = new Bench()
  bench.isHolding = true
  await bench.publish(1, 'a')
  await bench.put()
  await bench.open()
  await bench.clock.run(COMMIT_MS)
  const second = await bench.open()
  assert.equal(bench.cursor?.epoch, 2)
  bench.settle(1)
  await bench.clock.run(COMMIT_MS * 2)
  assert.equal(bench.fatal.length, 1)
  assert.match(String(bench.fatal[0]), /epoch/)
  assert.equal(bench.cursor?.epoch, 2)
  void second.close(AbortSignal.abort())
})

test('settled resolves when all that was durable has settled and is committed', async () => {
  const bench = new Bench()
  bench.isHolding = true
  await bench.publish(1, 'a')
  await bench.put()
  const router = await bench.open()
  let isSettled = false
  const settling = router.settled().then(() => {
    isSettled = true
  })
  await bench.clock.run(1000)
  assert.equal(isSettled, false)
  bench.settle(1)
  await bench.clock.run(COMMIT_MS)
  await settling
  assert.equal(bench.cursor?.offset, 2)
  await router.settled()
  await router.close()
})

test('closing waits for what is under way and commits it', async () => {
  const bench = new Bench()
  bench.isHolding = true
  await bench.publish(1, 'a')
  await bench.put()
  const router = await bench.open()
  await bench.clock.run(COMMIT_MS)
  let isClosed = false
  const closing = router.close().then(() => {
    isClosed = true
  })
  await bench.clock.run(1000)
  assert.equal(isClosed, false)
  bench.settle(1)
  await bench.clock.run(COMMIT_MS)
  await closing
  assert.equal(bench.cursor?.offset, 2)
})

test('closing waits no longer than its deadline, and reads nothing more', async () => {
  const bench = new Bench()
  bench.isHolding = true
  await bench.publish(1, 'a')
  await bench.put()
  const router = await bench.open()
  await bench.clock.run(COMMIT_MS)
  const deadline = new AbortController()
  const closing = router.close(deadline.signal)
  await bench.put(3)
  await bench.clock.run(10)
  deadline.abort()
  await closing
  assert.deepEqual(bench.delivered, ['a@1'])
  assert.equal(bench.cursor?.offset, 1)
})

test('what was routed is told on its channel', async () => {
  const bench = new Bench()
  const told: unknown[] = []
  const listener = (message: unknown): void => void told.push(message)
  channels.eventsRouted.subscribe(listener)
  await bench.publish(1, 'a', 'b')
  await bench.put(2)
  await bench.put(1, 'other')
  const router = await bench.open()
  await bench.clock.run(COMMIT_MS)
  channels.eventsRouted.unsubscribe(listener)
  assert.deepEqual(told, [{ events: 3, matched: 2, deliveries: 4 }])
  await router.close()
})

function rowOf({ partition, offset, rule, target }: Delivery): Parameters<Ledger['put']>[0] {
  return {
    id: `${partition}:${offset}/${rule.key}/${target.id}`,
    partition,
    offset,
    busKey: BUS_KEY,
    ruleKey: rule.key,
    ruleName: rule.name,
    targetId: target.id,
    eventId: 'e',
    state: 'pending',
    attempts: 1,
    firstAttemptAt: 0,
    lastAttemptAt: 0,
    dueAt: 0,
    errorCode: '',
    errorMessage: '',
  }
}

function rethrow(error: unknown): never {
  throw error
}
