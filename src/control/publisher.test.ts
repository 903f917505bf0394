import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { type Log, openMemoryLog } from '../log/index.ts'
import { API_VERSION, type Resource, type RuleSpec, type Ruleset } from '../model/index.ts'
import { decodeControlRecord } from '../route/index.ts'
import { openMemoryStore, type RowWrite, type Store } from '../store/index.ts'
import { type PublisherOptions, RulesetPublisher } from './publisher.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }
const SHOP = '000000000000/us-east-1/shop'

class Bench {
  readonly clock: FakeClock = new FakeClock()
  readonly log: Log = openMemoryLog({ clock: this.clock })
  readonly store: Store = openMemoryStore()
  readonly fatal: unknown[] = []

  open(options: Partial<PublisherOptions> = {}): Promise<RulesetPublisher> {
    return RulesetPublisher.open({
      rows: this.store.rows,
      log: this.log,
      decode: (row) => row.value as Resource,
      clock: this.clock,
      logger: silentLogger,
      onFatal: (error) => void this.fatal.push(error),
      ...options,
    })
  }

  write(...writes: readonly RowWrite[]): Promise<number> {
    return this.store.rows.write(writes)
  }

  /** Generations of the control records, in the order of the log. */
  async marks(): Promise<readonly number[]> {
    const { signal } = new AbortController()
    const { records } = await this.log.read([], { recordsMax: 100, signal })
    return records.map(({ payload }) => decodeControlRecord(payload).generation)
  }
}

function bus(name: string, isDeleted = false): RowWrite {
  const key = { kind: 'EventBus', namespace: 'default', name }
  return isDeleted ? key : { ...key, value: resource('EventBus', name, { ...SCOPE, name }) }
}

function rule(name: string, spec: Partial<RuleSpec> = {}): RowWrite {
  const value = resource('Rule', name, { ...ruleSpec(name), ...spec })
  return { kind: 'Rule', namespace: 'default', name, value }
}

function ruleSpec(name: string): RuleSpec {
  const targets = [{ id: 't', address: `https://${name}.test/` }]
  const pattern = '{"source":["s"]}'
  return { ...SCOPE, bus: 'shop', name, state: 'ENABLED', pattern, targets }
}

function resource(kind: string, name: string, spec: unknown): Resource {
  const metadata = {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    resourceVersion: '0',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  return { apiVersion: API_VERSION, kind, metadata, spec }
}

/** `bus: rule, rule` of each bus. */
function view({ buses }: Ruleset): readonly string[] {
  return Array.from(buses, ([key, { rules }]) => `${key}: ${[...rules.keys()].join(', ')}`)
}

test('opening shows what is stored, and marks it in the log', async () => {
  const bench = new Bench()
  await bench.write(bus('shop'), rule('a'), rule('off', { state: 'DISABLED' }))
  await bench.write(rule('b'))
  const publisher = await bench.open()
  assert.deepEqual(view(publisher.current()), [`${SHOP}: a, b`])
  assert.deepEqual(await bench.marks(), [bench.store.rows.revision()])
  await publisher.close()
})

test('publish resolves only once the control record is durable', async () => {
  const bench = new Bench()
  const gate = Promise.withResolvers<void>()
  let appends = 0
  const publisher = await bench.open({
    log: {
      append: async (records) => {
        appends += 1
        if (appends > 1) await gate.promise
        return bench.log.append(records)
      },
    },
  })
  await bench.write(bus('shop'))
  let isPublished = false
  const publishing = publisher.publish().then(() => {
    isPublished = true
  })
  await bench.clock.run(10)
  assert.equal(isPublished, false)
  assert.equal((await bench.marks()).length, 1)
  gate.resolve()
  await publishing
  assert.deepEqual(await bench.marks(), [0, 1])
  await publisher.close()
})

test('with nothing to publish, publish resolves at once', async () => {
  const bench = new Bench()
  const publisher = await bench.open()
  await publisher.publish()
  await bench.write({ kind: 'Queue', namespace: 'default', name: 'q', value: {} })
  const publishing = publisher.publish()
  await bench.clock.run(1)
  await publishing
  assert.equal((await bench.marks()).length, 1, 'what is no rule makes no generation')
  await publisher.close()
})

test('the writes of one revision become one generation, whole', async () => {
  const bench = new Bench()
  const publisher = await bench.open()
  const seen: (readonly string[])[] = []
  publisher.onPublished(() => void seen.push(view(publisher.current())))
  await bench.write(bus('shop'), rule('a'), rule('b'))
  await bench.clock.run(1)
  await bench.write({ kind: 'Rule', namespace: 'default', name: 'a' }, rule('c'))
  await bench.clock.run(1)
  assert.deepEqual(seen, [[`${SHOP}: a, b`], [`${SHOP}: b, c`]])
  assert.deepEqual(await bench.marks(), [0, 1, 2])
  await publisher.close()
})

test('a bus that did not change is the same object in the next generation', async () => {
  const bench = new Bench()
  await bench.write(bus('shop'), rule('a'), bus('other'), rule('b', { bus: 'other' }))
  const publisher = await bench.open()
  const before = publisher.current()
  await bench.write(rule('c'))
  await bench.clock.run(1)
  const after = publisher.current()
  const other = '000000000000/us-east-1/other'
  assert.equal(after.buses.get(other), before.buses.get(other))
  assert.notEqual(after.buses.get(SHOP), before.buses.get(SHOP))
  await publisher.close()
})

test('an old generation is shown as it was, from memory and from the store', async () => {
  const bench = new Bench()
  const publisher = await bench.open()
  await bench.write(bus('shop'), rule('a'))
  await bench.clock.run(1)
  await bench.write(rule('a', { targets: [] }), rule('b'))
  await bench.clock.run(1)
  const fromMemory = await publisher.rulesetAt(1)
  assert.deepEqual(view(fromMemory), [`${SHOP}: a`])
  await publisher.close()
  const again = await bench.open()
  assert.deepEqual(await again.rulesetAt(1), fromMemory)
  assert.deepEqual(view(await again.rulesetAt(2)), [`${SHOP}: a, b`])
  assert.deepEqual(view(await again.rulesetAt(0)), [])
  await again.close()
})

test('what was forgotten in memory is read from the store again', async () => {
  const bench = new Bench()
  const publisher = await bench.open()
  await bench.write(bus('shop'), rule('a'))
  await bench.clock.run(1)
  const before = await publisher.rulesetAt(1)
  await bench.write(rule('b'))
  await bench.clock.run(1)
  await publisher.forget(2)
  const after = await publisher.rulesetAt(1)
  assert.notEqual(after, before)
  assert.deepEqual(after, before)
  assert.equal(await publisher.rulesetAt(2), publisher.current())
  await publisher.close()
})

test('a generation that the store no longer keeps is answered with the newest, and reported', async () => {
  const bench = new Bench()
  const errors: string[] = []
  const publisher = await bench.open({
    logger: { ...silentLogger, error: (message) => void errors.push(message) },
  })
  for (const name of ['a', 'b', 'c']) await bench.write(rule(name))
  await bench.clock.run(1)
  await bench.store.rows.compact(2)
  assert.equal(await publisher.rulesetAt(1), publisher.current())
  assert.equal(errors.length, 1)
  await publisher.close()
})

test('the default bus of every account is there, another one when it was made', async () => {
  const bench = new Bench()
  const publisher = await bench.open()
  assert.equal(publisher.hasBus('123456789012/eu-west-1/default'), true)
  assert.equal(publisher.hasBus(SHOP), false)
  await bench.write(bus('shop'))
  await bench.clock.run(1)
  assert.equal(publisher.hasBus(SHOP), true)
  assert.equal(publisher.hasBus('123456789012/us-east-1/shop'), false)
  await bench.write(bus('shop', true))
  await bench.clock.run(1)
  assert.equal(publisher.hasBus(SHOP), false)
  await publisher.close()
})

test('a rule on the default bus needs no bus to be routed', async () => {
  const bench = new Bench()
  const publisher = await bench.open()
  await bench.write(rule('a', { bus: 'default' }))
  await bench.clock.run(1)
  assert.deepEqual(view(publisher.current()), ['000000000000/us-east-1/default: a'])
  await publisher.close()
})

test('a target is found while it is there, also of a disabled rule, and in its newest form', async () => {
  const bench = new Bench()
  const publisher = await bench.open()
  await bench.write(bus('shop'), rule('a'))
  await bench.clock.run(1)
  assert.equal(publisher.findTarget('uid-a', 't')?.target.address, 'https://a.test/')
  const targets = [{ id: 't', address: 'https://moved.test/' }]
  await bench.write(rule('a', { state: 'DISABLED', targets }))
  await bench.clock.run(1)
  assert.deepEqual(view(publisher.current()), [`${SHOP}: `])
  assert.equal(publisher.findTarget('uid-a', 't')?.target.address, 'https://moved.test/')
  assert.equal(publisher.findTarget('uid-a', 'other'), undefined)
  await bench.write({ kind: 'Rule', namespace: 'default', name: 'a' })
  await bench.clock.run(1)
  assert.equal(publisher.findTarget('uid-a', 't'), undefined)
  await publisher.close()
})

test('a rule without a pattern is published for the events directed at it', async () => {
  const bench = new Bench()
  const { pattern: _, ...timed } = ruleSpec('timed')
  const schedule = 'rate(1 minute)'
  const value = resource('Rule', 'timed', { ...timed, bus: 'default', schedule })
  await bench.write({ kind: 'Rule', namespace: 'default', name: 'timed', value })
  const publisher = await bench.open()
  const [rules] = [...publisher.current().buses.values()]
  assert.equal(rules?.rules.get('timed')?.key, 'uid-timed')
  assert.equal(rules?.rules.get('timed')?.pattern, undefined)
  await publisher.close()
})

test('on a full disk a change waits, and is published once there is room', async () => {
  const bench = new Bench()
  let isFull = false
  const publisher = await bench.open({
    log: {
      append: (records) =>
        isFull ? Promise.reject(new AppError('LOG_FULL', 'full')) : bench.log.append(records),
    },
  })
  isFull = true
  await bench.write(bus('shop'), rule('a'))
  let isPublished = false
  const publishing = publisher.publish().then(() => {
    isPublished = true
  })
  await bench.clock.run(5000)
  assert.equal(isPublished, false)
  isFull = false
  await bench.clock.run(1000)
  assert.equal(isPublished, true)
  await publishing
  assert.deepEqual(await bench.marks(), [0, 1])
  assert.deepEqual(bench.fatal, [])
  await publisher.close()
})

test('a log that fails is fatal', async () => {
  const bench = new Bench()
  let appends = 0
  const error = new AppError('STORAGE_FAILED', 'the disk is gone')
  const publisher = await bench.open({
    log: {
      append: (records) => {
        appends += 1
        return appends > 1 ? Promise.reject(error) : bench.log.append(records)
      },
    },
  })
  await bench.write(bus('shop'))
  await bench.clock.run(1)
  assert.deepEqual(bench.fatal, [error])
  await publisher.close()
})
