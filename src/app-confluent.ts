// The schema registry as the Confluent dialect sees it: a subject is a schema, versions are its versions. Compatibility
// and mode are tags of the registry and of the schema, so that every other way to it shows them too.

import { createHash } from 'node:crypto'
import type { ConfluentRegistry, ConfluentVersion } from './api/index.ts'
import { AppError, isAppError } from './base/index.ts'
import type { SchemaUses } from './control/index.ts'
import type { SchemaType, Scope, Tags } from './model/index.ts'
import {
  canonicalJson,
  compareDocuments,
  exportDraft4,
  faultsOf,
  isSameJson,
  parseDocument,
  type SchemaDocument,
  toDraft4,
} from './schema/index.ts'

const TYPE = 'JSONSchemaDraft4'
const TAG_PREFIX = 'confluent:'
const SETTINGS = ['compatibility', 'mode'] as const

/** Opens registries; one change comes after the other, over all of them. */
export function createConfluentRegistries(
  schemas: SchemaUses,
): (scope: Scope, registry: string) => ConfluentRegistry {
  let last: Promise<unknown> = Promise.resolve()
  const alone = <T>(change: () => Promise<T>): Promise<T> => {
    const next = last.then(change, change)
    last = next.catch(() => {})
    return next
  }
  return (scope, registry) => openRegistry(schemas, { scope, registry, alone })
}

interface Place extends Pick<ConfluentRegistry, 'alone'> {
  readonly scope: Scope
  readonly registry: string
}

function openRegistry(schemas: SchemaUses, { scope, registry, alone }: Place): ConfluentRegistry {
  const named = (subject: string): { readonly registry: string; readonly schema: string } => ({
    registry,
    schema: subject,
  })
  const versions: ConfluentRegistry['versions'] = (subject) =>
    found(async () => {
      const { spec } = await schemas.listVersions(scope, named(subject), {})
      const views = await Promise.all(
        spec.versions.map(({ number }) => schemas.get(scope, { ...named(subject), number })),
      )
      return views.map((view) => toVersion(subject, view))
    })
  const subjects: ConfluentRegistry['subjects'] = async () => {
    const names: string[] = []
    let token: string | undefined
    do {
      const page = await found(() => schemas.list(scope, registry, { token }))
      names.push(...(page?.items ?? []).map(({ spec }) => spec.name))
      token = page?.nextToken
    } while (token !== undefined)
    return names
  }
  return {
    alone,
    subjects,
    versions,
    async register(subject, schema) {
      await checkId(schema, subjects, versions)
      await ensureRegistry(schemas, scope, registry)
      const text = { type: TYPE, content: schema } as const
      const known = await found(() => schemas.update(scope, named(subject), text))
      return toVersion(subject, known ?? (await schemas.create(scope, named(subject), text)))
    },
    normalize: (subject, schema) => {
      const content = toDraft4(schema)
      documentOf(subject, content)
      return content
    },
    isSame: (schema, other) => isSameJson(JSON.parse(schema), JSON.parse(other)),
    faults: (direction, { subject, before, after }) => {
      const compared = compareDocuments(documentOf(subject, before), documentOf(subject, after))
      return faultsOf(direction, compared).map(({ path, message }) => `${path} ${message}`)
    },
    deleteSubject: (subject) => schemas.delete(scope, named(subject)),
    deleteVersion: (subject, version) =>
      schemas.deleteVersion(scope, named(subject), String(version)),
    settings: (subject) => found(async () => settingsIn(await tagsOf(subject))),
    async set(subject, setting, value) {
      if (subject === undefined) await ensureRegistry(schemas, scope, registry)
      const arn = await arnOf(subject)
      const key = TAG_PREFIX + setting
      if (value === undefined) await schemas.tags.remove(scope, arn, [key])
      else await schemas.tags.add(scope, arn, { [key]: value })
    },
  }

  async function tagsOf(subject: string | undefined): Promise<Tags> {
    return schemas.tags.list(scope, await arnOf(subject))
  }

  async function arnOf(subject: string | undefined): Promise<string> {
    const view =
      subject === undefined
        ? await schemas.registries.get(scope, registry)
        : await schemas.get(scope, named(subject))
    return view.arn
  }
}

async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (!isAppError(error, 'RESOURCE_NOT_FOUND')) throw error
    return undefined
  }
}

async function ensureRegistry(schemas: SchemaUses, scope: Scope, name: string): Promise<void> {
  const known = await found(() => schemas.registries.get(scope, name))
  if (known === undefined) await schemas.registries.create(scope, { name })
}

function toVersion(
  subject: string,
  {
    version: { number, type },
    content,
  }: {
    readonly version: { readonly number: string; readonly type: SchemaType }
    readonly content: string
  },
): ConfluentVersion {
  const schema =
    type === TYPE ? content : exportDraft4(parseDocument({ name: subject, type, content }))
  return { subject, version: Number(number), id: idOf(schema), schema }
}

/** From what the schema says, so that nobody has to remember it: positive, of 31 bits. */
function idOf(schema: string): number {
  const hash = createHash('sha256')
    .update(canonicalJson(JSON.parse(schema)))
    .digest()
  return hash.readUInt32BE(0) & 0x7f_ff_ff_ff || 1
}

/** Of a thousand schemas two have one id once in four thousand registries; the second is then not taken. */
async function checkId(
  schema: string,
  subjects: ConfluentRegistry['subjects'],
  versions: ConfluentRegistry['versions'],
): Promise<void> {
  const id = idOf(schema)
  for (const subject of await subjects()) {
    const clash = (await versions(subject))?.find(
      (one) => one.id === id && !isSameJson(JSON.parse(one.schema), JSON.parse(schema)),
    )
    if (clash === undefined) continue
    const message = `the schema has the same id as version ${clash.version} of \`${subject}\`, ${id}; give it another \`title\``
    throw new AppError('SCHEMA_INVALID', message)
  }
}

function documentOf(subject: string, content: string): SchemaDocument {
  return parseDocument({ name: subject, type: TYPE, content })
}

function settingsIn(tags: Tags): { readonly compatibility?: string; readonly mode?: string } {
  return Object.fromEntries(
    SETTINGS.flatMap((setting) => {
      const value = tags[TAG_PREFIX + setting]
      return value === undefined ? [] : [[setting, value]]
    }),
  )
}
