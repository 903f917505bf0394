// What tests of our own API need: dependencies whose events and state the test holds in its hand.

import { AppError, type Clock, type ErrorCode } from '../../base/index.ts'
import type { OwnApiDeps, SubscribeOptions, TailItem } from './deps.ts'
import { openMetrics } from './metrics.ts'
import type { OwnSchemas } from './schema-views.ts'

export interface TestSource {
  /** As each tail asked. */
  readonly asked: SubscribeOptions[]
  push(item: TailItem): void
  end(): void
}

export function createTestDeps(
  clock: Clock,
  overrides: Partial<OwnApiDeps> = {},
): { readonly deps: OwnApiDeps; readonly source: TestSource } {
  const source = new HandSource()
  const deps: OwnApiDeps = {
    clock,
    metrics: openMetrics(),
    about: { version: '1.2.3', mode: 'dev', startedAt: clock.now() },
    readState: () =>
      Promise.resolve({
        pending: 3,
        dead: 1,
        lagRecords: 0,
        logSizeBytes: 4096,
        logSegments: 1,
        logQuarantined: 0,
        storeSizeBytes: 8192,
        schedules: 2,
        schedulesDue: 0,
      }),
    reasonsNotReady: () => [],
    authorize: () => Promise.resolve(undefined),
    nameOf: () => 'alice',
    subscribe: (options) => source.subscribe(options),
    listBuses: () => Promise.resolve([]),
    listRules: () => Promise.resolve([]),
    listDeliveries: () => Promise.resolve([]),
    access: {
      listTokens: () => Promise.resolve([]),
      createToken: () => refuse('ACCESS_DENIED', 'nobody may'),
      rotateToken: () => refuse('RESOURCE_NOT_FOUND', 'there are no tokens'),
      revokeToken: () => refuse('RESOURCE_NOT_FOUND', 'there are no tokens'),
      createCertificate: () => refuse('ACCESS_DENIED', 'nobody may'),
    },
    audit: { list: () => Promise.resolve({ items: [], last: 0, hasMore: false }) },
    flows: {
      list: () => Promise.resolve([]),
      get: () => refuse('RESOURCE_NOT_FOUND', 'there are no workflows'),
      start: () => refuse('RESOURCE_NOT_FOUND', 'there are no templates'),
      retry: () => refuse('RESOURCE_NOT_FOUND', 'there are no workflows'),
      cancel: () => refuse('RESOURCE_NOT_FOUND', 'there are no workflows'),
    },
    operations: {
      list: () => Promise.resolve([]),
      get: () => refuse('RESOURCE_NOT_FOUND', 'there are no operations'),
      start: () => refuse('REQUEST_INVALID', 'nothing can be done'),
      preview: () => Promise.resolve(0),
      startMirror: () => refuse('RESOURCE_NOT_FOUND', 'there are no operations'),
      startRoostRedrive: () => refuse('RESOURCE_NOT_FOUND', 'there are no operations'),
      cancel: () => refuse('RESOURCE_NOT_FOUND', 'there are no operations'),
      peek: () => refuse('RESOURCE_NOT_FOUND', 'nothing is dead'),
    },
    roost: {
      state: () => ({
        status: 'stopped',
        reasons: [],
        breaker: 'closed',
        pending: 0,
        lag: {},
        deadLetters: { count: 0, held: 0, byType: {} },
      }),
      listLetters: () => [],
      redrive: () => refuse('RESOURCE_NOT_FOUND', 'no roost keeper runs'),
      purge: () => refuse('RESOURCE_NOT_FOUND', 'no roost keeper runs'),
      resetBreaker: () => refuse('RESOURCE_NOT_FOUND', 'no roost keeper runs'),
      replay: () => refuse('RESOURCE_NOT_FOUND', 'no roost keeper runs'),
    },
    queues: { look: async () => [] },
    deadDeliveries: {
      redrive: () => Promise.resolve({ seen: 0, changed: 0 }),
      purge: () => Promise.resolve({ seen: 0, changed: 0 }),
    },
    listPipes: () => Promise.resolve([]),
    setPipeState: () => refuse('RESOURCE_NOT_FOUND', 'there are no pipes'),
    reset: () => Promise.resolve(),
    timetable: {
      list: () => Promise.resolve([]),
      next: () => Promise.resolve([]),
      trigger: () => Promise.resolve('e'),
      setState: () => refuse('RESOURCE_NOT_FOUND', 'none'),
    },
    listEndpoints: () => Promise.resolve([]),
    setEndpointHealth: () => Promise.reject(new AppError('RESOURCE_NOT_FOUND', 'there is none')),
    archives: {
      list: () => Promise.resolve([]),
      create: () => refuse('BUS_NOT_FOUND', 'there are no buses'),
      delete: () => refuse('RESOURCE_NOT_FOUND', 'there are no archives'),
      events: () => Promise.resolve({ items: [] }),
      listReplays: () => Promise.resolve([]),
      startReplay: () => refuse('RESOURCE_NOT_FOUND', 'there are no archives'),
      cancelReplay: () => refuse('RESOURCE_NOT_FOUND', 'there are no replays'),
    },
    explainEvent: () => refuse('EVENT_NOT_FOUND', 'nothing is in the log'),
    explainRule: () => refuse('RULE_NOT_FOUND', 'there are no rules'),
    schemas: NO_SCHEMAS,
    connectors: {
      listBrokers: () => Promise.resolve([]),
      listSources: () => Promise.resolve([]),
      put: () => Promise.resolve(),
      delete: () => refuse('RESOURCE_NOT_FOUND', 'there is none'),
      browse: () => refuse('RESOURCE_NOT_FOUND', 'there is no broker'),
      peek: () => refuse('RESOURCE_NOT_FOUND', 'there is no broker'),
      mirror: () => refuse('RESOURCE_NOT_FOUND', 'there is no broker'),
      rollBack: () => refuse('RESOURCE_NOT_FOUND', 'there is no broker'),
    },
    ...overrides,
  }
  return { deps, source }
}

const NOTHING = (): Promise<never> => refuse('RESOURCE_NOT_FOUND', 'there is no schema here')

/** For tests that have none. */
const NO_SCHEMAS: OwnSchemas = {
  listRegistries: () => Promise.resolve([]),
  listSchemas: () => Promise.resolve([]),
  getSchema: NOTHING,
  pushSchema: NOTHING,
  setValidation: NOTHING,
  setRuleVersions: NOTHING,
}

class HandSource implements TestSource {
  readonly asked: SubscribeOptions[] = []
  readonly #items: TailItem[] = []
  #next = 0
  #isEnded = false
  #wake: () => void = () => {}

  push(item: TailItem): void {
    this.#items.push(item)
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<TailItem> {
    this.asked.push(options)
    options.signal.addEventListener('abort', () => this.#wake())
    while (!options.signal.aborted) {
      for (; this.#next < this.#items.length; this.#next += 1) yield this.#items[this.#next]!
      if (this.#isEnded) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

export function testItem(offset: number, detail: string = '{}'): TailItem {
  const envelope = `{"id":"e-${offset}","detail-type":"t","source":"s","detail":${detail}}`
  return {
    position: { partition: 0, offset },
    timestamp: 1_700_000_000_000 + offset,
    busKey: '000000000000/us-east-1/default',
    envelope: Buffer.from(envelope),
  }
}

/** A dependency that answers with this failure. */
export function refuse(
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): never {
  throw new AppError(code, message, { details })
}
