// Every route of our own API: where, what it takes, what it answers, and the one call behind it. The OpenAPI
// document is made from this table.

import { AppError } from '../../base/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import type { OwnApiDeps } from './deps.ts'
import { TAILS_MAX } from './limits.ts'
import { ACCESS_ROUTES } from './access.ts'
import { OPERATION_ROUTES } from './operations.ts'
import { AUDIT_ROUTES } from './audit-routes.ts'
import { FLOW_ROUTES } from './flows.ts'
import { ROOST_ROUTES } from './roost.ts'
import { ARCHIVE_ROUTES } from './archives.ts'
import { CONNECTOR_ROUTES } from './connectors.ts'
import { DEAD_DELIVERY_ROUTES } from './dead-deliveries.ts'
import { explainEvent, explainRule } from './explain.ts'
import { MIRROR_ROUTES } from './mirrors.ts'
import { PIPE_ROUTES } from './pipes.ts'
import { QUEUE_LOOK_ROUTES } from './queue-looks.ts'
import { type Parameter, parseAfter, parseLimit, parseState } from './query.ts'
import { given, json } from './replies.ts'
import { SCHEDULE_ROUTES } from './schedules.ts'
import { SCHEMA_ROUTES } from './schema-routes.ts'
import { readStats } from './stats.ts'
import { streamTail } from './tail.ts'

export const OWN_PREFIX = '/_signalbox/v1'

export interface Call {
  readonly deps: OwnApiDeps
  readonly request: HttpRequest
  readonly query: ReadonlyMap<string, string>
}

export interface OwnRoute {
  readonly path: string
  /** `GET` when absent. */
  readonly method?: 'POST'
  /** A `POST` that changes nothing. */
  readonly isReading?: true
  readonly operation: string
  readonly summary: string
  readonly parameters: readonly Parameter[]
  /** The name of a schema of the OpenAPI document, for what comes with a `POST`. */
  readonly body?: string
  /** The name of a schema of the OpenAPI document, or `events` for a stream. */
  readonly answer: string
  handle(call: Call): Promise<HttpResponse> | HttpResponse
}

const BUS: Parameter = {
  name: 'bus',
  description: 'name of a bus, or account/region/name',
  schema: { type: 'string' },
}
const AFTER: Parameter = {
  name: 'after',
  description: 'the id after which to go on',
  schema: { type: 'string' },
}

export const OWN_ROUTES: readonly OwnRoute[] = [
  {
    path: '/info',
    operation: 'getInfo',
    summary: 'What runs here',
    parameters: [],
    answer: 'Info',
    handle: ({ deps }) => json({ name: 'signalbox', ...deps.about }),
  },
  {
    path: '/stats',
    operation: 'getStats',
    summary: 'Totals since the start, and the state of this moment',
    parameters: [],
    answer: 'Stats',
    handle: async ({ deps }) => json(await readStats(deps)),
  },
  {
    path: '/tail',
    operation: 'tail',
    summary: 'Events as they become durable, as server-sent events; resumes behind Last-Event-ID',
    parameters: [
      BUS,
      { name: 'pattern', description: 'an event pattern, as JSON', schema: { type: 'string' } },
      { name: 'type', description: 'type of the event (detail-type)', schema: { type: 'string' } },
      {
        name: 'after',
        description: 'position behind which to begin; now when absent',
        schema: { type: 'string', pattern: '^\\d+:\\d+$' },
      },
      {
        name: 'stats',
        description: '`1` adds the totals once a second',
        schema: { type: 'string', enum: ['1'] },
      },
    ],
    answer: 'events',
    handle: tail,
  },
  {
    path: '/buses',
    operation: 'listBuses',
    summary: 'All buses',
    parameters: [],
    answer: 'BusList',
    handle: async ({ deps }) => json({ items: await deps.listBuses() }),
  },
  {
    path: '/rules',
    operation: 'listRules',
    summary: 'All rules, or those of one bus',
    parameters: [BUS],
    answer: 'RuleList',
    handle: async ({ deps, query }) =>
      json({ items: await deps.listRules(given({ bus: query.get('bus') })) }),
  },
  {
    path: '/deliveries',
    operation: 'listDeliveries',
    summary: 'Deliveries that wait for their next attempt or were given up',
    parameters: [
      {
        name: 'state',
        description: 'only those in this state',
        schema: { type: 'string', enum: ['pending', 'dead'] },
      },
      BUS,
      { name: 'rule', description: 'name of a rule', schema: { type: 'string' } },
      { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
      AFTER,
    ],
    answer: 'DeliveryList',
    handle: listDeliveries,
  },
  {
    path: '/endpoints',
    operation: 'listEndpoints',
    summary: 'Global endpoints, and where each sends',
    parameters: [],
    answer: 'EndpointList',
    handle: async ({ deps }) => json({ items: await deps.listEndpoints() }),
  },
  {
    path: '/endpoints/health',
    method: 'POST',
    operation: 'setEndpointHealth',
    summary:
      'Say whether the primary region of a global endpoint is healthy; if not, events go to the other',
    parameters: [
      { name: 'endpoint', description: 'name, id or ARN', schema: { type: 'string' } },
      {
        name: 'health',
        description: 'of the primary region',
        schema: { type: 'string', enum: ['healthy', 'unhealthy'] },
      },
    ],
    answer: 'Endpoint',
    handle: setEndpointHealth,
  },
  {
    path: '/explain/event',
    method: 'POST',
    isReading: true,
    operation: 'explainEvent',
    summary: 'Why rules of a bus, one rule or a pattern match an event or do not, nearest first',
    parameters: [],
    body: 'ExplainEvent',
    answer: 'EventExplanation',
    handle: explainEvent,
  },
  {
    path: '/explain/rule',
    operation: 'explainRule',
    summary: 'Why a rule matches the newest events of its bus or does not, nearest first',
    parameters: [
      { name: 'rule', description: 'name or ARN of a rule', schema: { type: 'string' } },
      BUS,
      { name: 'limit', description: 'at most this many events', schema: { type: 'integer' } },
    ],
    answer: 'RuleExplanation',
    handle: explainRule,
  },
  ...PIPE_ROUTES,
  ...CONNECTOR_ROUTES,
  ...MIRROR_ROUTES,
  ...DEAD_DELIVERY_ROUTES,
  ...QUEUE_LOOK_ROUTES,
  ...ARCHIVE_ROUTES,
  {
    path: '/reset',
    method: 'POST',
    operation: 'reset',
    summary: 'Takes every resource, event, message and archive; for test suites, under `dev` only',
    parameters: [],
    answer: 'Emptied',
    handle: reset,
  },
  ...ACCESS_ROUTES,
  ...AUDIT_ROUTES,
  ...OPERATION_ROUTES,
  ...ROOST_ROUTES,
  ...FLOW_ROUTES,
  ...SCHEDULE_ROUTES,
  ...SCHEMA_ROUTES,
]

// Streams open now, over all servers of the process.
let openTails = 0

function tail({ deps, request, query }: Call): HttpResponse {
  if (openTails >= TAILS_MAX) {
    throw new AppError('LIMIT_EXCEEDED', `expected at most ${TAILS_MAX} live tails at once`)
  }
  const lastEventId = request.headers['last-event-id']
  const resumed = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined
  const pieces = streamTail(deps, {
    subscribe: given({
      bus: query.get('bus'),
      pattern: query.get('pattern'),
      type: query.get('type'),
      after: parseAfter(resumed ?? query.get('after')),
    }),
    hasStats: query.get('stats') === '1',
    signal: request.signal,
  })
  const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }
  return { status: 200, headers, body: counted(pieces) }
}

async function* counted<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
  openTails += 1
  try {
    yield* pieces
  } finally {
    openTails -= 1
  }
}

async function reset({ deps }: Call): Promise<HttpResponse> {
  if (deps.about.mode !== 'dev') {
    throw new AppError('ACCESS_DENIED', 'a server is emptied under `signalbox dev` only')
  }
  await deps.reset()
  return json({ emptied: true })
}

async function setEndpointHealth({ deps, query }: Call): Promise<HttpResponse> {
  const endpoint = query.get('endpoint')
  const health = query.get('health')
  if (endpoint === undefined || (health !== 'healthy' && health !== 'unhealthy')) {
    throw new AppError(
      'REQUEST_INVALID',
      `expected \`endpoint\`, and \`health\` to be \`healthy\` or \`unhealthy\`, got \`${health ?? ''}\``,
    )
  }
  return json(await deps.setEndpointHealth(endpoint, health))
}

async function listDeliveries({ deps, query }: Call): Promise<HttpResponse> {
  const limit = parseLimit(query.get('limit'))
  const items = await deps.listDeliveries({
    limit,
    ...given({
      state: parseState(query.get('state')),
      bus: query.get('bus'),
      rule: query.get('rule'),
      after: query.get('after'),
    }),
  })
  const last = items.length === limit ? items.at(-1) : undefined
  return json({ items, ...(last === undefined ? {} : { after: last.id }) })
}
