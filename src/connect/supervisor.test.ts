import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { decodeStoredEvent } from '../event/index.ts'
import type { BrokerSpec, ResourceOf, SourceSpec } from '../model/index.ts'
import { BrokerDirectory } from './broker-directory.ts'
import { BrokerSecrets } from './broker-secrets.ts'
import type { Connector, ConnectorRun } from './connector.ts'
import type { DoorEvent } from './source-door.ts'
import { SECRET_POLL_MS, SOURCE_BACKOFF } from './limits.ts'
import { type SourceState, SourceSupervisor } from './supervisor.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }

/** A broker in memory: runs are held open until the test ends them. */
class MemoryBroker implements Connector {
  readonly type = 'kafka'
  readonly runs: ConnectorRun[] = []
  #loseAll: ((reason: Error) => void)[] = []
  #waiters: (() => void)[] = []

  run(run: ConnectorRun, signal: AbortSignal): Promise<void> {
    this.runs.push(run)
    for (const wake of this.#waiters.splice(0)) wake()
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => resolve())
      this.#loseAll.push(reject)
    })
  }

  lose(reason: string): void {
    for (const reject of this.#loseAll.splice(0)) reject(new Error(reason))
  }

  async hasRuns(count: number): Promise<void> {
    while (this.runs.length < count)
      await new Promise<void>((resolve) => void this.#waiters.push(resolve))
  }
}

class Bench implements AsyncDisposable {
  readonly clock = new FakeClock()
  readonly broker = new MemoryBroker()
  readonly put: { dialect: string; event: DoorEvent }[] = []
  readonly states: SourceState['state'][] = []
  readonly directory: BrokerDirectory
  readonly main: BrokerSpec = { ...SCOPE, name: 'main', type: 'kafka', servers: ['k:9092'] }
  secret = 'one'
  isFull = false
  refusals = 0
  readonly supervisor = new SourceSupervisor({
    connectors: [this.broker],
    findBroker: (name) => this.directory.find(name),
    accept: (dialect, events) => {
      if (this.isFull) {
        this.refusals += 1
        const details = { retryAfterMs: 100 }
        return Promise.reject(new AppError('OVERLOADED', 'full', { details }))
      }
      for (const event of events) this.put.push({ dialect, event })
      return Promise.resolve(events.map(() => ({ kind: 'accepted' as const })))
    },
    hasBus: (busKey) => busKey.endsWith('/default'),
    sinkAt: () => undefined,
    clock: this.clock,
    random: seededRandom(1),
    logger: silentLogger,
    onState: (_, { state }) => void this.states.push(state),
  })

  constructor() {
    const secrets = new BrokerSecrets({
      sources: [{ read: () => Promise.resolve(this.secret) }],
      readReference: () => Promise.resolve(undefined),
      declared: new Map(),
      clock: this.clock,
    })
    this.directory = new BrokerDirectory({ secrets, checkServer: () => {} })
    this.directory.define(this.main)
    this.directory.onChange((name) => this.supervisor.brokerChanged(name))
  }

  define(spec: Partial<SourceSpec> = {}, generation = 1): void {
    this.supervisor.define(sourceOf(spec, generation))
  }

  get types(): readonly string[] {
    return this.put.map(({ event }) => decodeStoredEvent(event.record).toEvent().type)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.close()
    this.directory.close()
  }
}

function sourceOf(spec: Partial<SourceSpec>, generation: number): ResourceOf<'Source'> {
  return {
    apiVersion: 'signalbox.dev/v1',
    kind: 'Source',
    metadata: {
      name: 'orders',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      generation,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { ...SCOPE, name: 'orders', broker: 'main', topics: ['orders'], ...spec },
  }
}

/** Lets what is under way go on, without time passing. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    assert.ok(turns < 1000, 'it never came to be')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a source whose broker is lost is tried again for ever, and what became of it is told', async () => {
  await using bench = new Bench()
  bench.define()
  await bench.broker.hasRuns(1)
  bench.broker.runs[0]!.context.connected()
  for (let round = 1; round <= 8; round += 1) {
    bench.broker.lose('connection refused')
    await until(() => bench.supervisor.states().get('default/orders')?.state === 'lost')
    const runs = bench.broker.runs.length
    await until(() => {
      bench.clock.advance(SOURCE_BACKOFF.delayMsMax)
      return bench.broker.runs.length > runs
    })
  }
  assert.equal(bench.supervisor.states().get('default/orders')?.reason, 'connection refused')
  bench.broker.runs.at(-1)!.context.connected()
  await until(() => bench.types.includes('io.signalbox.source.recovered'))
  assert.deepEqual(bench.types, ['io.signalbox.source.lost', 'io.signalbox.source.recovered'])
  assert.deepEqual(bench.states, ['connected', 'lost', 'connected'])
})

test('every instance reads, and the source is connected when all of them are', async () => {
  await using bench = new Bench()
  bench.define({ instances: 3 })
  await bench.broker.hasRuns(3)
  assert.deepEqual(
    bench.broker.runs.map(({ instance }) => instance),
    [0, 1, 2],
  )
  for (const { context } of bench.broker.runs.slice(0, 2)) context.connected()
  assert.equal(bench.supervisor.states().get('default/orders')?.state, 'connecting')
  bench.broker.runs[2]!.context.connected()
  assert.equal(bench.supervisor.states().get('default/orders')?.state, 'connected')
})

test('a broker that is not there is a state, and its coming starts the source', async () => {
  await using bench = new Bench()
  bench.directory.forget('main')
  bench.define()
  await until(() => bench.supervisor.states().get('default/orders')?.state === 'lost')
  assert.match(bench.supervisor.states().get('default/orders')!.reason!, /`main` does not exist/)
  bench.directory.define(bench.main)
  await bench.broker.hasRuns(1)
})

test('a source that is stopped or forgotten reads no more', async () => {
  await using bench = new Bench()
  bench.define()
  await bench.broker.hasRuns(1)
  bench.define({ state: 'STOPPED' }, 2)
  await until(() => bench.supervisor.states().get('default/orders')?.state === 'stopped')
  bench.define({}, 3)
  await bench.broker.hasRuns(2)
  bench.supervisor.forget({ namespace: 'default', name: 'orders' })
  assert.equal(bench.supervisor.states().size, 0)
})

test('records wait while the server is full, and are let go of when they are in the log', async () => {
  await using bench = new Bench()
  bench.define()
  await bench.broker.hasRuns(1)
  bench.isFull = true
  const message = {
    topic: 'orders',
    place: 'orders/0/1',
    headers: new Map<string, string>(),
    body: Buffer.from('{"n":1}'),
  }
  const { signal } = new AbortController()
  let isDone = false
  const accepting = bench.broker.runs[0]!.context.accept([message], signal).then(() => {
    isDone = true
  })
  await until(() => bench.refusals === 1)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isDone, false)
  bench.isFull = false
  bench.clock.advance(100)
  await accepting
  assert.equal(bench.put[0]!.dialect, 'kafka')
})

test('a record that is no event becomes an event that says so, and the others go on', async () => {
  await using bench = new Bench()
  bench.define({ format: 'cloudevents' })
  await bench.broker.hasRuns(1)
  const good = new Map([
    ['ce_specversion', '1.0'],
    ['ce_id', '1'],
    ['ce_source', '/s'],
    ['ce_type', 'good'],
  ])
  const messages = [new Map<string, string>(), good].map((headers, index) => ({
    topic: 'orders',
    place: `orders/0/${index}`,
    headers,
    body: Buffer.from('{}'),
  }))
  await bench.broker.runs[0]!.context.accept(messages, new AbortController().signal)
  assert.deepEqual(bench.types, ['good', 'io.signalbox.source.rejected'])
  const { data } = decodeStoredEvent(bench.put[1]!.event.record).toEvent()
  const said = JSON.parse(Buffer.from(data!).toString()) as Record<string, unknown>
  assert.equal(said['place'], 'orders/0/0')
  assert.equal(Buffer.from(String(said['data_base64']), 'base64').toString(), '{}')
})

test('a bus that does not exist loses nothing: the records are not let go of', async () => {
  await using bench = new Bench()
  bench.define({ bus: 'gone' })
  await bench.broker.hasRuns(1)
  const accepting = bench.broker.runs[0]!.context.accept([], new AbortController().signal)
  await assert.rejects(accepting, /bus `gone` does not exist/)
})

test('a secret that was rotated starts the source anew', async () => {
  await using bench = new Bench()
  const password = { secret: 'kafka', key: 'password' }
  bench.directory.define({ ...bench.main, security: { password } })
  bench.define()
  await bench.broker.hasRuns(1)
  assert.equal(await bench.broker.runs[0]!.context.reveal(password), 'one')
  await until(() => true)
  bench.secret = 'two'
  await until(() => {
    bench.clock.advance(SECRET_POLL_MS)
    return bench.broker.runs.length === 2
  })
  assert.equal(await bench.broker.runs[1]!.context.reveal(password), 'two')
})

test('a file of this machine is read only for brokers of the configuration', async () => {
  const secrets = new BrokerSecrets({
    sources: [],
    readReference: () => Promise.resolve('secret'),
    declared: new Map([
      ['main', { ...SCOPE, name: 'main', type: 'kafka', servers: ['good:9092'] }],
    ]),
    clock: new FakeClock(),
  })
  const broker: BrokerSpec = { ...SCOPE, name: 'main', type: 'kafka', servers: ['good:9092'] }
  assert.equal(await secrets.reveal(broker, '${file:/etc/passwd}'), 'secret')
  const other = { ...broker, servers: ['evil:9092'] }
  await assert.rejects(secrets.reveal(other, '${file:/etc/passwd}'), /only for brokers/)
})
