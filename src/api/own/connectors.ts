// Brokers and sources over our own API: what there is, what each source does, and making and taking away.

import { AppError, describeError } from '../../base/index.ts'
import { DEFAULT_ACCOUNT } from '../../model/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { COUNT, type Json, list, MILLISECONDS, object, TEXT } from './json-schema.ts'
import { parseLimit } from './query.ts'
import { json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

const SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }

type Kind = 'Broker' | 'Source'

const NAME = { name: 'name', description: 'name of it', schema: { type: 'string' } }

const BROKER = { name: 'broker', description: 'name of a broker', schema: { type: 'string' } }

export const CONNECTOR_ROUTES: readonly OwnRoute[] = [
  ...routesOf('Broker', '/brokers'),
  {
    path: '/brokers/browse',
    operation: 'browseBroker',
    summary: 'Topics or streams of a broker, who reads them and how far behind they are',
    parameters: [BROKER],
    answer: 'BrokerPlaceList',
    handle: async ({ deps, query }) =>
      json({ items: await deps.connectors.browse(needed(query, 'broker')) }),
  },
  {
    path: '/brokers/peek',
    operation: 'peekBroker',
    summary: 'The newest records of a topic, stream or subject; nobody misses them',
    parameters: [
      BROKER,
      {
        name: 'place',
        description: 'name of a topic or stream, or a subject, which is listened to for a moment',
        schema: { type: 'string' },
      },
      { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
    ],
    answer: 'PeekedRecordList',
    async handle({ deps, query, request }) {
      const wanted = { place: needed(query, 'place'), limit: parseLimit(query.get('limit')) }
      const broker = needed(query, 'broker')
      return json({ items: await deps.connectors.peek(broker, wanted, request.signal) })
    },
  },
  ...routesOf('Source', '/sources'),
]

function routesOf(kind: Kind, path: string): readonly OwnRoute[] {
  const noun = kind.toLowerCase()
  return [
    {
      path,
      operation: `list${kind}s`,
      summary: kind === 'Broker' ? 'All brokers' : 'All sources, and what each does',
      parameters: [],
      answer: `${kind}List`,
      handle: async ({ deps }) =>
        json({
          items: await (kind === 'Broker'
            ? deps.connectors.listBrokers()
            : deps.connectors.listSources()),
        }),
    },
    {
      path: `${path}/put`,
      method: 'POST',
      operation: `put${kind}`,
      summary: `Makes a ${noun}, or changes it to what comes`,
      parameters: [],
      body: `${kind}Spec`,
      answer: 'Done',
      handle: (call) => put(call, kind),
    },
    {
      path: `${path}/delete`,
      method: 'POST',
      operation: `delete${kind}`,
      summary: `Takes a ${noun} away`,
      parameters: [NAME],
      answer: 'Done',
      handle: (call) => remove(call, kind),
    },
  ]
}

function needed(query: Call['query'], name: string): string {
  const text = query.get(name)
  if (text !== undefined && text !== '') return text
  throw new AppError('REQUEST_INVALID', `expected \`${name}\`, got nothing`)
}

async function put({ deps, request }: Call, kind: Kind): Promise<HttpResponse> {
  await deps.connectors.put(kind, { ...SCOPE, ...parseSpec(request) })
  return json({ status: 'ok' })
}

async function remove({ deps, query }: Call, kind: Kind): Promise<HttpResponse> {
  const name = query.get('name')
  if (name === undefined) {
    throw new AppError(
      'REQUEST_INVALID',
      `expected \`name\` to be the name of a ${kind.toLowerCase()}`,
    )
  }
  await deps.connectors.delete(kind, name)
  return json({ status: 'ok' })
}

function parseSpec({ body }: HttpRequest): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch (error) {
    throw new AppError('REQUEST_INVALID', `expected the body to be JSON: ${describeError(error)}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw new AppError('REQUEST_INVALID', 'expected the body to be a JSON object')
}

const SPEC: Json = { type: 'object', description: 'as in the configuration file' }

export const CONNECTOR_SCHEMAS: Readonly<Record<string, Json>> = {
  BrokerSpec: SPEC,
  SourceSpec: SPEC,
  Broker: object({ name: TEXT, spec: SPEC }),
  BrokerList: list('Broker'),
  Source: object(
    {
      name: TEXT,
      spec: SPEC,
      state: { type: 'string', enum: ['connecting', 'connected', 'lost', 'stopped'] },
      reason: TEXT,
      since: MILLISECONDS,
      instances: COUNT,
      lag: {
        type: 'object',
        description: 'records not read yet, by place',
        additionalProperties: COUNT,
      },
    },
    ['reason'],
  ),
  SourceList: list('Source'),
  BrokerPlace: object(
    {
      name: TEXT,
      partitions: COUNT,
      subjects: { type: 'array', items: TEXT },
      records: COUNT,
      readers: { type: 'array', items: object({ name: TEXT, behind: COUNT }) },
    },
    ['partitions', 'subjects'],
  ),
  BrokerPlaceList: list('BrokerPlace'),
  PeekedRecord: object(
    {
      place: TEXT,
      topic: TEXT,
      timestamp: MILLISECONDS,
      key: TEXT,
      headers: { type: 'object', additionalProperties: TEXT },
      text: TEXT,
      base64: TEXT,
      sizeBytes: COUNT,
    },
    ['timestamp', 'key', 'text', 'base64'],
  ),
  PeekedRecordList: list('PeekedRecord'),
}
