// What our own API asks of the schema registry, over the use cases: summaries, whole schemas with an example and the
// rules that match it, and pushing.

import type { OwnSchemas, SchemaSummaryView, SchemaView } from './api/index.ts'
import { isAppError } from './base/index.ts'
import type { SchemaUses } from './control/index.ts'
import { matchesPattern, parsePattern } from './match/index.ts'
import { formatBusKey, parseBusKey } from './event/index.ts'
import type { Ruleset, Scope } from './model/index.ts'
import { exampleDetail, parseDocument, type SchemaDocument } from './schema/index.ts'

type StoredVersion = Awaited<ReturnType<SchemaUses['get']>>
type StoredSchema = Pick<StoredVersion, 'arn' | 'spec'>

export function createOwnSchemas(schemas: SchemaUses, ruleset: () => Ruleset): OwnSchemas {
  const getSchema: OwnSchemas['getSchema'] = async (scope, { registry, name, version }) => {
    const asked = { registry, schema: name, number: version }
    return viewSchema(await schemas.get(scope, asked), ruleset())
  }
  return {
    listRegistries: async (scope) =>
      Promise.all(
        (await allPages((token) => schemas.registries.list(scope, { token }))).map(
          async ({ arn, spec: { name, description } }) => ({
            name,
            arn,
            ...(description === undefined ? {} : { description }),
            schemas: (await schemasOf(schemas, scope, name)).length,
          }),
        ),
      ),
    async listSchemas(scope, registry) {
      const registries =
        registry === undefined
          ? // What AWS sends is no type of this server's own: it is shown to who asks for it.
            await allPages((token) => schemas.registries.list(scope, { token, owner: 'local' }))
          : [await schemas.registries.get(scope, registry)]
      const lists = registries.map(({ spec }) => schemasOf(schemas, scope, spec.name))
      return (await Promise.all(lists)).flat().map((schema) => summarise(schema))
    },
    getSchema,
    async pushSchema(scope, { registry, name, ...schema }) {
      await ensureRegistry(schemas, scope, registry)
      const key = { registry, schema: name }
      try {
        await schemas.update(scope, key, schema)
      } catch (error) {
        if (!isAppError(error, 'RESOURCE_NOT_FOUND')) throw error
        await schemas.create(scope, key, schema)
      }
      return getSchema(scope, { registry, name })
    },
    setValidation: (scope, bus, validation) => schemas.validation.setBus(scope, bus, validation),
    setRuleVersions: (scope, rule, range) => schemas.validation.setRule(scope, rule, range),
  }
}

async function ensureRegistry(schemas: SchemaUses, scope: Scope, name: string): Promise<void> {
  try {
    await schemas.registries.get(scope, name)
  } catch (error) {
    if (!isAppError(error, 'RESOURCE_NOT_FOUND')) throw error
    await schemas.registries.create(scope, { name })
  }
}

function schemasOf(
  schemas: SchemaUses,
  scope: Scope,
  registry: string,
): Promise<readonly StoredSchema[]> {
  return allPages((token) => schemas.list(scope, registry, { token }))
}

interface SomePage<T> {
  readonly items: readonly T[]
  readonly nextToken?: string
}

async function allPages<T>(
  read: (token: string | undefined) => Promise<SomePage<T>>,
): Promise<readonly T[]> {
  const all: T[] = []
  let token: string | undefined
  do {
    const page: SomePage<T> = await read(token)
    all.push(...page.items)
    token = page.nextToken
  } while (token !== undefined)
  return all
}

function summarise({ arn, spec }: StoredSchema): SchemaSummaryView {
  const { registry, name, description, versions, modifiedAt } = spec
  const { number, semantic, type } = versions.at(-1)!
  return {
    registry,
    name,
    arn,
    ...(description === undefined ? {} : { description }),
    type,
    version: number,
    semantic,
    versions: versions.length,
    modifiedAt,
  }
}

function viewSchema(stored: StoredVersion, ruleset: Ruleset): SchemaView {
  const { spec, version, content } = stored
  const { number, semantic, type } = version
  const document = parseDocument({ name: spec.name, type, content })
  const example = exampleDetail(document)
  return {
    ...summarise(stored),
    type,
    version: number,
    semantic,
    content,
    detailType: document.detailType,
    ...(document.source === undefined ? {} : { source: document.source }),
    history: spec.versions.map((entry) => ({
      version: entry.number,
      semantic: entry.semantic,
      type: entry.type,
      createdAt: entry.createdAt,
    })),
    example,
    rules: rulesFor(ruleset, spec, { document, example }),
  }
}

/** The rules of the account's buses that match an event of the schema; any source will do where it names none. */
function rulesFor(
  { buses }: Ruleset,
  scope: Scope,
  { document, example }: { readonly document: SchemaDocument; readonly example: unknown },
): SchemaView['rules'] {
  const rules: { bus: string; rule: string }[] = []
  for (const [busKey, bus] of buses) {
    const { account, region, name } = parseBusKey(busKey)
    if (formatBusKey({ account, region, name: '' }) !== formatBusKey({ ...scope, name: '' }))
      continue
    for (const rule of bus.rules.values()) {
      if (rule.pattern === undefined) continue
      const source = document.source ?? sourceOf(rule.pattern)
      const envelope = envelopeOf(scope, { source, detailType: document.detailType, example })
      if (matchesPattern(parsePattern(rule.pattern), envelope))
        rules.push({ bus: name, rule: rule.name })
    }
  }
  return rules
}

/** A source that a pattern asks for by name. */
function sourceOf(pattern: string): string {
  const { source } = JSON.parse(pattern) as { readonly source?: unknown }
  const named = Array.isArray(source) ? source.find((one) => typeof one === 'string') : undefined
  return typeof named === 'string' ? named : 'any'
}

function envelopeOf(
  { account, region }: Scope,
  event: { readonly source: string; readonly detailType: string; readonly example: unknown },
): Buffer {
  return Buffer.from(
    JSON.stringify({
      version: '0',
      id: '00000000-0000-4000-8000-000000000000',
      'detail-type': event.detailType,
      source: event.source,
      account,
      time: '2026-01-31T12:00:00Z',
      region,
      resources: [],
      detail: event.example,
    }),
  )
}
