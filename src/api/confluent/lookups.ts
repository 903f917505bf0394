// What a request speaks of: a version of a subject, and the schema that came with it.

import type { ConfluentRegistry, ConfluentVersion } from './deps.ts'
import { invalidSchema, invalidVersion, subjectMissing, versionMissing } from './replies.ts'
import type { ConfluentCall } from './route.ts'

const VERSION_MAX = 2 ** 31 - 1

/** The version of a subject by its number, `latest` or `-1`. */
export async function findVersion(
  registry: ConfluentRegistry,
  subject: string,
  version: string,
): Promise<ConfluentVersion> {
  const isLatest = version === 'latest' || version === '-1'
  const number = Number(version)
  if (!isLatest && !(Number.isInteger(number) && number >= 1 && number <= VERSION_MAX))
    throw invalidVersion(version)
  const versions = await versionsOf(registry, subject)
  const found = isLatest ? versions.at(-1) : versions.find((one) => one.version === number)
  if (found === undefined) throw versionMissing(version)
  return found
}

export async function versionsOf(
  registry: ConfluentRegistry,
  subject: string,
): Promise<readonly ConfluentVersion[]> {
  const versions = await registry.versions(subject)
  if (versions === undefined) throw subjectMissing(subject)
  return versions
}

/** The JSON schema of a request, as it would be kept. */
export function schemaIn({ registry, names, body }: ConfluentCall): string {
  const { schema, schemaType = 'AVRO', references = [] } = body
  if (schemaType !== 'JSON')
    throw invalidSchema(`expected \`schemaType\` to be \`JSON\`, got \`${String(schemaType)}\``)
  if (typeof schema !== 'string') throw invalidSchema('expected `schema` to be a text')
  if (!Array.isArray(references) || references.length > 0)
    throw invalidSchema('references to other subjects are not served; write the schema whole')
  return registry.normalize(names[0]!, schema)
}
