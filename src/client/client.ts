// The typed client of our own API, and of the CloudEvents door for sending.

import { type AccessCalls, createAccessCalls } from './access-calls.ts'
import { createFlowCalls, type FlowCalls } from './flow-calls.ts'
import { createRoostCalls, type RoostCalls } from './roost-calls.ts'
import { createOperationCalls, type OperationCalls } from './operation-calls.ts'
import { type AuditCalls, createAuditCalls } from './audit-calls.ts'
import { type ArchiveCalls, createArchiveCalls } from './archive-calls.ts'
import type {
  BrokerPlaceView,
  BrokerView,
  PeekedRecordView,
  SourceView,
} from './connector-views.ts'
import type { DeadDeliveryFilter, DeadDeliveryPage } from './dead-deliveries.ts'
import type { EventExplanationView, RuleExplanationView } from './explain-views.ts'
import { readMessages } from './message-reader.ts'
import { createMirrorCalls, type MirrorCalls } from './mirror-calls.ts'
import type { PipeStateView } from './pipe-views.ts'
import { formatQuery } from './query.ts'
import { createQueueCalls, type QueueCalls } from './queue-calls.ts'
import { type Credentials, type ErrorBody, failureOf, Transport } from './transport.ts'
import type { EndpointView, InfoView, ScheduleView, StatsView, TailEventView } from './views.ts'
import type { SchemaSummaryView, SchemaView } from './schema-views.ts'

const V1 = '/_signalbox/v1'

/** Items of one page of a list. */
const PAGE_LENGTH = 1000

export interface Client
  extends
    ArchiveCalls,
    AccessCalls,
    AuditCalls,
    MirrorCalls,
    QueueCalls,
    OperationCalls,
    RoostCalls,
    FlowCalls {
  info(signal?: AbortSignal): Promise<InfoView>
  stats(signal?: AbortSignal): Promise<StatsView>
  /** Resolves with what became of each event once all of them are durable. */
  send(request: SendRequest): Promise<readonly SentEvent[]>
  /** Events as they become durable; ends when the server ends the stream, rejects when it is lost. */
  tail(query: TailQuery): AsyncIterable<TailEventView>
  /** Why the rules of a bus, one rule or a pattern match an event or do not. */
  explainEvent(query: ExplainEventQuery): Promise<EventExplanationView>
  /** Why a rule matches the newest events of its bus or does not. */
  explainRule(query: ExplainRuleQuery): Promise<RuleExplanationView>
  /** All pipes, or those of a name or an ARN. */
  pipes(query: PipeQuery): Promise<readonly PipeStateView[]>
  setPipe(verb: 'start' | 'stop', query: PipeQuery): Promise<PipeStateView>
  /** A page of deliveries that were given up. */
  listDead(filter: DeadDeliveryFilter): Promise<DeadDeliveryPage>
  listBrokers(signal?: AbortSignal): Promise<readonly BrokerView[]>
  /** With what each does. */
  listSources(signal?: AbortSignal): Promise<readonly SourceView[]>
  /** Topics or streams of a broker. */
  browseBroker(broker: string, signal?: AbortSignal): Promise<readonly BrokerPlaceView[]>
  /** The newest records of a topic, stream or subject, the oldest of them first. */
  peekBroker(query: PeekBrokerQuery): Promise<readonly PeekedRecordView[]>
  /** Rules and schedules that fire by the clock, in order of ARN. */
  listSchedules(signal?: AbortSignal): Promise<readonly ScheduleView[]>
  /** Milliseconds since the Unix epoch. Schedules are named by ARN, a rule's name, or `group/name`. */
  nextOccurrences(schedule: string, limit: number, signal?: AbortSignal): Promise<readonly number[]>
  /** Fires a schedule once, now; answers the event's id once it is durable. */
  triggerSchedule(schedule: string, signal?: AbortSignal): Promise<string>
  pauseSchedule(schedule: string, signal?: AbortSignal): Promise<ScheduleView>
  resumeSchedule(schedule: string, signal?: AbortSignal): Promise<ScheduleView>
  listEndpoints(signal?: AbortSignal): Promise<readonly EndpointView[]>
  setEndpointHealth(query: EndpointHealthQuery): Promise<EndpointView>
  /** All schemas, or those of one registry. */
  listSchemas(registry?: string): Promise<readonly SchemaSummaryView[]>
  getSchema(name: SchemaName): Promise<SchemaView>
  /** Creates a schema, or adds a version where the content says something else. */
  pushSchema(push: SchemaPush): Promise<SchemaView>
  setValidation(validation: ValidationChange): Promise<void>
  /** Without `versions` the rule asks for none. */
  setRuleVersions(change: RuleVersionsChange): Promise<void>
  close(): void
}

export interface SendRequest {
  /** Absent means the default bus. */
  readonly bus?: string | undefined
  /** CloudEvents as JSON texts. */
  readonly events: readonly string[]
  readonly signal?: AbortSignal
}

export interface SentEvent {
  readonly id: string
  readonly status: 'accepted' | 'duplicate' | 'clash'
}

interface Items<T> {
  readonly items: readonly T[]
}

export interface PeekBrokerQuery {
  readonly broker: string
  readonly place: string
  readonly limit?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TailQuery {
  readonly bus?: string | undefined
  readonly pattern?: string | undefined
  readonly type?: string | undefined
  /** Position behind which to go on. */
  readonly after?: string | undefined
  readonly signal: AbortSignal
}

export interface EndpointHealthQuery {
  /** Name, id or ARN. */
  readonly endpoint: string
  /** Of its primary region. */
  readonly health: 'healthy' | 'unhealthy'
  readonly signal?: AbortSignal
}

export interface ExplainEventQuery {
  /** The event as JSON text; otherwise `eventId` finds it in the log. */
  readonly event?: string | undefined
  readonly eventId?: string | undefined
  readonly bus?: string | undefined
  /** Name or ARN. */
  readonly rule?: string | undefined
  /** In place of rules. */
  readonly pattern?: string | undefined
  readonly limit?: number
  readonly signal?: AbortSignal
}

export interface PipeQuery {
  /** Name or ARN. */
  readonly pipe?: string | undefined
  readonly signal?: AbortSignal
}

export interface ExplainRuleQuery {
  readonly rule: string
  readonly bus?: string | undefined
  readonly limit?: number
  readonly signal?: AbortSignal
}

export interface SchemaName {
  readonly registry: string
  readonly name: string
  /** A number; the newest when absent. */
  readonly version?: string | undefined
}

export interface SchemaPush extends Omit<SchemaName, 'version'> {
  readonly type: SchemaView['type']
  readonly content: string
  readonly description?: string | undefined
}

export interface ValidationChange {
  readonly bus?: string | undefined
  readonly mode: 'off' | 'warn' | 'reject'
  readonly registry?: string | undefined
  readonly deadLetterArn?: string | undefined
  readonly unknown?: string | undefined
}

export interface RuleVersionsChange {
  readonly bus?: string | undefined
  readonly rule: string
  readonly versions?: string | undefined
}

export function createClient(endpointUrl: string, credentials: Credentials = {}): Client {
  const transport = new Transport(endpointUrl, credentials)
  const get = (path: string, signal?: AbortSignal): Promise<unknown> =>
    transport.json({ method: 'GET', path: V1 + path, signal })
  const post = (path: string, signal?: AbortSignal): Promise<unknown> =>
    transport.json({ method: 'POST', path: V1 + path, signal })
  return {
    info: async (signal) => (await get('/info', signal)) as InfoView,
    stats: async (signal) => (await get('/stats', signal)) as StatsView,
    send: (request) => send(transport, request),
    tail: (query) => tail(transport, query),
    explainEvent: (query) => explainEvent(transport, query),
    explainRule: async ({ signal, ...query }) =>
      (await get(`/explain/rule?${formatQuery(query)}`, signal)) as RuleExplanationView,
    pipes: async ({ signal, ...query }) => {
      const answer = await get(`/pipes?${formatQuery(query)}`, signal)
      return (answer as { readonly items: readonly PipeStateView[] }).items
    },
    setPipe: async (verb, { signal, ...query }) => {
      const path = `${V1}/pipes/${verb}?${formatQuery(query)}`
      return (await transport.json({ method: 'POST', path, signal })) as PipeStateView
    },
    listDead: async ({ signal, ...filter }) =>
      (await get(
        `/deliveries?${formatQuery({ state: 'dead', limit: PAGE_LENGTH, ...filter })}`,
        signal,
      )) as DeadDeliveryPage,
    listBrokers: async (signal) =>
      ((await get('/brokers', signal)) as { readonly items: readonly BrokerView[] }).items,
    listSources: async (signal) =>
      ((await get('/sources', signal)) as { readonly items: readonly SourceView[] }).items,
    browseBroker: async (broker, signal) =>
      ((await get(`/brokers/browse?${formatQuery({ broker })}`, signal)) as Items<BrokerPlaceView>)
        .items,
    peekBroker: async ({ signal, ...query }) =>
      ((await get(`/brokers/peek?${formatQuery(query)}`, signal)) as Items<PeekedRecordView>).items,
    listSchedules: (signal) => listSchedules((path) => get(path, signal)),
    nextOccurrences: async (schedule, limit, signal) => {
      const answer = await get(`/schedules/next?${formatQuery({ schedule, limit })}`, signal)
      return (answer as { readonly occurrences: readonly number[] }).occurrences
    },
    triggerSchedule: async (schedule, signal) => {
      const answer = await post(`/schedules/trigger?${formatQuery({ schedule })}`, signal)
      return (answer as { readonly eventId: string }).eventId
    },
    pauseSchedule: async (schedule, signal) =>
      (await post(`/schedules/pause?${formatQuery({ schedule })}`, signal)) as ScheduleView,
    resumeSchedule: async (schedule, signal) =>
      (await post(`/schedules/resume?${formatQuery({ schedule })}`, signal)) as ScheduleView,
    listEndpoints: async (signal) =>
      ((await get('/endpoints', signal)) as { readonly items: readonly EndpointView[] }).items,
    setEndpointHealth: async ({ signal, ...query }) => {
      const path = `${V1}/endpoints/health?${formatQuery(query)}`
      return (await transport.json({ method: 'POST', path, signal })) as EndpointView
    },
    ...createArchiveCalls(transport, V1),
    ...createAccessCalls(transport, V1),
    ...createAuditCalls(transport, V1),
    ...createMirrorCalls(transport, V1),
    ...createQueueCalls(transport, V1),
    ...createOperationCalls(transport, V1),
    ...createRoostCalls(transport, V1),
    ...createFlowCalls(transport, V1),
    async listSchemas(registry) {
      const answer = await get(`/schemas?${formatQuery({ registry })}`)
      return (answer as { readonly items: readonly SchemaSummaryView[] }).items
    },
    getSchema: async ({ registry, name, version }) =>
      (await get(`/schemas/schema?${formatQuery({ registry, name, version })}`)) as SchemaView,
    pushSchema: async (push) => (await postBody(transport, '/schemas/push', push)) as SchemaView,
    async setValidation(change) {
      await postBody(transport, '/schemas/validation', change)
    },
    async setRuleVersions(change) {
      await postBody(transport, '/schemas/rule-versions', change)
    },
    close: () => transport.close(),
  }
}

async function send(transport: Transport, request: SendRequest): Promise<readonly SentEvent[]> {
  const { bus, events, signal } = request
  const isOne = events.length === 1
  const answer = await transport.json({
    method: 'POST',
    path: bus === undefined ? '/events' : `/buses/${encodeURIComponent(bus)}/events`,
    headers: {
      'content-type': isOne ? 'application/cloudevents+json' : 'application/cloudevents-batch+json',
    },
    body: isOne ? events[0]! : `[${events.join(',')}]`,
    signal,
  })
  return (answer as { readonly events: readonly SentEvent[] }).events
}

async function* tail(transport: Transport, query: TailQuery): AsyncGenerator<TailEventView> {
  const { signal, ...filters } = query
  const path = `${V1}/tail?${formatQuery(filters)}`
  const headers = { accept: 'text/event-stream' }
  const pieces = await transport.stream({ method: 'GET', path, headers, signal })
  for await (const { event, data } of readMessages(pieces)) {
    if (event === 'event') yield JSON.parse(data) as TailEventView
    // The answer had begun when the tail failed, so the failure comes on the stream.
    if (event === 'error') throw failureOf(JSON.parse(data) as ErrorBody)
  }
}

/** All pages. */
async function listSchedules(
  get: (path: string) => Promise<unknown>,
): Promise<readonly ScheduleView[]> {
  const schedules: ScheduleView[] = []
  let after: string | undefined
  do {
    const answer = await get(`/schedules?${formatQuery({ after, limit: PAGE_LENGTH })}`)
    const page = answer as { readonly items: readonly ScheduleView[]; readonly after?: string }
    schedules.push(...page.items)
    after = page.after
  } while (after !== undefined)
  return schedules
}

async function explainEvent(
  transport: Transport,
  { signal, ...query }: ExplainEventQuery,
): Promise<EventExplanationView> {
  return (await postBody(transport, '/explain/event', query, signal)) as EventExplanationView
}

function postBody(
  transport: Transport,
  path: string,
  body: object,
  signal?: AbortSignal,
): Promise<unknown> {
  return transport.json({
    method: 'POST',
    path: V1 + path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
}
