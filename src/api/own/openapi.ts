// The OpenAPI document of our own API and of the operations' paths, made from the table of routes.
// https://spec.openapis.org/oas/v3.1.0

import { EXPLAIN_SCHEMAS } from './explain-schemas.ts'
import { SCHEDULE_SCHEMAS } from './schedule-schemas.ts'
import { REGISTRY_SCHEMAS } from './schema-schemas.ts'
import { COUNT, type Json, list, MILLISECONDS, object, reference, TEXT } from './json-schema.ts'
import { ACCESS_SCHEMAS } from './access.ts'
import { OPERATION_SCHEMAS } from './operations.ts'
import { AUDIT_SCHEMAS } from './audit-routes.ts'
import { FLOW_SCHEMAS } from './flows.ts'
import { ROOST_SCHEMAS } from './roost.ts'
import { ARCHIVE_SCHEMAS } from './archives.ts'
import { CONNECTOR_SCHEMAS } from './connectors.ts'
import { MIRROR_SCHEMAS } from './mirrors.ts'
import { QUEUE_LOOK_SCHEMAS } from './queue-looks.ts'
import { DEAD_DELIVERY_SCHEMAS } from './dead-deliveries.ts'
import { PIPE_SCHEMAS } from './pipes.ts'
import { OWN_PREFIX, OWN_ROUTES, type OwnRoute } from './routes.ts'

const SCHEMAS: Readonly<Record<string, Json>> = {
  ...ACCESS_SCHEMAS,
  ...AUDIT_SCHEMAS,
  ...OPERATION_SCHEMAS,
  ...ROOST_SCHEMAS,
  ...FLOW_SCHEMAS,
  ...PIPE_SCHEMAS,
  ...CONNECTOR_SCHEMAS,
  ...MIRROR_SCHEMAS,
  ...DEAD_DELIVERY_SCHEMAS,
  ...QUEUE_LOOK_SCHEMAS,
  ...ARCHIVE_SCHEMAS,
  Error: object({ error: object({ code: TEXT, message: TEXT, docs: TEXT }) }),
  Info: object({
    name: TEXT,
    version: TEXT,
    mode: { type: 'string', enum: ['dev', 'start'] },
    startedAt: MILLISECONDS,
  }),
  Totals: object(
    {
      received: COUNT,
      refused: COUNT,
      matched: COUNT,
      delivered: COUNT,
      failed: COUNT,
      retried: COUNT,
      dead: COUNT,
      breakersOpen: COUNT,
      latencyMsP50: { type: 'number' },
      latencyMsP99: { type: 'number' },
    },
    ['latencyMsP50', 'latencyMsP99'],
  ),
  State: object({
    pending: COUNT,
    dead: COUNT,
    lagRecords: COUNT,
    logSizeBytes: COUNT,
    logSegments: COUNT,
    logQuarantined: COUNT,
    storeSizeBytes: COUNT,
    schedules: COUNT,
    schedulesDue: COUNT,
  }),
  Stats: object({
    at: MILLISECONDS,
    uptimeMs: { type: 'number' },
    totals: reference('Totals'),
    state: reference('State'),
    residentBytes: COUNT,
  }),
  TailEvent: object({
    position: TEXT,
    timestamp: MILLISECONDS,
    bus: TEXT,
    account: TEXT,
    region: TEXT,
    oneIn: { type: 'integer', minimum: 1, description: 'one event in this many is shown' },
    sizeBytes: COUNT,
    envelope: { type: ['object', 'null'], description: 'null where it is too large to show' },
  }),
  Bus: object({ name: TEXT, account: TEXT, region: TEXT, arn: TEXT, rules: COUNT }),
  BusList: list('Bus'),
  Rule: object(
    {
      uid: TEXT,
      name: TEXT,
      bus: TEXT,
      account: TEXT,
      region: TEXT,
      arn: TEXT,
      state: TEXT,
      pattern: TEXT,
      schedule: TEXT,
      schemaVersions: TEXT,
      targets: { type: 'array', items: reference('Target') },
    },
    ['pattern', 'schedule', 'schemaVersions'],
  ),
  RuleList: list('Rule'),
  Target: object(
    {
      id: TEXT,
      address: TEXT,
      disabled: {
        ...object({ since: MILLISECONDS, reason: TEXT }),
        description: 'nothing is sent to it until it is changed',
      },
    },
    ['disabled'],
  ),
  Delivery: object(
    {
      id: TEXT,
      busKey: TEXT,
      ruleName: TEXT,
      targetId: TEXT,
      eventId: TEXT,
      state: { type: 'string', enum: ['pending', 'dead'] },
      attempts: COUNT,
      firstAttemptAt: MILLISECONDS,
      lastAttemptAt: MILLISECONDS,
      dueAt: MILLISECONDS,
      errorCode: TEXT,
      errorMessage: TEXT,
      exhausted: TEXT,
    },
    ['exhausted'],
  ),
  DeliveryList: list('Delivery'),
  Emptied: object({ emptied: { type: 'boolean', enum: [true] } }),
  Endpoint: object({
    name: TEXT,
    id: TEXT,
    arn: TEXT,
    account: TEXT,
    buses: { type: 'array', items: TEXT },
    activeRegion: TEXT,
    isFailedOver: { type: 'boolean' },
    isReplicated: { type: 'boolean' },
  }),
  EndpointList: list('Endpoint'),
  ...EXPLAIN_SCHEMAS,
  ...SCHEDULE_SCHEMAS,
  ...REGISTRY_SCHEMAS,
}

export function formatOpenApi(version: string): Json {
  const paths = OWN_ROUTES.map((route) => [
    OWN_PREFIX + route.path,
    { [route.method === 'POST' ? 'post' : 'get']: describe(route) },
  ])
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox',
      version,
      description: 'The API that the console and the command line use.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: { ...Object.fromEntries(paths), ...operationsPaths() },
    components: { schemas: SCHEMAS },
  }
}

function describe({ operation, summary, parameters, body, answer }: OwnRoute): Json {
  const content =
    answer === 'events'
      ? { 'text/event-stream': { schema: TEXT } }
      : { 'application/json': { schema: reference(answer) } }
  return {
    operationId: operation,
    summary,
    parameters: parameters.map((parameter) => ({ ...parameter, in: 'query' })),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: reference(body) } },
          },
        }),
    responses: {
      200: { description: summary, content },
      default: {
        description: 'What went wrong',
        content: { 'application/json': { schema: reference('Error') } },
      },
    },
  }
}

function operationsPaths(): Json {
  const summaries = {
    '/healthz': 'Whether the process is alive',
    '/livez': 'Whether the process is alive',
    '/readyz': 'Whether traffic may come; 503 with the reasons when not',
    '/metrics': 'Metrics in the text format of Prometheus',
  }
  const entries = Object.entries(summaries).map(([path, summary]) => [
    path,
    { get: { operationId: path.slice(1), summary, responses: { 200: { description: summary } } } },
  ])
  return Object.fromEntries(entries) as Json
}
