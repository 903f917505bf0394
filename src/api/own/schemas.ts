// The schema registry over our own API: looking, pushing, and what buses and rules ask of schemas.

import { AppError } from '../../base/index.ts'
import {
  type BusValidation,
  DEFAULT_ACCOUNT,
  type SchemaType,
  type Scope,
} from '../../model/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { parseBody } from './body.ts'
import { given, json } from './replies.ts'
import type { Call } from './routes.ts'

const DEFAULT_REGION = 'us-east-1'

export async function listRegistries({ deps, query }: Call): Promise<HttpResponse> {
  return json({ items: await deps.schemas.listRegistries(scopeOf(query)) })
}

export async function listSchemas({ deps, query }: Call): Promise<HttpResponse> {
  return json({ items: await deps.schemas.listSchemas(scopeOf(query), query.get('registry')) })
}

export async function getSchema({ deps, query }: Call): Promise<HttpResponse> {
  const name = { registry: needed(query, 'registry'), name: needed(query, 'name') }
  const asked = { ...name, ...given({ version: query.get('version') }) }
  return json(await deps.schemas.getSchema(scopeOf(query), asked))
}

const PUSH = ['registry', 'name', 'type', 'content', 'description'] as const

export async function pushSchema({ deps, request, query }: Call): Promise<HttpResponse> {
  const { texts } = parseBody(request.body, PUSH)
  const values = new Map(Object.entries(texts))
  const push = {
    registry: needed(values, 'registry'),
    name: needed(values, 'name'),
    content: needed(values, 'content'),
    type: schemaType(needed(values, 'type')),
    ...given({ description: texts.description }),
  }
  return json(await deps.schemas.pushSchema(scopeOf(query), push))
}

const VALIDATION = ['bus', 'mode', 'registry', 'deadLetterArn', 'unknown'] as const

export async function setValidation({ deps, request, query }: Call): Promise<HttpResponse> {
  const { texts } = parseBody(request.body, VALIDATION)
  await deps.schemas.setValidation(scopeOf(query), texts.bus, validationOf(texts))
  return json({ status: 'ok' })
}

const RULE_VERSIONS = ['bus', 'rule', 'versions'] as const

/** Without `versions` the rule asks for none. */
export async function setRuleVersions({ deps, request, query }: Call): Promise<HttpResponse> {
  const { texts } = parseBody(request.body, RULE_VERSIONS)
  const rule = needed(new Map(Object.entries(texts)), 'rule')
  const named = { rule, ...given({ bus: texts.bus }) }
  await deps.schemas.setRuleVersions(scopeOf(query), named, texts.versions)
  return json({ status: 'ok' })
}

function validationOf(
  texts: Partial<Readonly<Record<(typeof VALIDATION)[number], string>>>,
): BusValidation | undefined {
  const { mode, registry, deadLetterArn, unknown = 'accept' } = texts
  if (mode === 'off') return undefined
  if (mode !== 'warn' && mode !== 'reject') {
    throw invalid(`expected \`mode\` to be \`off\`, \`warn\` or \`reject\`, got \`${mode ?? ''}\``)
  }
  if (unknown !== 'accept' && unknown !== 'reject') {
    throw invalid(`expected \`unknown\` to be \`accept\` or \`reject\`, got \`${unknown}\``)
  }
  if (registry === undefined) throw invalid('expected `registry`, the name of a schema registry')
  return { mode, registry, unknown, ...given({ deadLetterArn }) }
}

function schemaType(text: string): SchemaType {
  if (text === 'OpenApi3' || text === 'JSONSchemaDraft4') return text
  throw invalid(`expected \`type\` to be \`OpenApi3\` or \`JSONSchemaDraft4\`, got \`${text}\``)
}

function scopeOf(query: ReadonlyMap<string, string>): Scope {
  return {
    account: query.get('account') ?? DEFAULT_ACCOUNT,
    region: query.get('region') ?? DEFAULT_REGION,
  }
}

function needed(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name)
  if (value === undefined) throw invalid(`expected \`${name}\``)
  return value
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
