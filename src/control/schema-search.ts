// Looking into schemas: by words, in another form, and what a schema of given events would be.

import type { SchemaType, Scope } from '../model/index.ts'
import {
  exportDraft4,
  formatInferred,
  hasKeywords,
  mergeShapes,
  parseDocument,
  parseKeywords,
  shapeOf,
} from '../schema/index.ts'
import { fault } from './faults.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import type { SchemaParts } from './schema-parts.ts'
import { findRegistry } from './schema-registries.ts'
import {
  findVersion,
  listSchemas,
  type SchemaVersionView,
  type SchemaView,
} from './schema-store.ts'
import type { VersionName } from './schemas.ts'

export interface SchemaSearch {
  search(
    scope: Scope,
    registry: string,
    request: PageRequest & { readonly keywords: string },
  ): Promise<Page<SchemaView>>
  /** The version as JSON Schema draft 4. */
  export(scope: Scope, name: VersionName, type: string): Promise<SchemaVersionView>
  /** The schema of events, each JSON text; nothing is stored. */
  discover(events: readonly string[], type: SchemaType): string
}

export function createSchemaSearch(parts: SchemaParts): SchemaSearch {
  return {
    async search(scope, registry, { keywords, ...request }) {
      await findRegistry(parts, scope, registry)
      const words = parseKeywords(keywords)
      const found: SchemaView[] = []
      for (const view of await listSchemas(parts, scope, registry)) {
        if (await isFound(parts, view, words)) found.push(view)
      }
      return pageOf(found, ({ spec }) => spec.name, request)
    },
    async export(scope, name, type) {
      if (type !== 'JSONSchemaDraft4') throw fault('export-type-unknown', { type })
      const found = await findVersion(parts, scope, name)
      const { version, content } = found
      const document = parseDocument({ name: name.schema, type: version.type, content })
      return { ...found, version: { ...version, type }, content: exportDraft4(document) }
    },
    discover,
  }
}

async function isFound(
  parts: SchemaParts,
  { spec }: SchemaView,
  keywords: readonly string[],
): Promise<boolean> {
  const { name, description, registry } = spec
  if (hasKeywords({ name, description, content: '' }, keywords)) return true
  const { content } = await findVersion(parts, spec, { registry, schema: name })
  return hasKeywords({ name, description, content }, keywords)
}

function discover(events: readonly string[], type: SchemaType): string {
  const envelopes = events.map((event, index) => parseEvent(event, index))
  const [first] = envelopes
  if (first === undefined) throw fault('sample-invalid', { sample: 1 })
  const detail = envelopes.map((envelope) => shapeOf(envelope.detail)).reduce(mergeShapes)
  const content = formatInferred({ source: first.source, detailType: first.detailType, detail })
  if (type === 'OpenApi3') return content
  return exportDraft4(parseDocument({ name: first.detailType, type: 'OpenApi3', content }))
}

interface Sample {
  readonly source: string
  readonly detailType: string
  readonly detail: unknown
}

function parseEvent(text: string, index: number): Sample {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw fault('sample-invalid', { sample: index + 1 }, error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fault('sample-invalid', { sample: index + 1 })
  }
  const envelope = value as Readonly<Record<string, unknown>>
  const { source, detail, 'detail-type': detailType } = envelope
  // Something that is no envelope is taken for a detail.
  return typeof source === 'string' && typeof detailType === 'string' && detail !== undefined
    ? { source, detailType, detail }
    : { source: 'unknown', detailType: 'Event', detail: value }
}
