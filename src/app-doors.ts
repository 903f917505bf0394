// The doors of the server: every dialect, and what each may ask of the rooms.

import {
  acceptAnyCredentials,
  type AuditDeps,
  archiveOperations,
  type AwsOperation,
  createAwsDialect,
  createCloudEventsDialect,
  createConfluentDialect,
  createConsoleDialect,
  createOperationsDialect,
  createOwnDialect,
  createPutEvents,
  createPutPartnerEvents,
  createQueryScope,
  type Dialect,
  eventOperations,
  type Metrics,
  type OwnApiDeps,
  monitoringOperations,
  snsOperations,
  schemasOperations,
  pipeOperations,
  replayOperations,
  schedulerOperations,
  sqsOperations,
  type StateReading,
  stsOperations,
  verifySignatures,
} from './api/index.ts'
import { type Authorization, createAuthorization } from './app-authorization.ts'
import { createAccessDeps } from './app-access.ts'
import { createCallTrail } from './app-call-trail.ts'
import { setEndpointHealth, viewEndpoints } from './app-endpoints.ts'
import { createDeadDeliveries } from './app-dead-deliveries.ts'
import { createConfluentRegistries } from './app-confluent.ts'
import { createArchiveDeps } from './app-archive-views.ts'
import { createOperationDeps, queueArnOf } from './app-operations.ts'
import { explainEvent, explainRule } from './app-explain.ts'
import { createKube } from './app-kube.ts'
import { createLambda } from './app-lambda.ts'
import type { AppOptions } from './app-options.ts'
import type { Rooms } from './app-rooms.ts'
import { createOwnSchemas } from './app-own-schemas.ts'
import { createFlowDeps } from './app-flow-api.ts'
import { createRoostDeps } from './app-roost-api.ts'
import { createConnectorDeps } from './app-sources.ts'
import { subscribe, viewBuses, viewDeliveries, viewRules } from './app-own-api.ts'
import { setPipeState, viewPipes } from './app-pipes.ts'
import type { State } from './app-state.ts'
import type { Authority } from './certificate/index.ts'

const DEFAULT_REGION = 'us-east-1'

export interface DoorOptions extends AppOptions {
  readonly metrics: Metrics
  readonly startedAt: number
  /** Why no traffic should come; empty when it may. */
  readonly reasonsNotReady: () => readonly string[]
  /** Empties the server; resolves when it is empty. */
  readonly reset: () => Promise<void>
  /** Undefined where there is no HTTPS. */
  readonly authority: Authority | undefined
  /** The audit log. */
  readonly audit: AuditDeps
}

export function createDialects(options: DoorOptions, rooms: Rooms): readonly Dialect[] {
  const { state, delivery } = rooms
  const authorization = createAuthorization(
    options.config,
    state.functionKeys,
    rooms.access,
    options.clock,
  )
  const own = ownApiDeps(options, state, { ...rooms, authorization })
  const hasBus = (busKey: string): boolean => state.publisher.hasBus(busKey)
  return [
    createOperationsDialect(own),
    createOwnDialect(own),
    createConsoleDialect(options.consoleDirectory),
    createConfluentDialect({
      authorize: authorization.authorize,
      scopeOf: createQueryScope(DEFAULT_REGION),
      open: createConfluentRegistries(state.control.schemas),
    }),
    createCloudEventsDialect({
      accept: (dialect, events) => delivery.ingress.accept(dialect, events),
      hasBus,
      scopeOf: authorization.scopeOf(createQueryScope(DEFAULT_REGION)),
      nameOf: authorization.nameOf,
      clock: options.clock,
    }),
    createKube(options, rooms, authorization),
    createAws(options, state, { ...rooms, authorization }),
  ]
}

interface Parts extends Omit<Rooms, 'state' | 'drain' | 'close'> {
  readonly authorization: Authorization
}

function createAws(options: DoorOptions, state: State, parts: Parts): Dialect {
  const { config, clock, random, logger } = options
  const tell = createCallTrail(options, state, parts.delivery.ingress)
  const { lookupSecret, authorizeAws, nameOfKey } = parts.authorization
  return createAwsDialect({
    operations: awsOperations(options, state, parts),
    authenticate:
      config.mode === 'dev' ? acceptAnyCredentials() : verifySignatures({ lookupSecret, clock }),
    ...(config.mode === 'dev' ? {} : { authorize: authorizeAws }),
    nameOf: ({ accessKeyId }) => nameOfKey(accessKeyId),
    ...(tell === undefined ? {} : { trail: { tell, clock, random } }),
    certificates: { find: (id) => parts.delivery.signer.findCertificate(id) },
    logger: logger.child({ room: 'api' }),
  })
}

/** Every operation of AWS that is served; asks nothing of what it is given until one of them is called. */
export function awsOperations(
  options: DoorOptions,
  state: State,
  { delivery, archives, pipes, cloudMetrics }: Parts,
): readonly AwsOperation[] {
  const { config, clock, random } = options
  const { control, queueUses, publisher, busAccess } = state
  const putEvents = createPutEvents({
    accept: (dialect, events) => delivery.ingress.accept(dialect, events),
    hasBus: (busKey) => publisher.hasBus(busKey),
    clock,
    random,
    entrySizeBytesMax: config.limits.entrySizeBytesMax,
    isStrict: config.compat.strict,
    access: busAccess,
    routeEndpoint: (account, endpointId) => control.endpoints.route(account, endpointId),
  })
  return [
    putEvents,
    createPutPartnerEvents({
      accept: (dialect, events) => delivery.ingress.accept(dialect, events),
      hasBus: (busKey) => publisher.hasBus(busKey),
      clock,
      random,
      route: (scope, name) => control.eventSources.route(scope, name),
    }),
    ...eventOperations(control),
    ...createLambda(options, state, delivery),
    ...monitoringOperations({ series: cloudMetrics.series, clock }),
    ...snsOperations(delivery.topics),
    ...schemasOperations(control),
    ...archiveOperations(archives.archiveUses),
    ...replayOperations(archives.replayUses),
    ...sqsOperations(queueUses),
    ...pipeOperations(pipes.uses),
    ...schedulerOperations(control),
    ...stsOperations,
  ]
}

function ownApiDeps(
  options: DoorOptions,
  state: State,
  {
    delivery,
    archives,
    pipes,
    sources,
    schedules,
    access,
    authorization,
    roost,
    objects,
    operations,
  }: Parts,
): OwnApiDeps {
  const { metrics, reasonsNotReady, clock, version, startedAt, config } = options
  const { store, log, publisher, control } = state
  const { authorize, nameOf } = authorization
  const archiveDeps = createArchiveDeps(archives, clock)
  const rules = { rows: store.rows, disablements: delivery.disablements.snapshots }
  return {
    metrics,
    reasonsNotReady,
    clock,
    authorize,
    nameOf,
    audit: options.audit,
    operations: createOperationDeps(operations, state, archiveDeps),
    readState: () => readState(state, { delivery, schedules }),
    about: { version, mode: config.mode, startedAt },
    subscribe: (wanted) => subscribe(log, wanted),
    listBuses: async () => viewBuses(publisher.current()),
    listRules: (query) => viewRules(rules, query),
    listDeliveries: (query) => viewDeliveries(store, query),
    deadDeliveries: createDeadDeliveries(store, delivery),
    queues: { look: (queue, page) => state.queues.messages.look(queueArnOf(queue), page) },
    archives: archiveDeps,
    reset: options.reset,
    timetable: schedules.timetable,
    explainEvent: (query) => explainEvent({ ...rules, log }, query),
    explainRule: (query) => explainRule({ ...rules, log }, query),
    listPipes: (query) => viewPipes(pipes.uses, query),
    setPipeState: (pipe, wanted) => setPipeState(pipes.uses, pipe, wanted),
    listEndpoints: () => viewEndpoints(control),
    setEndpointHealth: (endpoint, health) => setEndpointHealth(control, endpoint, health),
    connectors: createConnectorDeps(sources, {
      find: state.brokers.directory.find,
      clock,
      random: options.random,
    }),
    access: createAccessDeps(access, authorization, options.authority),
    roost: createRoostDeps(roost),
    flows: createFlowDeps(options, objects),
    schemas: createOwnSchemas(state.control.schemas, () => publisher.current()),
  }
}

async function readState(
  { store, log }: State,
  { delivery: { router, deliverer }, schedules }: Pick<Rooms, 'delivery' | 'schedules'>,
): Promise<StateReading> {
  const [counts, storeStats] = await Promise.all([store.deliveries.counts(), store.stats()])
  const logStats = log.stats()
  return {
    pending: deliverer.pending(),
    dead: counts.dead,
    lagRecords: router.lag(),
    logSizeBytes: logStats.sizeBytes,
    logSegments: logStats.segments,
    logQuarantined: logStats.quarantined.length,
    storeSizeBytes: storeStats.sizeBytes,
    schedules: schedules.counts().plans,
    schedulesDue: schedules.counts().due,
  }
}
