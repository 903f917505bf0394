// The schema registry as the Confluent dialect sees it: a subject is a schema, versions are its versions. Compatibility,
// mode and which versions are deleted softly are tags of the registry and of the schema, so that every other way to it
// shows them too.

import { createHash } from 'node:crypto'
import type { ConfluentRegistry, ConfluentVersion } from './api/index.ts'
import { AppError, isAppError } from './base/index.ts'
import type { SchemaUses } from './control/index.ts'
import type { SchemaType, Scope, Tags } from './model/index.ts'
import {
  bundleReferences,
  canonicalJson,
  compareDocuments,
  exportDraft4,
  faultsOf,
  isSameJson,
  parseDocument,
  type SchemaDocument,
  toDraft4,
  unbundleReferences,
} from './schema/index.ts'

const TYPE = 'JSONSchemaDraft4'
const TAG_PREFIX = 'confluent:'
const DELETED = `${TAG_PREFIX}deleted`
/** Of a tag's value. */
const TAG_LENGTH_MAX = 256
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
      const deleted = new Set(deletedIn(spec.tags))
      return views.map((view) => toVersion(subject, view, deleted))
    })
  const subjects: ConfluentRegistry['subjects'] = async () => {
    const all: { readonly subject: string; readonly isDeleted: boolean }[] = []
    let token: string | undefined
    do {
      const page = await found(() => schemas.list(scope, registry, { token }))
      for (const { spec } of page?.items ?? []) {
        const deleted = new Set(deletedIn(spec.tags))
        const isDeleted = spec.versions.every(({ number }) => deleted.has(Number(number)))
        all.push({ subject: spec.name, isDeleted })
      }
      token = page?.nextToken
    } while (token !== undefined)
    return all
  }
  return {
    alone,
    subjects,
    versions,
    async register(subject, content) {
      await checkId(content, subjects, versions)
      await ensureRegistry(schemas, scope, registry)
      const text = { type: TYPE, content } as const
      const known = await found(() => schemas.update(scope, named(subject), text))
      const view = known ?? (await schemas.create(scope, named(subject), text))
      // One that says what the newest says, which was deleted, is that one again.
      const deleted = known === undefined ? [] : deletedIn(await tagsOf(subject))
      const left = deleted.filter((version) => version !== Number(view.version.number))
      if (left.length !== deleted.length) await markDeleted(subject, left)
      return toVersion(subject, view, new Set(left))
    },
    normalize: (subject, schema, referenced) => {
      const content = bundleReferences(toDraft4(schema), referenced)
      documentOf(subject, content)
      return content
    },
    markDeleted,
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

  async function markDeleted(subject: string, versions: readonly number[]): Promise<void> {
    const arn = await arnOf(subject)
    if (versions.length === 0) await schemas.tags.remove(scope, arn, [DELETED])
    else await schemas.tags.add(scope, arn, { [DELETED]: formatDeleted(versions) })
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

interface VersionOfSchema {
  readonly version: { readonly number: string; readonly type: SchemaType }
  readonly content: string
}

function toVersion(
  subject: string,
  { version: { number, type }, content: text }: VersionOfSchema,
  deleted: ReadonlySet<number>,
): ConfluentVersion {
  const content =
    type === TYPE ? text : exportDraft4(parseDocument({ name: subject, type, content: text }))
  const version = Number(number)
  const { schema, references } = unbundleReferences(content)
  const isDeleted = deleted.has(version)
  return { subject, version, id: idOf(content), schema, references, content, isDeleted }
}

/** The versions that a tag names: `1-3 7`, letters that a tag may have. */
function deletedIn(tags: Tags = {}): readonly number[] {
  return (tags[DELETED] ?? '')
    .split(' ')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, nth) => first + nth)
    })
}

/** Throws `LIMIT_EXCEEDED` for more gaps than a tag has room for. */
function formatDeleted(versions: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const version of versions.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range?.[1] === version - 1) range[1] = version
    else ranges.push([version, version])
  }
  const text = ranges
    .map(([first, last]) => (first === last ? first : `${first}-${last}`))
    .join(' ')
  if (text.length <= TAG_LENGTH_MAX) return text
  throw new AppError(
    'LIMIT_EXCEEDED',
    'too many versions are deleted softly here and there; delete some permanently',
  )
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
  for (const { subject } of await subjects()) {
    const clash = (await versions(subject))?.find(
      (one) => one.id === id && !isSameJson(JSON.parse(one.content), JSON.parse(schema)),
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
