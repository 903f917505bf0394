// What a request speaks of: a version of a subject, and the schema that came with it.

import type { ConfluentReference, ConfluentRegistry, ConfluentVersion } from './deps.ts'
import { invalidSchema, invalidVersion, subjectMissing, versionMissing } from './replies.ts'
import { type ConfluentCall, isTrue } from './route.ts'

const VERSION_MAX = 2 ** 31 - 1
const REFERENCES_MAX = 100

/** Which versions are looked at: those that are not deleted, unless `deleted=true` asks for all. */
export interface Sight {
  readonly hasDeleted: boolean
}

const LIVE: Sight = { hasDeleted: false }

export function sightOf({ query }: Pick<ConfluentCall, 'query'>): Sight {
  return { hasDeleted: isTrue(query, 'deleted') }
}

/** The version of a subject by its number, `latest` or `-1`. */
export async function findVersion(
  registry: ConfluentRegistry,
  subject: string,
  version: string,
  sight: Sight = LIVE,
): Promise<ConfluentVersion> {
  const isLatest = version === 'latest' || version === '-1'
  const number = Number(version)
  if (!isLatest && !(Number.isInteger(number) && number >= 1 && number <= VERSION_MAX))
    throw invalidVersion(version)
  const versions = await versionsOf(registry, subject, sight)
  const found = isLatest ? versions.at(-1) : versions.find((one) => one.version === number)
  if (found === undefined) throw versionMissing(version)
  return found
}

export async function versionsOf(
  registry: ConfluentRegistry,
  subject: string,
  { hasDeleted }: Sight = LIVE,
): Promise<readonly ConfluentVersion[]> {
  const versions = (await registry.versions(subject)) ?? []
  const seen = versions.filter(({ isDeleted }) => hasDeleted || !isDeleted)
  if (seen.length === 0) throw subjectMissing(subject)
  return seen
}

/** The JSON schema of a request, as it would be kept. */
export async function contentIn({ registry, names, body }: ConfluentCall): Promise<string> {
  const { schema, schemaType = 'AVRO', references = [] } = body
  if (schemaType !== 'JSON')
    throw invalidSchema(`expected \`schemaType\` to be \`JSON\`, got \`${String(schemaType)}\``)
  if (typeof schema !== 'string') throw invalidSchema('expected `schema` to be a text')
  const referenced: (ConfluentReference & { readonly content: string })[] = []
  for (const reference of parseReferences(references)) {
    const { subject, version } = reference
    const found = await findReferenced(registry, reference)
    if (found === undefined)
      throw invalidSchema(`there is no version ${version} of subject \`${subject}\` to refer to`)
    referenced.push({ ...reference, version: found.version, content: found.content })
  }
  return registry.normalize(names[0]!, schema, referenced)
}

function parseReferences(references: unknown): readonly ConfluentReference[] {
  if (references === null) return []
  if (!Array.isArray(references) || references.length > REFERENCES_MAX)
    throw invalidSchema(`expected \`references\` to be a list of at most ${REFERENCES_MAX}`)
  const parsed = references.map((one: unknown) => {
    const { name, subject, version } = { ...(one as Readonly<Record<string, unknown>> | null) }
    const isOne =
      typeof name === 'string' &&
      name !== '' &&
      typeof subject === 'string' &&
      Number.isInteger(version)
    if (isOne) return { name, subject, version: Number(version) }
    throw invalidSchema('expected each reference to have a `name`, a `subject` and a `version`')
  })
  const names = new Set(parsed.map(({ name }) => name))
  if (names.size !== parsed.length) throw invalidSchema('two references have one name')
  return parsed
}

async function findReferenced(
  registry: ConfluentRegistry,
  { subject, version }: ConfluentReference,
): Promise<ConfluentVersion | undefined> {
  const live = ((await registry.versions(subject)) ?? []).filter(({ isDeleted }) => !isDeleted)
  return version === -1 ? live.at(-1) : live.find((one) => one.version === version)
}
