// The real HTTP server with the dialects that the console and the CLI talk to, over events kept in memory: for
// tests of those two, which need no log and no store.

import { createRoostDeps } from '../../src/app-roost-api.ts'
import {
  AppError,
  channels,
  silentLogger,
  systemClock,
  systemRandom,
} from '../../src/base/index.ts'
import { decodeStoredEvent } from '../../src/event/index.ts'
import { createExplainer, parsePattern, type Pattern } from '../../src/match/index.ts'
import { createCloudEventsDialect } from '../../src/api/cloudevents/dialect.ts'
import { createQueryScope } from '../../src/api/cloudevents/scope.ts'
import { type HttpServer, openHttpServer } from '../../src/api/http/server.ts'
import { createConsoleDialect } from '../../src/api/http/static.ts'
import type { OwnApiDeps, RuleView, SubscribeOptions, TailItem } from '../../src/api/own/deps.ts'
import type { EventExplanation, ExplainEventQuery } from '../../src/api/own/explain-views.ts'
import { openMetrics } from '../../src/api/own/metrics.ts'
import { createOperationsDialect } from '../../src/api/own/operations-dialect.ts'
import { createOwnDialect } from '../../src/api/own/own-dialect.ts'
import { createOwnSchemas } from '../../src/app-own-schemas.ts'
import { openMemoryControl } from '../../src/control/testing.ts'
import type { Ruleset } from '../../src/model/index.ts'

export interface OwnServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly events: readonly TailItem[]
  /** How many tails are open. */
  readonly tails: number
}

export interface OwnServerOptions {
  readonly port?: number
  /** The built console. */
  readonly consoleDirectory?: string
  /** What an earlier server of the test had. */
  readonly events?: readonly TailItem[]
  /** Patterns of the rules of the bus `default`, by name. */
  readonly rules?: Readonly<Record<string, unknown>>
}

export async function openOwnServer(options: OwnServerOptions = {}): Promise<OwnServer> {
  const memory = new EventMemory(options.events ?? [])
  const deps = createDeps(memory, options.rules ?? {})
  const server = await openHttpServer({
    host: '127.0.0.1',
    port: options.port ?? 0,
    dialects: [
      createOperationsDialect(deps),
      createOwnDialect(deps),
      createConsoleDialect(options.consoleDirectory ?? '/nowhere'),
      createCloudEventsDialect({
        accept: (_, events) => Promise.resolve(events.map((event) => memory.accept(event))),
        hasBus: (busKey) => busKey.endsWith('/default') || busKey.endsWith('/orders'),
        scopeOf: async (request) => createQueryScope('us-east-1')(request),
        nameOf: () => 'signalbox:dev',
        clock: systemClock,
      }),
    ],
    security: { allowedHosts: [], allowedOrigins: [] },
    logger: silentLogger,
    clock: systemClock,
    random: systemRandom,
  })
  return describe(server, memory, deps)
}

function describe(server: HttpServer, memory: EventMemory, deps: OwnApiDeps): OwnServer {
  return {
    url: server.url,
    port: server.port,
    events: memory.items,
    get tails() {
      return memory.readers.size
    },
    async [Symbol.asyncDispose]() {
      await server.drain(2000)
      deps.metrics.close()
    },
  }
}

function createDeps(memory: EventMemory, patterns: Readonly<Record<string, unknown>>): OwnApiDeps {
  const rules = Object.entries(patterns).map(([name, pattern]) => createRule(name, pattern))
  const ruleset = rulesetOf(patterns)
  const state = {
    pending: 2,
    dead: 1,
    lagRecords: 0,
    logSizeBytes: 1,
    logSegments: 1,
    logQuarantined: 0,
    storeSizeBytes: 1,
    schedules: 2,
    schedulesDue: 0,
  }
  return {
    clock: systemClock,
    metrics: openMetrics(),
    about: { version: '1.2.3', mode: 'dev', startedAt: systemClock.now() },
    readState: () => Promise.resolve(state),
    reasonsNotReady: () => [],
    authorize: () => Promise.resolve(undefined),
    nameOf: () => 'signalbox:dev',
    operations: {
      list: () => Promise.resolve([]),
      get: () => Promise.reject(new Error('there are no operations')),
      start: () => Promise.reject(new Error('there are no operations')),
      preview: () => Promise.resolve(0),
      startMirror: () => Promise.reject(new Error('there are no operations')),
      startRoostRedrive: () => Promise.reject(new Error('there are no operations')),
      cancel: () => Promise.reject(new Error('there are no operations')),
      peek: () => Promise.reject(new Error('nothing is dead')),
    },
    audit: { list: () => Promise.resolve({ items: [], last: 0, hasMore: false }) },
    schemas: createOwnSchemas(openMemoryControl({ clock: systemClock }).schemas, () => ruleset),
    subscribe: (options) => memory.subscribe(options),
    listBuses: () => Promise.resolve([]),
    listRules: () => Promise.resolve(rules.map(({ view }) => view)),
    listPipes: async () => [],
    setPipeState: () => Promise.reject(new Error('there are no pipes')),
    listDeliveries: () => Promise.resolve([]),
    access: {
      listTokens: () => Promise.resolve([]),
      createToken: () => Promise.reject(new Error('nobody may')),
      rotateToken: () => Promise.reject(new Error('nobody may')),
      revokeToken: () => Promise.reject(new Error('nobody may')),
      createCertificate: () => Promise.reject(new Error('nobody may')),
    },
    flows: {
      list: () => Promise.resolve([]),
      get: () => Promise.reject(new AppError('RESOURCE_NOT_FOUND', 'there is none')),
      start: () => Promise.reject(new AppError('RESOURCE_NOT_FOUND', 'there is none')),
      retry: () => Promise.reject(new AppError('RESOURCE_NOT_FOUND', 'there is none')),
      cancel: () => Promise.reject(new AppError('RESOURCE_NOT_FOUND', 'there is none')),
    },
    roost: createRoostDeps({ current: () => undefined, fault: () => undefined }),
    queues: { look: async () => [] },
    deadDeliveries: {
      redrive: () => Promise.resolve({ seen: 0, changed: 0 }),
      purge: () => Promise.resolve({ seen: 0, changed: 0 }),
    },
    reset: () => Promise.resolve(),
    timetable: {
      list: () => Promise.resolve([]),
      next: () => Promise.resolve([]),
      trigger: () => Promise.resolve(''),
      setState: () => Promise.reject(new Error('no schedule')),
    },
    listEndpoints: () => Promise.resolve([]),
    setEndpointHealth: () => Promise.reject(new AppError('RESOURCE_NOT_FOUND', 'there is none')),
    archives: {
      list: () => Promise.resolve([]),
      create: () => Promise.reject(new Error('there are no buses')),
      delete: () => Promise.reject(new Error('there are no archives')),
      events: () => Promise.resolve({ items: [] }),
      listReplays: () => Promise.resolve([]),
      startReplay: () => Promise.reject(new Error('there are no archives')),
      cancelReplay: () => Promise.reject(new Error('there are no replays')),
    },
    connectors: {
      listBrokers: async () => [],
      listSources: async () => [],
      put: () => Promise.reject(new Error('nothing is kept here')),
      delete: () => Promise.reject(new Error('there is none')),
      browse: () => Promise.resolve([]),
      peek: () => Promise.resolve([]),
      mirror: () => {
        throw new Error('there is no broker')
      },
      rollBack: () => Promise.resolve([]),
    },
    explainEvent: (query) => Promise.resolve(explainEvent(rules, query)),
    explainRule: () => Promise.reject(new AppError('RULE_NOT_FOUND', 'no rule is kept here')),
  }
}

interface MemoryRule {
  readonly pattern: Pattern
  readonly view: RuleView
}

function createRule(name: string, pattern: unknown): MemoryRule {
  const text = JSON.stringify(pattern)
  const scope = { bus: 'default', account: '000000000000', region: 'us-east-1' }
  const arn = `arn:aws:events:us-east-1:000000000000:rule/${name}`
  const view = { uid: name, name, ...scope, arn, state: 'ENABLED', pattern: text, targets: [] }
  return { pattern: parsePattern(text), view }
}

function explainEvent(rules: readonly MemoryRule[], query: ExplainEventQuery): EventExplanation {
  const explainer = createExplainer(Buffer.from(query.event ?? '{}'))
  const items = rules
    .map(({ pattern, view }) => ({
      rule: { ...view, targets: view.targets.length, targetsDisabled: 0 },
      ...explainer.explain(pattern),
    }))
    .sort((left, right) => right.nearness - left.nearness)
  const matched = items.filter(({ matches }) => matches).length
  return { bus: query.bus ?? 'default', event: {}, rules: rules.length, matched, items }
}

const BUS_KEY = '000000000000/us-east-1/default'

/** The rules of the test, on the default bus. */
function rulesetOf(patterns: Readonly<Record<string, unknown>>): Ruleset {
  const rules = Object.entries(patterns).map(([name, pattern]) => {
    const text = JSON.stringify(pattern)
    return { key: name, name, arn: name, busKey: BUS_KEY, pattern: text, targets: [] }
  })
  const byName = new Map(rules.map((rule) => [rule.name, rule]))
  return { generation: 0, buses: new Map([[BUS_KEY, { busKey: BUS_KEY, rules: byName }]]) }
}

class EventMemory {
  readonly items: TailItem[]
  readonly readers = new Set<() => void>()

  constructor(items: readonly TailItem[]) {
    this.items = [...items]
  }

  accept({ id, busKey, record }: { id: string; busKey: string; record: Uint8Array }): {
    readonly kind: 'accepted'
    readonly id: string
  } {
    this.items.push({
      position: { partition: 0, offset: this.items.length },
      timestamp: systemClock.now(),
      busKey,
      envelope: decodeStoredEvent(record).envelope,
    })
    channels.eventsAccepted.publish({
      dialect: 'cloudevents',
      count: 1,
      sizeBytes: record.length,
      durationMs: 1,
    })
    for (const wake of this.readers) wake()
    return { kind: 'accepted', id }
  }

  subscribe(options: SubscribeOptions): AsyncIterable<TailItem> {
    const { pattern = '{}', after, signal } = options
    const fields: unknown = JSON.parse(pattern)
    if (typeof fields !== 'object') {
      throw new AppError(
        'PATTERN_INVALID',
        `expected a pattern that is an object, got \`${pattern}\``,
      )
    }
    if (pattern.includes('"fail later"')) return failLater()
    const start = after === undefined ? this.items.length : after.offset + 1
    return this.#read({ start, signal, isWanted: (item) => isWanted(item, options) })
  }

  async *#read(from: {
    readonly start: number
    readonly signal: AbortSignal
    readonly isWanted: (item: TailItem) => boolean
  }): AsyncGenerator<TailItem> {
    const { signal } = from
    for (let next = from.start; !signal.aborted;) {
      for (; next < this.items.length; next += 1) {
        if (from.isWanted(this.items[next]!)) yield this.items[next]!
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      this.readers.add(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
      this.readers.delete(resolve)
    }
  }
}

// Types, and patterns of one level of texts: what these tests filter by.
function isWanted(item: TailItem, { type, pattern = '{}' }: SubscribeOptions): boolean {
  const envelope = JSON.parse(Buffer.from(item.envelope).toString()) as Record<string, unknown>
  if (type !== undefined && envelope['detail-type'] !== type) return false
  const fields = Object.entries(JSON.parse(pattern) as Record<string, unknown[]>)
  return fields.every(([name, values]) => values.includes(envelope[name]))
}

function failLater(): AsyncIterable<TailItem> {
  const failure = new AppError('PATTERN_INVALID', 'it failed later')
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) }
}
