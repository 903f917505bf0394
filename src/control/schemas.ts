// The use cases of schemas: each change of content is a version with a number, as AWS counts, and a semantic version
// that says what the change means for those who use it.

import {
  FIRST_VERSION,
  nextVersion,
  type ResourceOf,
  type SchemaType,
  type SchemaVersionEntry,
  type Scope,
  type Tags,
} from '../model/index.ts'
import { compareDocuments, isSameJson, parseDocument, type SchemaText } from '../schema/index.ts'
import { checkNotAws } from './aws-schemas.ts'
import { fault } from './faults.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { retryConflicts } from './resources.ts'
import {
  checkSchemaName,
  DISCOVERED_REGISTRY,
  registrySerialKey,
  schemaKeyOf,
  type SchemaName,
  versionKeyOf,
} from './schema-names.ts'
import type { SchemaParts } from './schema-parts.ts'
import { findRegistry } from './schema-registries.ts'
import {
  findSchema,
  findVersion,
  listSchemas,
  nextNumber,
  nowText,
  type SchemaVersionView,
  type SchemaView,
  storeSchema,
  toView,
  updateStored,
  viewSchema,
  writeVersion,
} from './schema-store.ts'
import { checkTags } from './tag-set.ts'

export interface NewSchema {
  readonly type: SchemaType
  readonly content: string
  readonly description?: string | undefined
  readonly tags?: Tags | undefined
}

export interface SchemaUpdate {
  readonly type?: SchemaType | undefined
  readonly content?: string | undefined
  readonly description?: string | undefined
}

export interface SchemaFilter extends PageRequest {
  readonly namePrefix?: string | undefined
}

/** A version of a schema; the newest when no number is given. */
export interface VersionName extends SchemaName {
  readonly number?: string | undefined
}

export interface Schemas {
  create(scope: Scope, name: SchemaName, schema: NewSchema): Promise<SchemaVersionView>
  get(scope: Scope, name: VersionName): Promise<SchemaVersionView>
  list(scope: Scope, registry: string, filter: SchemaFilter): Promise<Page<SchemaView>>
  listVersions(
    scope: Scope,
    name: SchemaName,
    request: PageRequest,
  ): Promise<Page<SchemaVersionEntry> & SchemaView>
  /** Content that says the same keeps its version. */
  update(scope: Scope, name: SchemaName, update: SchemaUpdate): Promise<SchemaVersionView>
  delete(scope: Scope, name: SchemaName): Promise<void>
  deleteVersion(scope: Scope, name: SchemaName, number: string): Promise<void>
  /** What a discoverer learnt; the only way into its registry. */
  learn(scope: Scope, schema: string, content: string): Promise<SchemaVersionView>
}

export function createSchemas(parts: SchemaParts): Schemas {
  return {
    async create(scope, name, schema) {
      checkSchemaName(name)
      if (schema.tags !== undefined) checkTags(schema.tags, name.schema)
      return createSchema(parts, scope, name, schema)
    },
    get: (scope, name) => findVersion(parts, scope, name),
    async list(scope, registry, { namePrefix = '', ...request }) {
      await findRegistry(parts, scope, registry)
      const views = await listSchemas(parts, scope, registry)
      const wanted = views.filter(({ spec }) => spec.name.startsWith(namePrefix))
      return pageOf(wanted, ({ spec }) => spec.name, request)
    },
    async listVersions(scope, name, request) {
      const view = await viewSchema(parts, scope, name)
      const page = pageOf(view.spec.versions, ({ number }) => number.padStart(9, '0'), request)
      return { ...view, ...page }
    },
    async update(scope, name, update) {
      checkSchemaName(name)
      return updateSchema(parts, scope, name, update)
    },
    delete: (scope, name) => deleteSchema(parts, scope, name),
    deleteVersion: (scope, name, number) => deleteVersion(parts, scope, { ...name, number }),
    learn: (scope, schema, content) => learn(parts, scope, schema, content),
  }
}

async function createSchema(
  parts: SchemaParts,
  scope: Scope,
  name: SchemaName,
  { type, content, description, tags }: NewSchema,
): Promise<SchemaVersionView> {
  const text = { name: name.schema, type, content }
  // Compiled before it is there: a schema that cannot be used is refused here, and no event waits for it.
  await parts.validators.get(text)
  const view = await parts.serial.run(registrySerialKey(scope, name.registry), async () => {
    await findRegistry(parts, scope, name.registry)
    if ((await parts.resources.get('Schema', schemaKeyOf(scope, name))) !== undefined) {
      throw fault('schema-exists', { ...name })
    }
    const first = { text, registry: name.registry, number: '1', semantic: FIRST_VERSION }
    const version = await writeVersion(parts, scope, first)
    const { account, region } = scope
    return storeSchema(parts, {
      account,
      region,
      registry: name.registry,
      name: name.schema,
      versions: [version],
      modifiedAt: nowText(parts),
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
    })
  })
  await parts.schemasSettled()
  return { ...view, version: view.spec.versions[0]!, content }
}

async function updateSchema(
  parts: SchemaParts,
  scope: Scope,
  name: SchemaName,
  update: SchemaUpdate,
): Promise<SchemaVersionView> {
  const updated = await parts.serial.run(registrySerialKey(scope, name.registry), () =>
    retryConflicts(async () => {
      const stored = await findSchema(parts, scope, name)
      const { description } = update
      const described = description === undefined ? {} : { description }
      const current = await findVersion(parts, scope, name)
      const text = {
        name: name.schema,
        type: update.type ?? current.version.type,
        content: update.content ?? current.content,
      }
      if (isSameText(current, text)) {
        const isSame = description === undefined || description === stored.spec.description
        const view = isSame ? toView(stored) : await updateStored(parts, stored, described)
        return { ...current, ...view }
      }
      return addVersion(parts, stored, { text, current, described })
    }),
  )
  await parts.schemasSettled()
  return updated
}

function isSameText({ version, content }: SchemaVersionView, text: SchemaText): boolean {
  if (version.type !== text.type) return false
  if (content === text.content) return true
  try {
    return isSameJson(JSON.parse(content), JSON.parse(text.content))
  } catch {
    // Not JSON: refused below, with the reason.
    return false
  }
}

interface Addition {
  readonly text: SchemaText
  readonly current: SchemaVersionView
  readonly described: { readonly description?: string }
}

async function addVersion(
  parts: SchemaParts,
  stored: ResourceOf<'Schema'>,
  { text, current, described }: Addition,
): Promise<SchemaVersionView> {
  await parts.validators.get(text)
  const before = parseDocument({
    name: text.name,
    type: current.version.type,
    content: current.content,
  })
  const { level } = compareDocuments(before, parseDocument(text))
  const version = await writeVersion(parts, stored.spec, {
    text,
    registry: stored.spec.registry,
    number: nextNumber(stored.spec),
    semantic: nextVersion(current.version.semantic, level),
  })
  const versions = [...stored.spec.versions, version]
  const view = await updateStored(parts, stored, { ...described, versions })
  return { ...view, version, content: text.content }
}

async function deleteSchema(parts: SchemaParts, scope: Scope, name: SchemaName): Promise<void> {
  checkNotAws(name.registry)
  await parts.serial.run(registrySerialKey(scope, name.registry), async () => {
    const { spec } = await findSchema(parts, scope, name)
    await parts.resources.delete('Schema', schemaKeyOf(scope, name))
    for (const { number } of spec.versions) {
      await parts.resources.delete('SchemaVersion', versionKeyOf(scope, name, number))
    }
  })
  await parts.schemasSettled()
}

/** The last version cannot go: a schema without one would say nothing. */
async function deleteVersion(
  parts: SchemaParts,
  scope: Scope,
  { number, ...name }: SchemaName & { readonly number: string },
): Promise<void> {
  checkNotAws(name.registry)
  await parts.serial.run(registrySerialKey(scope, name.registry), async () => {
    const stored = await findSchema(parts, scope, name)
    const versions = stored.spec.versions.filter((version) => version.number !== number)
    if (versions.length === stored.spec.versions.length) {
      throw fault('schema-version-not-found', { ...name, version: number })
    }
    if (versions.length === 0) throw fault('schema-version-last', { ...name })
    await updateStored(parts, stored, { versions })
    await parts.resources.delete('SchemaVersion', versionKeyOf(scope, name, number))
  })
  await parts.schemasSettled()
}

async function learn(
  parts: SchemaParts,
  scope: Scope,
  schema: string,
  content: string,
): Promise<SchemaVersionView> {
  const name = { registry: DISCOVERED_REGISTRY, schema }
  const stored = await parts.resources.get('Schema', schemaKeyOf(scope, name))
  return stored === undefined
    ? createSchema(parts, scope, name, { type: 'OpenApi3', content })
    : updateSchema(parts, scope, name, { content })
}
