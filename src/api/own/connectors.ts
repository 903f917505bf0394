// Brokers and sources over our own API: what there is, what each source does, and making and taking away.

import { AppError, describeError } from '../../base/index.ts'
import { DEFAULT_ACCOUNT } from '../../model/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { COUNT, type Json, list, MILLISECONDS, object, TEXT } from './json-schema.ts'
import { json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

const SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }

type Kind = 'Broker' | 'Source'

const NAME = { name: 'name', description: 'name of it', schema: { type: 'string' } }

export const CONNECTOR_ROUTES: readonly OwnRoute[] = [
  ...routesOf('Broker', '/brokers'),
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
}
