// One run: a process made of the real log, publisher, ingress, router and deliverer, on a simulated disk with
// simulated targets, killed and restarted at will; then everything heals, and it must come to rest.

import { describeError, seededRandom, silentLogger } from '../../src/base/index.ts'
import { RulesetPublisher } from '../../src/control/publisher.ts'
import { Deliverer } from '../../src/deliver/index.ts'
import { cloudEventKey, formatBusKey, storeEvent } from '../../src/event/index.ts'
import { type Ingress, openIngress } from '../../src/ingress/index.ts'
import {
  openSimulatedLog,
  SimulatedDisk,
  type SimulatedLog,
} from '../../src/log/drivers/file/testing.ts'
import type { Resource } from '../../src/model/index.ts'
import { openRouter, type Router } from '../../src/route/index.ts'
import { Ledger, type MemoryStore, openMemoryStore } from '../../src/store/index.ts'
import { createMemoryStoreState } from '../../src/store/drivers/memory/state.ts'
import { type Bug, withSinkBug, withStoreBug, withTargetBug } from './bugs.ts'
import { RuleBook } from './rule-book.ts'
import { drawScenario, MOODS, type Scenario } from './scenario.ts'
import { SimulatedDeadLetters, SimulatedTarget } from './target.ts'
import { type ProcessClock, World } from './world.ts'

export const BUS = { account: '000000000000', region: 'us-east-1', name: 'sim' } as const
export const BUS_KEY: string = formatBusKey(BUS)
export const READER = 'route'

/** The liveness phase: a retry waits at most eight minutes, a breaker ten, a policy a day. */
const REST_MS_MAX = 26 * 3_600_000
const REST_STEP_MS = 30_000

const BURST_MS = 300

export interface SentEvent {
  readonly id: string
  readonly side: 'a' | 'b'
  readonly record: Uint8Array
  isAcknowledged: boolean
  tries: number
}

export interface Outcome {
  readonly scenario: Scenario
  readonly sent: ReadonlyMap<string, SentEvent>
  readonly targets: readonly SimulatedTarget[]
  readonly deadLetters: SimulatedDeadLetters
  readonly rules: RuleBook
  readonly crashes: number
  readonly isAtRest: boolean
  /** What is still under way, when it did not come to rest. */
  readonly unrest: string
  readonly restedAfterMs: number
  readonly log: SimulatedLog
  readonly store: MemoryStore
  readonly traceHash: number
  readonly happened: number
}

interface Process {
  readonly epoch: number
  readonly clock: ProcessClock
  readonly store: MemoryStore
  readonly log: SimulatedLog
  ingress?: Ingress
  router?: Router
  deliverer?: Deliverer
  ledger?: Ledger
  isAlive: boolean
}

export async function simulate(seed: number, bug?: Bug): Promise<Outcome> {
  const world = new World(seededRandom(seed))
  return new Simulation(world, drawScenario(world), bug).run()
}

class Simulation {
  readonly #world: World
  readonly #scenario: Scenario
  readonly #bug: Bug | undefined
  readonly #disk: SimulatedDisk
  readonly #storeState = createMemoryStoreState()
  readonly #targets: readonly SimulatedTarget[]
  readonly #deadLetters: SimulatedDeadLetters
  readonly #rules: RuleBook
  readonly #sent = new Map<string, SentEvent>()
  readonly #breakers = new Map<string, { openUntil: number; openMs: number }>()
  #process: Process | undefined
  #epoch = 0
  #crashes = 0
  #isHealed = false

  constructor(world: World, scenario: Scenario, bug: Bug | undefined) {
    this.#world = world
    this.#scenario = scenario
    this.#bug = bug
    const Disk = bug === 'fsync-retry' ? RetryingDisk : SimulatedDisk
    this.#disk = new Disk({ fault: (operation) => this.#diskFault(operation) })
    this.#targets = scenario.targets.map((plan) => new SimulatedTarget(world, plan))
    this.#deadLetters = new SimulatedDeadLetters(world, scenario.deadLetterFailure)
    this.#rules = new RuleBook(world, scenario)
  }

  async run(): Promise<Outcome> {
    const { durationMs } = this.#scenario
    this.#start()
    this.#planClients()
    this.#planMoods()
    this.#planCrashes()
    this.#planRuleChanges()
    await this.#world.run(durationMs)
    this.#heal()
    const restedAfterMs = await this.#rest()
    const process = this.#process!
    return {
      scenario: this.#scenario,
      sent: this.#sent,
      targets: this.#targets,
      deadLetters: this.#deadLetters,
      rules: this.#rules,
      crashes: this.#crashes,
      isAtRest: this.#isAtRest(),
      unrest: this.#describeUnrest(),
      restedAfterMs,
      log: process.log,
      store: process.store,
      traceHash: this.#world.traceHash,
      happened: this.#world.happened,
    }
  }

  // ---- the process

  #start(): void {
    this.#epoch += 1
    const clock = this.#world.openClock()
    const { storeLatencyMs } = this.#scenario
    const store = openMemoryStore({ state: this.#storeState, clock, latencyMs: storeLatencyMs })
    const process: Process = {
      epoch: this.#epoch,
      clock,
      store,
      log: undefined as never,
      isAlive: true,
    }
    this.#process = process
    this.#open(process).catch((error: unknown) => {
      // A disk that fails while the process opens ends it, and somebody starts it again.
      if (process.isAlive && isSimulatedFault(error)) this.#crash(process, false)
      else if (process.isAlive) throw error
    })
  }

  async #open(process: Process): Promise<void> {
    const { clock, store } = process
    const onFatal = (): void => this.#crash(process, false)
    const cursor = await store.deliveries.cursor(READER)
    const log = openSimulatedLog({
      disk: this.#disk,
      clock,
      random: this.#world.random,
      latencyMs: this.#scenario.logLatencyMs,
      segmentSizeBytesMax: 8192,
      tailCacheSizeBytesMax: 4096,
      knownDurable: cursor?.positions[0]?.offset ?? 0,
      onFatal,
      unsafeAcknowledgeBeforeSync: this.#bug === 'ack-early',
    })
    Object.assign(process, { log })
    const publisher = await RulesetPublisher.open({
      rows: store.rows,
      log,
      decode: (row) => row.value as Resource,
      clock,
      logger: silentLogger,
      onFatal,
    })
    const deliveries = withStoreBug(store.deliveries, () => log, this.#bug)
    const ledger = new Ledger({ store: deliveries, clock, delayMs: 20, onFatal })
    const deliverer = new Deliverer({
      store: deliveries,
      reader: READER,
      ledger,
      openSink: (address) => this.#openSink(process, address),
      prepare: (delivery) => ({ kind: 'input', body: delivery.event.envelope }),
      findTarget: (ruleKey, targetId) =>
        withTargetBug(publisher.findTarget(ruleKey, targetId), this.#bug),
      sendDeadLetter: (queue, { attributes }) => this.#sendDeadLetter(process, queue, attributes),
      breakers: {
        snapshots: this.#breakers,
        save: (key, snapshot) =>
          snapshot === undefined ? this.#breakers.delete(key) : this.#breakers.set(key, snapshot),
      },
      clock,
      random: this.#world.random,
      logger: silentLogger,
      ...(this.#bug === 'hot-retry'
        ? { backoff: { delayMsMin: 1, delayMsMax: 1, jitter: 0 } }
        : {}),
    })
    await deliverer.start()
    publisher.onPublished(() => deliverer.targetsChanged())
    const router = await openRouter({
      reader: READER,
      log,
      store: deliveries,
      ledger,
      rulesetAt: (generation) =>
        this.#bug === 'newest-rules'
          ? Promise.resolve({ ...publisher.current(), generation })
          : publisher.rulesetAt(generation),
      deliver: deliverer,
      clock,
      logger: silentLogger,
      onFatal,
      windowMax: this.#scenario.windowMax,
    })
    const ingress = await openIngress({
      log,
      dedupe: {
        store: this.#bug === 'dedupe-volatile' ? FORGETFUL : store.dedupe,
        clock,
        windowMs: 300_000,
        onFatal,
      },
      clock,
      backlog: () => router.unread(),
    })
    Object.assign(process, { ingress, router, deliverer, ledger })
    this.#rules.opened(store.rows, () => publisher.publish())
  }

  #openSink(process: Process, address: string): ReturnType<SimulatedTarget['open']> | undefined {
    const target = this.#targets.find((candidate) => candidate.plan.address === address)
    if (target === undefined) return undefined
    return withSinkBug(
      target.open(process.epoch, () => process.isAlive),
      this.#bug,
    )
  }

  #sendDeadLetter(
    process: Process,
    queue: string,
    attributes: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const letter = `${queue} ${attributes['RULE_ARN']}`
    if (this.#bug === 'dlq-volatile') return Promise.resolve(true)
    return this.#deadLetters.send(letter, () => process.isAlive)
  }

  #crash(process: Process, isPowerCut: boolean): void {
    if (!process.isAlive) return
    process.isAlive = false
    this.#crashes += 1
    process.clock.kill()
    process.store.kill()
    process.log?.kill()
    if (isPowerCut) {
      this.#disk.crash(this.#world.random, { reorder: this.#world.chance(0.5) })
    }
    this.#world.at(this.#world.integer(10, 2000), () => {
      if (this.#process === process) this.#start()
    })
  }

  #diskFault(operation: string): string | undefined {
    if (this.#isHealed || operation !== 'syncData') return undefined
    return this.#world.chance(this.#scenario.fsyncFailure) ? 'EIO' : undefined
  }

  // ---- what happens to it

  #planClients(): void {
    const { durationMs, events, batchMax } = this.#scenario
    let number = 0
    while (number < events) {
      const size = Math.min(events - number, this.#world.integer(1, batchMax))
      const batch = Array.from({ length: size }, (_, index) => this.#createEvent(number + index))
      number += size
      this.#world.at(this.#moment(durationMs * 0.9), () => this.#put(batch))
    }
  }

  /** When something happens: at any time, or around a burst. */
  #moment(latestMs: number): number {
    const { bursts } = this.#scenario
    if (bursts.length === 0 || this.#world.chance(0.2)) return this.#world.random.next() * latestMs
    return this.#world.pick(bursts) + this.#world.random.next() * BURST_MS
  }

  #createEvent(number: number): SentEvent {
    const id = `e${number}`
    const side = this.#world.pick(['a', 'b'] as const)
    const record = storeEvent({
      id,
      source: 'sim',
      type: 'Simulated',
      time: new Date(this.#world.wall).toISOString(),
      extensions: {},
      data: Buffer.from(JSON.stringify({ side, filler: 'x'.repeat(this.#world.integer(0, 300)) })),
      bus: BUS,
      resources: [],
    })
    return { id, side, record, isAcknowledged: false, tries: 0 }
  }

  #put(batch: readonly SentEvent[]): void {
    const { ingress, isAlive } = this.#process!
    if (ingress === undefined || !isAlive) {
      this.#world.at(this.#world.integer(100, 3000), () => this.#put(batch))
      return
    }
    for (const event of batch) {
      event.tries += 1
      this.#sent.set(event.id, event)
    }
    const isKeyed = this.#scenario.isKeyed
    const incoming = batch.map((event) => ({
      id: event.id,
      busKey: BUS_KEY,
      record: event.record,
      ...(isKeyed ? { dedupeKey: cloudEventKey('sim', event.id) } : {}),
    }))
    ingress.accept('cloudevents', incoming).then(
      () => {
        for (const event of batch) event.isAcknowledged = true
      },
      () => {},
    )
    // A keyed producer repeats itself until it is answered, and sometimes even then.
    if (!isKeyed) return
    this.#world.at(this.#world.integer(500, 20_000), () => {
      if (batch.some((event) => !event.isAcknowledged) || this.#world.chance(0.3)) {
        if (batch.every((event) => event.tries < 6)) this.#put(batch)
      }
    })
  }

  #planMoods(): void {
    const { moodMs } = this.#scenario
    if (moodMs === undefined) return
    for (const target of this.#targets) {
      const change = (): void => {
        if (this.#isHealed) return
        target.mood = this.#world.pick(MOODS)
        this.#world.at(this.#world.random.next() * 2 * moodMs, change)
      }
      this.#world.at(this.#world.random.next() * moodMs, change)
    }
  }

  #planCrashes(): void {
    const { crashMs } = this.#scenario
    if (crashMs === undefined) return
    const crash = (): void => {
      if (this.#isHealed) return
      this.#crash(this.#process!, this.#world.chance(0.7))
      this.#world.at(this.#world.random.next() * 2 * crashMs, crash)
    }
    this.#world.at(this.#world.random.next() * 2 * crashMs, crash)
    for (const burst of this.#scenario.bursts) {
      const delayMs = burst + this.#world.random.next() * BURST_MS
      if (this.#world.chance(0.5)) this.#world.at(delayMs, () => this.#crash(this.#process!, true))
    }
  }

  #planRuleChanges(): void {
    const { ruleChangeMs } = this.#scenario
    if (ruleChangeMs === undefined) return
    const change = (): void => {
      if (this.#isHealed) return
      if (this.#process!.isAlive) this.#rules.change()
      this.#world.at(this.#world.random.next() * 2 * ruleChangeMs, change)
    }
    this.#world.at(this.#world.random.next() * 2 * ruleChangeMs, change)
    for (const burst of this.#scenario.bursts) {
      for (let count = this.#world.integer(1, 6); count > 0; count -= 1) {
        const delayMs = burst + this.#world.random.next() * BURST_MS
        this.#world.at(delayMs, () => {
          if (this.#process!.isAlive) this.#rules.change()
        })
      }
    }
  }

  // ---- the end

  #heal(): void {
    this.#isHealed = true
    for (const target of this.#targets) target.mood = 'ok'
  }

  async #rest(): Promise<number> {
    const healedAt = this.#world.now
    while (this.#world.now - healedAt < REST_MS_MAX) {
      await this.#world.run(this.#world.now + REST_STEP_MS)
      if (this.#isAtRest()) break
    }
    return this.#world.now - healedAt
  }

  #describeUnrest(): string {
    const { router, deliverer, isAlive, log } = this.#process!
    const lanes = deliverer
      ?.lanes()
      .filter((lane) => lane.pendingRows + lane.sending + lane.waiting > 0)
    return JSON.stringify({
      isAlive,
      isOpen: router !== undefined,
      lag: router?.lag(),
      log: log?.end(),
      lanes,
    })
  }

  #isAtRest(): boolean {
    const { router, deliverer, ingress, ledger } = this.#process!
    if (router === undefined || deliverer === undefined || ingress === undefined) return false
    if (ledger === undefined || ledger.waiting > 0 || ledger.isCommitting) return false
    return router.lag() === 0 && deliverer.pending() === 0
  }
}

function isSimulatedFault(error: unknown): boolean {
  return describeError(error).includes('simulated, ')
}

/** The bug of 2018: the second sync finds nothing dirty, and is believed. */
class RetryingDisk extends SimulatedDisk {
  override syncData(handle: number): void {
    try {
      super.syncData(handle)
    } catch {
      super.syncData(handle)
    }
  }
}

const FORGETFUL = {
  append: async (): Promise<void> => {},
  // Claims to have seen the whole log, so that nothing is read back from it either.
  load: async (): Promise<{ entries: Uint8Array; watermark: number }> => ({
    entries: new Uint8Array(0),
    watermark: Number.MAX_SAFE_INTEGER,
  }),
  prune: async (): Promise<void> => {},
}
