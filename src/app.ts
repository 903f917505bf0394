// Wires every room: opens them in the order of the table, and closes them in the reverse of it. The one place
// that sees all; what a room needs of another it is given here, as a value.
//
//   opening ──▶ serving ──close()──▶ draining (not ready, in-flight requests end) ──▶ closed

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { acceptAnyCredentials } from './api/aws/credentials.ts'
import { createAwsDialect } from './api/aws/dialect.ts'
import { eventOperations } from './api/aws/event-operations.ts'
import type { AwsOperation } from './api/aws/operation.ts'
import { createPutEvents } from './api/aws/put-events.ts'
import { verifySignatures } from './api/aws/sigv4.ts'
import { sqsOperations } from './api/aws/sqs-operations.ts'
import { stsOperations } from './api/aws/sts-operations.ts'
import { createCloudEventsDialect } from './api/cloudevents/dialect.ts'
import { createQueryScope } from './api/cloudevents/scope.ts'
import type { Dialect } from './api/http/exchange.ts'
import { type HttpServer, openHttpServer } from './api/http/server.ts'
import { createConsoleDialect } from './api/http/static.ts'
import { type Metrics, openMetrics } from './api/own/metrics.ts'
import { createOperationsDialect } from './api/own/operations-dialect.ts'
import { createOwnDialect } from './api/own/own-dialect.ts'
import { loadBreakers } from './app-breakers.ts'
import { createBasicAuthorization } from './app-authorization.ts'
import { FunctionDirectory } from './app-functions.ts'
import { subscribe, viewBuses, viewDeliveries, viewRules } from './app-own-api.ts'
import { Sinks } from './app-sinks.ts'
import {
  type Clock,
  describeError,
  isAppError,
  type Logger,
  type Random,
  type Timer,
} from './base/index.ts'
import type { Config, Env } from './config/index.ts'
import {
  createFunctionEnvironment,
  createGuard,
  createSinkKinds,
  type SinkKind,
} from './connect/index.ts'
import {
  createBusSinkKind,
  createControl,
  createQueueUses,
  openQueueKeeper,
  RulesetPublisher,
} from './control/index.ts'
import { Deliverer } from './deliver/index.ts'
import { openIngress } from './ingress/index.ts'
import { openFileLog } from './log/index.ts'
import { decodeResource, Objects } from './objects/index.ts'
import { createDeadLetterSender, createQueueSinkKind, openQueues } from './queue/index.ts'
import { createInputs, openRouter } from './route/index.ts'
import { Ledger, openSqliteStore } from './store/index.ts'

/** How long settled positions may wait for company before the cursor is committed, milliseconds. */
const COMMIT_DELAY_MS = 20

/** How often the log's retention, old rulesets and old attempts are seen to, milliseconds. */
const MAINTENANCE_MS = 30_000

/** How long the attempt history is kept, milliseconds. */
const ATTEMPTS_KEPT_MS = 7 * 86_400_000

const READER = 'route'
const DEFAULT_REGION = 'us-east-1'

export interface AppOptions {
  readonly config: Config
  /** The host's environment, for functions; nothing else reads it. */
  readonly env: Env
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly version: string
  /** The built console. */
  readonly consoleDirectory: string
  /** Storage failed: the process must end, with exit code 70. */
  readonly onFatal: (error: unknown) => void
  /** For tests that must see a loss: another log than the file log. */
  readonly openLog?: typeof openFileLog
}

export interface App {
  readonly url: string
  readonly port: number
  readonly functions: readonly string[]
  /** Resolves when everything accepted so far has been delivered, or waits in a row for its next attempt. */
  settled(): Promise<void>
  /** Not ready at once; then in-flight work ends, within the deadline; then everything is closed. */
  close(deadlineMs: number): Promise<void>
}

export async function openApp(options: AppOptions): Promise<App> {
  const closers: (() => unknown)[] = []
  try {
    return await open(options, closers)
  } catch (error) {
    for (const close of closers.reverse()) await close()
    throw error
  }
}

async function open(options: AppOptions, closers: (() => unknown)[]): Promise<App> {
  const { config, clock, random, logger, onFatal } = options
  const state = { isDraining: false, isReady: false }
  const startedAt = clock.now()
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const metrics = openMetrics()
  closers.push(() => metrics.close())

  // State: what survives.
  const store = await openSqliteStore({ path: join(config.dataDir, 'store.db'), onFatal })
  closers.push(() => store.close())
  const cursor = await store.deliveries.cursor(READER)
  const log = await (options.openLog ?? openFileLog)({
    directory: join(config.dataDir, 'log'),
    knownDurable: cursor?.positions[0]?.offset ?? 0,
    clock,
    logger: logger.child({ room: 'log' }),
    onFatal,
  })
  closers.push(() => log.close())

  // Control: what is configured.
  const resources = new Objects({ rows: store.rows, clock, random })
  const publisher = await RulesetPublisher.open({
    rows: store.rows,
    log,
    decode: decodeResource,
    clock,
    logger: logger.child({ room: 'control' }),
    onFatal,
  })
  closers.push(() => publisher.close())
  const queues = openQueues({
    messages: store.messages,
    clock,
    random,
    logger: logger.child({ room: 'queue' }),
  })
  closers.push(() => queues.close())
  const keeper = await openQueueKeeper({
    rows: store.rows,
    decode: decodeResource,
    queues,
    logger: logger.child({ room: 'queue' }),
    onFatal,
  })
  closers.push(() => keeper.close())
  const control = createControl({ resources, publisher, clock, strict: config.compat.strict })
  const queueUses = createQueueUses({ resources, queues, settled: () => keeper.settled(), clock })
  const functions = new FunctionDirectory({
    directory: config.functionsDir,
    configured: config.functions,
    isWatched: config.mode === 'dev',
    clock,
    logger: logger.child({ room: 'functions' }),
  })
  await functions.open()
  closers.push(() => functions.close())

  // Data: from the log to the targets.
  let kinds: readonly SinkKind[] = []
  let server: HttpServer | undefined
  const sinks = new Sinks(() => kinds)
  closers.push(() => sinks.close())
  const ledger = new Ledger({ store: store.deliveries, clock, delayMs: COMMIT_DELAY_MS, onFatal })
  const sendDeadLetter = createDeadLetterSender({ queues, clock, random })
  const deliverer = new Deliverer({
    store: store.deliveries,
    reader: READER,
    ledger,
    openSink: (address) => sinks.at(address),
    prepare: createInputs(),
    findTarget: (ruleKey, targetId) => publisher.findTarget(ruleKey, targetId),
    async sendDeadLetter(queueArn, body, attributes) {
      try {
        await sendDeadLetter(queueArn, body, attributes)
        return true
      } catch (error) {
        if (isAppError(error, 'QUEUE_NOT_FOUND')) return false
        throw error
      }
    },
    breakers: await loadBreakers(store.rows, logger),
    clock,
    random,
    logger: logger.child({ room: 'deliver' }),
    backoff: {
      delayMsMin: config.delivery.delayMsMin,
      delayMsMax: config.delivery.delayMsMax,
      jitter: config.delivery.jitter,
    },
    defaults: {
      attemptsMax: config.delivery.retriesMax,
      ageSecondsMax: config.delivery.ageMsMax / 1000,
    },
    breakerOptions: {
      consecutiveMax: config.breaker.consecutiveFailures,
      windowMs: config.breaker.windowMs,
      attemptsMin: config.breaker.requestsMin,
      failureRatio: config.breaker.failureRatio,
      openMsMin: config.breaker.openMsMin,
      openMsMax: config.breaker.openMsMax,
    },
  })
  const ingress = await openIngress({
    log,
    dedupe: { store: store.dedupe, clock, windowMs: config.dedupe.windowMs, onFatal },
    clock,
    backlog: () => router?.unread() ?? 0,
    pendingBytesMax: config.limits.backlogSizeBytesMax,
  })
  closers.push(() => ingress.close())
  kinds = createSinkKinds({
    guard: createGuard({
      mode: config.mode === 'dev' ? 'dev' : 'strict',
      allow: config.targets.allow,
      own: [],
      clock,
    }),
    clock,
    logger: logger.child({ room: 'connect' }),
    local: [
      createQueueSinkKind({ queues, clock, random }),
      createBusSinkKind({ ingress, hasBus: (busKey) => publisher.hasBus(busKey) }),
    ],
    functions: {
      find: (address) => functions.find(address),
      environment: createFunctionEnvironment({ host: options.env, endpointUrl: () => server?.url }),
      clock,
      random,
      logger: logger.child({ room: 'functions' }),
    },
    http: {
      timeoutMs: config.delivery.timeoutMs,
      concurrencyMax: config.delivery.concurrencyMax,
    },
  })
  await deliverer.start()
  publisher.onPublished(() => deliverer.targetsChanged())
  let router: Awaited<ReturnType<typeof openRouter>> | undefined
  router = await openRouter({
    reader: READER,
    log,
    store: store.deliveries,
    ledger,
    rulesetAt: (generation) => publisher.rulesetAt(generation),
    deliver: deliverer,
    clock,
    logger: logger.child({ room: 'route' }),
    onFatal,
  })
  const routing = router
  const maintenance = startMaintenance(clock, logger, async () => {
    const { retentionAgeMs: ageMsMax, retentionSizeBytes: sizeBytesMax } = config.log
    await log.retain({ ageMsMax, sizeBytesMax }, routing.committedCursor())
    await publisher.forget(routing.committedGeneration())
    await store.deliveries.pruneAttempts(clock.now() - ATTEMPTS_KEPT_MS)
    await sinks.keep(addressesOf(deliverer))
  })

  // Doors.
  const reasonsNotReady = (): readonly string[] => [
    ...(state.isReady ? [] : ['starting']),
    ...(state.isDraining ? ['draining'] : []),
    ...(log.stats().quarantined.length === 0 ? [] : ['the log has damaged records']),
  ]
  const readState = async (): ReturnType<
    Parameters<typeof createOperationsDialect>[0]['readState']
  > => {
    const [counts, storeStats] = await Promise.all([store.deliveries.counts(), store.stats()])
    const logStats = log.stats()
    return {
      pending: deliverer.pending(),
      dead: counts.dead,
      lagRecords: routing.lag(),
      logSizeBytes: logStats.sizeBytes,
      logSegments: logStats.segments,
      logQuarantined: logStats.quarantined.length,
      storeSizeBytes: storeStats.sizeBytes,
    }
  }
  const authorization = createBasicAuthorization(config)
  const ownDeps = {
    metrics,
    readState,
    reasonsNotReady,
    clock,
    about: { version: options.version, mode: config.mode, startedAt },
    authorize: authorization.authorize,
    subscribe: (wanted: Parameters<typeof subscribe>[1]) => subscribe(log, wanted),
    listBuses: async () => viewBuses(publisher.current()),
    listRules: (query: Parameters<typeof viewRules>[2]) =>
      viewRules(store.rows, decodeResource, query),
    listDeliveries: (query: Parameters<typeof viewDeliveries>[1]) => viewDeliveries(store, query),
  }
  const operations: AwsOperation[] = [
    createPutEvents({
      ingress,
      hasBus: (busKey) => publisher.hasBus(busKey),
      clock,
      random,
      entrySizeBytesMax: config.limits.entrySizeBytesMax,
      isStrict: config.compat.strict,
    }),
    ...eventOperations(control),
    ...sqsOperations(queueUses),
    ...stsOperations,
  ]
  const dialects: Dialect[] = [
    createOperationsDialect(ownDeps),
    createOwnDialect(ownDeps),
    createConsoleDialect(options.consoleDirectory),
    createCloudEventsDialect({
      accept: (dialect, events) => ingress.accept(dialect, events),
      hasBus: (busKey) => publisher.hasBus(busKey),
      scopeOf: authorization.scopeOf(createQueryScope(DEFAULT_REGION)),
      clock,
    }),
    createAwsDialect({
      operations,
      authenticate:
        config.mode === 'dev'
          ? acceptAnyCredentials()
          : verifySignatures({ lookupSecret: authorization.lookupSecret, clock }),
      logger: logger.child({ room: 'api' }),
    }),
  ]
  server = await openHttpServer({
    host: config.host,
    port: config.port,
    dialects,
    security: { allowedHosts: config.allowedHosts, allowedOrigins: [] },
    limits: { bodyBytesMax: config.limits.requestSizeBytesMax },
    logger: logger.child({ room: 'api' }),
    clock,
    random,
    insecureListen: config.insecureListen,
  })
  const listening = server
  const announcement = join(config.dataDir, 'server.json')
  state.isReady = true
  writeFileSync(announcement, `${JSON.stringify({ pid: process.pid, url: listening.url })}\n`)

  return {
    url: listening.url,
    port: listening.port,
    functions: functions.names(),
    settled: () => routing.settled(),
    async close(deadlineMs) {
      state.isDraining = true
      maintenance.cancel()
      rmSync(announcement, { force: true })
      const deadline = new AbortController()
      const timer = clock.setTimer(deadlineMs, () => deadline.abort())
      queues.close().catch((error: unknown) => {
        logger.warn('queues did not close', { error: describeError(error) })
      })
      await listening.drain(deadlineMs)
      await Promise.all([routing.close(deadline.signal), deliverer.close(deadline.signal)])
      await ledger.flush()
      timer.cancel()
      for (const close of closers.reverse()) await close()
    },
  }
}

function startMaintenance(clock: Clock, logger: Logger, tend: () => Promise<void>): Timer {
  let isStopped = false
  let timer: Timer
  const schedule = (): void => {
    if (isStopped) return
    timer = clock.setTimer(MAINTENANCE_MS, () => {
      tend()
        .catch((error: unknown) => {
          logger.error('maintenance failed', { error: describeError(error) })
        })
        .finally(schedule)
    })
  }
  schedule()
  return {
    cancel() {
      isStopped = true
      timer.cancel()
    },
  }
}

function addressesOf(deliverer: Deliverer): ReadonlySet<string> {
  return new Set(deliverer.lanes().map((lane) => lane.address))
}

export type { Metrics }
