// Where schemas of events come from: the documents that this room brings, a registry that speaks Confluent's API, or
// any address with the type in it.
// https://docs.confluent.io/platform/current/schema-registry/develop/api.html#get--subjects-(string-%20subject)-versions-(versionId-%20version)

import { AppError } from '../base/index.ts'
import type { FindSchema } from './event-check.ts'
import { LIFECYCLE_TYPES } from './event-types.ts'
import type { SchemaSettings, SecretKey } from './settings.ts'

export type FetchText = (
  url: string,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly text: string }>

export interface RegistryOptions {
  readonly settings: SchemaSettings['registry']
  /** The topic that events go to, of which Confluent's subjects are made. */
  readonly fetchText: FetchText
  readonly reveal: (secret: SecretKey) => Promise<string>
  /** Stands above the documents that this room brings. */
  readonly internal?: FindSchema | undefined
}

/** What it gives rejects `SERVER_UNREACHABLE` when a registry does not answer, or answers with a failure. */
export function createFindSchema(options: RegistryOptions): FindSchema {
  const { settings, internal } = options
  switch (settings.type) {
    case 'internal':
      return async (type) => (await internal?.(type)) ?? OWN_SCHEMAS.get(type)
    case 'confluent':
      return (type) => fromConfluent(options, type)
    case 'custom':
      return (type) => fromAddress(options, type)
  }
}

/** The newest version under the type's name (`RecordNameStrategy`). */
async function fromConfluent(options: RegistryOptions, type: string): Promise<string | undefined> {
  const url = `${options.settings.url!}/subjects/${encodeURIComponent(type)}/versions/latest`
  const text = await ask(options, url)
  if (text === undefined) return undefined
  const { schema, schemaType = 'AVRO' } = parseAnswer(url, text)
  if (schemaType !== 'JSON') {
    throw new AppError(
      'SCHEMA_INVALID',
      `expected the schema of \`${type}\` to be of type \`JSON\`, got \`${String(schemaType)}\``,
    )
  }
  return typeof schema === 'string' ? schema : undefined
}

/** `{type}` in the address stands for the type; else it is the last part of the path. */
function fromAddress(options: RegistryOptions, type: string): Promise<string | undefined> {
  const url = options.settings.url!
  const name = encodeURIComponent(type)
  // The address was kept as it was written: braces and all.
  const isPlaced = /\{type\}|%7Btype%7D/.test(url)
  return ask(options, isPlaced ? url.replace(/\{type\}|%7Btype%7D/g, name) : `${url}/${name}`)
}

async function ask(options: RegistryOptions, url: string): Promise<string | undefined> {
  const { status, text } = await options.fetchText(url, await authorizationOf(options))
  if (status === 404) return undefined
  if (status >= 200 && status < 300) return text
  throw new AppError(
    'SERVER_UNREACHABLE',
    `the schema registry answered \`${status}\` at \`${url}\``,
  )
}

async function authorizationOf({
  settings: { auth },
  reveal,
}: RegistryOptions): Promise<Readonly<Record<string, string>>> {
  const { username, passwordRef, tokenRef } = auth
  if (tokenRef !== undefined) return { authorization: `Bearer ${await reveal(tokenRef)}` }
  if (username === undefined || passwordRef === undefined) return {}
  const pair = `${username}:${await reveal(passwordRef)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function parseAnswer(url: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below: what is no JSON is no answer of a registry.
  }
  throw new AppError(
    'SERVER_UNREACHABLE',
    `the schema registry at \`${url}\` did not answer with a JSON object`,
  )
}

const TEXT = { type: 'string' }

function schemaOf(properties: object, required: readonly string[]): string {
  return JSON.stringify({
    type: 'object',
    properties: {
      roost: {
        type: 'object',
        properties: { name: TEXT, namespace: TEXT, uid: TEXT, tenant: TEXT },
        required: ['name', 'namespace', 'uid'],
      },
      chart: { type: 'object', properties: { name: TEXT, version: TEXT, repository: TEXT } },
      ...properties,
    },
    required: ['roost', 'chart', ...required],
  })
}

const OWN_SCHEMAS: ReadonlyMap<string, string> = new Map([
  [LIFECYCLE_TYPES.created, schemaOf({ phase: TEXT, health: TEXT }, [])],
  [
    LIFECYCLE_TYPES.updated,
    schemaOf(
      { changed: { type: 'array', items: TEXT, minItems: 1 }, previous: { type: 'object' } },
      ['changed', 'previous'],
    ),
  ],
  [LIFECYCLE_TYPES.deleted, schemaOf({ previousPhase: TEXT }, [])],
  [
    LIFECYCLE_TYPES.phase,
    schemaOf({ phase: TEXT, previousPhase: TEXT, error: TEXT }, ['phase', 'previousPhase']),
  ],
  [
    LIFECYCLE_TYPES.health,
    schemaOf({ health: TEXT, previousHealth: TEXT }, ['health', 'previousHealth']),
  ],
  [LIFECYCLE_TYPES.teardown, schemaOf({ reason: TEXT, requestedBy: TEXT }, ['reason'])],
])
