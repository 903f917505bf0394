import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { AppError, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { storePutEvent } from '../event/index.ts'
import { type Log, openMemoryLog } from '../log/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { type Discovery, openDiscovery } from './discovery.ts'
import { EVENTS_PER_SECOND_MAX } from './limits.ts'

const BUS = '000000000000/us-east-1/orders'
const STARTED = new Map([[BUS, { crossAccount: true }]])

class Bench {
  readonly clock: FakeClock = new FakeClock()
  readonly log: Log = openMemoryLog({ clock: this.clock })
  readonly store: ReturnType<typeof openMemoryStore> = openMemoryStore()
  readonly contents = new Map<string, string[]>()
  readonly fatal: unknown[] = []
  /** Refuse to keep what is learnt. */
  refusal: AppError | undefined
  readonly #context: TestContext

  constructor(context: TestContext) {
    this.#context = context
  }

  async open(): Promise<Discovery> {
    const discovery = await openDiscovery({
      log: this.log,
      cursors: this.store.deliveries,
      known: async (scope, name) => this.contents.get(`${scope.account}/${name}`)?.at(-1),
      learn: async (scope, name, content) => {
        if (this.refusal !== undefined) throw this.refusal
        const key = `${scope.account}/${name}`
        this.contents.set(key, [...(this.contents.get(key) ?? []), content])
      },
      clock: this.clock,
      logger: silentLogger,
      onFatal: (error) => void this.fatal.push(error),
    })
    this.#context.after(() => discovery.close())
    return discovery
  }

  async put(
    detail: object,
    more: { type?: string; busKey?: string; account?: string } = {},
  ): Promise<void> {
    const { type: detailType = 'Order Created', busKey = BUS, account = '000000000000' } = more
    const payload = storePutEvent({
      busKey,
      account,
      region: 'us-east-1',
      id: 'e',
      source: 'my.shop',
      detailType,
      time: '2026-01-31T12:00:00Z',
      resources: [],
      detail: JSON.stringify(detail),
    })
    await this.log.append([{ kind: 'event', payload, key: busKey }])
  }

  versions(name: string = 'my.shop@OrderCreated'): readonly string[] {
    return this.contents.get(`000000000000/${name}`) ?? []
  }

  /** Names of the properties of the newest version of the detail. */
  properties(): readonly string[] {
    const { components } = JSON.parse(this.versions().at(-1)!) as {
      components: { schemas: { OrderCreated: { properties: object } } }
    }
    return Object.keys(components.schemas.OrderCreated.properties)
  }
}

test('learns a schema of each type of event, and a version of each new shape', async (context) => {
  const bench = new Bench(context)
  const discovery = await bench.open()
  discovery.setDiscoverers(STARTED)
  await bench.put({ id: 1 })
  await bench.put({ id: 2 })
  await bench.put({ id: 3, note: 'x' })
  await bench.put({ id: 4 }, { type: 'Order Paid' })
  await discovery.caughtUp()
  assert.equal(bench.versions().length, 2)
  assert.deepEqual(bench.properties(), ['id', 'note'])
  assert.equal(bench.versions('my.shop@OrderPaid').length, 1)
  assert.deepEqual(bench.fatal, [])
})

test('goes on from what the registry knows, not from what it remembers', async (context) => {
  const bench = new Bench(context)
  const first = await bench.open()
  first.setDiscoverers(STARTED)
  await bench.put({ id: 1 })
  await first.caughtUp()
  await first.close()
  await bench.put({ id: 2, size: 3 })
  const second = await bench.open()
  second.setDiscoverers(STARTED)
  await second.caughtUp()
  assert.equal(bench.versions().length, 2)
  assert.deepEqual(bench.properties(), ['id', 'size'])
})

test('events of other buses, and those before the discoverer was started, are not learnt from', async (context) => {
  const bench = new Bench(context)
  const discovery = await bench.open()
  await bench.put({ early: 1 })
  discovery.setDiscoverers(STARTED)
  await bench.put({ other: 1 }, { busKey: '000000000000/us-east-1/other' })
  await bench.put({ id: 1 })
  await discovery.caughtUp()
  assert.deepEqual(bench.properties(), ['id'])
  discovery.setDiscoverers(new Map())
  await bench.put({ late: 1 })
  await discovery.caughtUp()
  assert.equal(bench.versions().length, 1)
})

test('events that another account sent are learnt from only where that is wanted', async (context) => {
  const bench = new Bench(context)
  const discovery = await bench.open()
  discovery.setDiscoverers(new Map([[BUS, { crossAccount: false }]]))
  await bench.put({ foreign: 1 }, { account: '111111111111' })
  await bench.put({ id: 1 })
  await discovery.caughtUp()
  assert.deepEqual(bench.properties(), ['id'])
})

test('a schema that takes no more versions is left alone, and the others go on', async (context) => {
  const bench = new Bench(context)
  const discovery = await bench.open()
  discovery.setDiscoverers(STARTED)
  bench.refusal = new AppError('LIMIT_EXCEEDED', 'too many versions')
  await bench.put({ id: 1 })
  await discovery.caughtUp()
  bench.refusal = undefined
  await bench.put({ id: 1 })
  await bench.put({ id: 1 }, { type: 'Order Paid' })
  await discovery.caughtUp()
  assert.equal(bench.versions().length, 0)
  assert.equal(bench.versions('my.shop@OrderPaid').length, 1)
})

test('of a bus that is too busy some events are passed over, until the next second', async (context) => {
  const bench = new Bench(context)
  const discovery = await bench.open()
  discovery.setDiscoverers(STARTED)
  for (let count = 0; count < EVENTS_PER_SECOND_MAX; count += 1) await bench.put({ id: 1 })
  await bench.put({ id: 1, passed: 1 })
  await discovery.caughtUp()
  assert.deepEqual(bench.properties(), ['id'])
  bench.clock.advance(1000)
  await bench.put({ id: 1, seen: 1 })
  await discovery.caughtUp()
  assert.deepEqual(bench.properties(), ['id', 'seen'])
})

test('a schema that was deleted is learnt anew', async (context) => {
  const bench = new Bench(context)
  const discovery = await bench.open()
  discovery.setDiscoverers(STARTED)
  await bench.put({ id: 1 })
  await discovery.caughtUp()
  bench.contents.clear()
  discovery.setDiscoverers(STARTED)
  await bench.put({ id: 2 })
  await discovery.caughtUp()
  assert.equal(bench.versions().length, 1)
})
