// What tests of the deliverer need: one process of it over a memory store and a clock that stands still, with
// targets that answer as they are told, which can be killed and started again.

import { seededRandom, silentLogger, type Clock, type LogFields } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { Sink, SinkMessage, SinkResult } from '../connect/index.ts'
import { decodeStoredEvent, storePutEvent } from '../event/index.ts'
import type { Delivery, RoutedRule, Target } from '../model/index.ts'
import { Ledger } from '../store/index.ts'
import { createMemoryStoreState, type MemoryStore, openMemoryStore } from '../store/testing.ts'
import type { BreakerSnapshot } from './breaker.ts'
import type { DeadLetterAttributes } from './dead-letter.ts'
import { Deliverer, type DelivererOptions } from './deliverer.ts'
import type { Disablement } from './disabled-targets.ts'

const BUS_KEY = '000000000000/us-east-1/default'
const LEDGER_DELAY_MS = 20

export const DELIVERED: SinkResult = { kind: 'delivered' }
export const FAILED: SinkResult = {
  kind: 'retry',
  failure: { code: 'SDK_CLIENT_ERROR', message: 'status 503' },
}
export const REFUSED: SinkResult = {
  kind: 'dead',
  failure: { code: 'NO_PERMISSIONS', message: 'status 403' },
}

/** The target wants nothing more, ever. */
export const GONE: SinkResult = {
  kind: 'dead',
  failure: { code: 'NO_RESOURCE', message: 'status 410' },
  isGone: true,
}

export interface Arrival {
  readonly offset: number
  readonly targetId: string
  /** The address whose sink it came to. */
  readonly address: string
  readonly attempt: number
  readonly body: string
  /** Monotonic. */
  readonly at: number
}

export interface DeadLetter {
  readonly queueArn: string
  readonly body: string
  readonly attributes: DeadLetterAttributes
}

/** What an address answers, message by message. */
export type Answer = (arrival: Arrival) => SinkResult | Promise<SinkResult>

interface Place {
  answer: Answer
  batchMax: number
  concurrencyMax: number
  slowMs?: number
}

export class DeliveryBench {
  readonly clock: FakeClock = new FakeClock()
  readonly arrivals: Arrival[] = []
  readonly deadLetters: DeadLetter[] = []
  readonly settled: number[] = []
  readonly breakers: Map<string, BreakerSnapshot> = new Map()
  readonly disablements: Map<string, Disablement> = new Map()
  readonly warnings: { readonly message: string; readonly fields: LogFields }[] = []
  /** How sending a dead letter goes. */
  payDeadLetter: () => Promise<boolean> = () => Promise.resolve(true)
  readonly #options: Partial<DelivererOptions>
  readonly #state = createMemoryStoreState()
  readonly #places = new Map<string, Place>()
  readonly #rules = new Map<string, RoutedRule>()
  #kill = (): void => {}
  #store: MemoryStore
  #ledger: Ledger
  deliverer: Deliverer

  constructor(options: Partial<DelivererOptions> = {}) {
    this.#options = options
    ;[this.#store, this.#ledger, this.deliverer] = this.#open()
  }

  get ledger(): Ledger {
    return this.#ledger
  }

  get store(): MemoryStore {
    return this.#store
  }

  /** An address that answers; without this nothing serves it. */
  serve(address: string, answer: Answer, limits: Partial<Omit<Place, 'answer'>> = {}): void {
    this.#places.set(address, { answer, batchMax: 1, concurrencyMax: 100, ...limits })
  }

  /** A rule with this one target, as it is from now on. */
  aim(target: Target): RoutedRule {
    const rule = {
      key: `rule-${target.id}`,
      name: target.id,
      arn: `arn:aws:events:us-east-1:000000000000:rule/${target.id}`,
      busKey: BUS_KEY,
      pattern: '{}',
      targets: [target],
    }
    this.#rules.set(rule.key, rule)
    return rule
  }

  removeTarget(id: string): void {
    this.#rules.delete(`rule-${id}`)
    this.deliverer.targetsChanged()
  }

  deliver(rule: RoutedRule, ...offsets: readonly number[]): void {
    const deliveries = offsets.map((offset) => this.#deliveryAt(rule, offset))
    this.deliverer.deliver(deliveries, ({ offset }) => this.settled.push(offset))
  }

  /** Kill -9: what is not committed is gone, and nothing of the old process happens any more. */
  kill(): void {
    this.#kill()
    this.#store.kill()
    ;[this.#store, this.#ledger, this.deliverer] = this.#open()
  }

  async rows(): Promise<readonly Record<string, unknown>[]> {
    const rows = await this.#store.deliveries.list({ limit: 1000 })
    return rows.map(({ offset, targetId, state, attempts, dueAt, errorCode, exhausted }) => ({
      offset,
      targetId,
      state,
      attempts,
      errorCode,
      dueInMs: dueAt - this.clock.now(),
      ...(exhausted === undefined ? {} : { exhausted }),
    }))
  }

  offsetsAt(address: string): readonly number[] {
    return this.arrivals
      .filter((arrival) => arrival.address === address)
      .map(({ offset }) => offset)
  }

  #open(): [MemoryStore, Ledger, Deliverer] {
    const clock = this.#processClock()
    const store = openMemoryStore({ state: this.#state })
    const ledger = new Ledger({
      store: store.deliveries,
      clock,
      delayMs: LEDGER_DELAY_MS,
      onFatal: rethrow,
    })
    const deliverer = new Deliverer({
      store: store.deliveries,
      reader: 'route',
      ledger,
      openSink: (address) => this.#openSink(address),
      prepare: (delivery) => ({ kind: 'input', body: delivery.event.envelope }),
      findTarget: (ruleKey, targetId) => {
        const rule = this.#rules.get(ruleKey)
        const target = rule?.targets.find(({ id }) => id === targetId)
        return rule === undefined || target === undefined ? undefined : { rule, target }
      },
      sendDeadLetter: async (queueArn, { body, attributes }) => {
        if (!(await this.payDeadLetter())) return false
        this.deadLetters.push({ queueArn, body: textOf(body), attributes })
        return true
      },
      breakers: memoryOf(this.breakers),
      disablements: memoryOf(this.disablements),
      clock,
      random: seededRandom(1),
      logger: {
        ...silentLogger,
        warn: (message, fields = {}) => void this.warnings.push({ message, fields }),
      },
      ...this.#options,
    })
    return [store, ledger, deliverer]
  }

  #processClock(): Clock {
    let isAlive = true
    this.#kill = () => {
      isAlive = false
    }
    return {
      now: () => this.clock.now(),
      monotonic: () => this.clock.monotonic(),
      setTimer: (delayMs, callback) => this.clock.setTimer(delayMs, () => isAlive && callback()),
    }
  }

  #openSink(address: string): Sink | undefined {
    const place = this.#places.get(address)
    if (place === undefined) return undefined
    return {
      batchMax: place.batchMax,
      concurrencyMax: place.concurrencyMax,
      ...(place.slowMs === undefined ? {} : { slowMs: place.slowMs }),
      send: (batch) =>
        Promise.all(batch.map(async (message) => place.answer(this.#arrive(address, message)))),
      close: () => Promise.resolve(),
    }
  }

  #arrive(address: string, { target, attempt, body, deliveryId }: SinkMessage): Arrival {
    const arrival = {
      offset: Number(/^0:(\d+)\//.exec(deliveryId)![1]),
      targetId: target.id,
      address,
      attempt,
      body: textOf(body),
      at: this.clock.monotonic(),
    }
    this.arrivals.push(arrival)
    return arrival
  }

  #deliveryAt(rule: RoutedRule, offset: number): Delivery {
    const record = storePutEvent({
      busKey: BUS_KEY,
      account: '000000000000',
      region: 'us-east-1',
      id: `event-${offset}`,
      source: 'test',
      detailType: 'test',
      time: '2026-01-01T00:00:00Z',
      resources: [],
      detail: `{ "offset" : ${offset} }`,
    })
    const event = decodeStoredEvent(record)
    const timestamp = this.clock.now()
    return { partition: 0, offset, timestamp, record, event, rule, target: rule.targets[0]! }
  }
}

function memoryOf<Snapshot>(snapshots: Map<string, Snapshot>): {
  readonly snapshots: ReadonlyMap<string, Snapshot>
  save(key: string, snapshot: Snapshot | undefined): void
} {
  return {
    snapshots,
    save(key, snapshot) {
      if (snapshot === undefined) snapshots.delete(key)
      else snapshots.set(key, snapshot)
    },
  }
}

/** An answer that comes when the test says so. */
export function later(): {
  readonly answer: Answer
  readonly release: (result: SinkResult) => void
} {
  const { promise, resolve } = Promise.withResolvers<SinkResult>()
  return { answer: () => promise, release: resolve }
}

/** These answers in turn, the last one for ever. */
export function inTurn(...results: readonly SinkResult[]): Answer {
  let index = 0
  return () => results[Math.min(index++, results.length - 1)]!
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function rethrow(error: unknown): never {
  throw error
}
