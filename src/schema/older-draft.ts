// Schemas of drafts 6 and 7 in the words of draft 4, which is what is kept and validated here. What draft 4 has no word
// for is refused: left out it would let values pass.
// https://json-schema.org/draft-07/json-schema-release-notes

import { AppError } from '../base/index.ts'
import { canonicalJson, DRAFT_4, isSchema, type JsonSchema } from './json-schema.ts'

const NEWER = /^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/
const UNKNOWN_TO_DRAFT_4 = ['if', 'then', 'else', 'contains', 'propertyNames']
/** Under these stand values, not schemas. */
const VALUES = new Set(['enum', 'const', 'default', 'examples'])
/** Under these stand schemas by name: a property may be called `const`. */
const NAMED = new Set(['properties', 'patternProperties', 'definitions', 'dependencies'])

/** The text itself unless it says that it is of draft 6 or 7. Throws `SCHEMA_INVALID` for what cannot be said. */
export function toDraft4(content: string): string {
  let schema: unknown
  try {
    schema = JSON.parse(content)
  } catch {
    // Whoever parses it says what is wrong.
    return content
  }
  if (!isSchema(schema) || typeof schema['$schema'] !== 'string' || !NEWER.test(schema['$schema']))
    return content
  const faults: string[] = []
  const { $schema: _, ...rest } = schema
  const translated = translate(rest, '#', faults)
  if (faults.length > 0) {
    throw new AppError('SCHEMA_INVALID', `the schema is not valid: ${faults.join('; ')}`, {
      details: { faults },
    })
  }
  return JSON.stringify({ $schema: DRAFT_4, ...(translated as JsonSchema) })
}

function translate(schema: unknown, path: string, faults: string[]): unknown {
  // `true` takes everything and `false` nothing; draft 4 says so by schemas.
  if (schema === true) return {}
  if (schema === false) return { not: {} }
  if (Array.isArray(schema))
    return schema.map((part, index) => translate(part, `${path}/${index}`, faults))
  if (!isSchema(schema)) return schema
  const translated: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const inside = `${path}/${keyword}`
    if (UNKNOWN_TO_DRAFT_4.includes(keyword))
      faults.push(`${inside}: draft 4 has no \`${keyword}\``)
    else if (keyword === '$id') translated['id'] = value
    else if (keyword === 'const') translated['enum'] = constantOf(value, schema, inside, faults)
    else if (BOUNDS.has(keyword) && typeof value === 'number') setBound(translated, schema, keyword)
    else if (NAMED.has(keyword) && isSchema(value))
      translated[keyword] = translateNamed(value, inside, faults)
    else if (keyword === 'additionalProperties' || keyword === 'additionalItems')
      translated[keyword] = typeof value === 'boolean' ? value : translate(value, inside, faults)
    else translated[keyword] ??= VALUES.has(keyword) ? value : translatePart(value, inside, faults)
  }
  return translated
}

/** Texts, numbers and flags of keywords are what they are. */
function translatePart(value: unknown, path: string, faults: string[]): unknown {
  return typeof value === 'object' && value !== null ? translate(value, path, faults) : value
}

function translateNamed(
  schemas: JsonSchema,
  path: string,
  faults: string[],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      isListOfNames(schema) ? schema : translate(schema, `${path}/${name}`, faults),
    ]),
  )
}

/** What a dependency may be besides a schema. */
function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function constantOf(
  value: unknown,
  schema: JsonSchema,
  path: string,
  faults: string[],
): readonly unknown[] {
  const { enum: listed } = schema
  const isListed =
    !Array.isArray(listed) || listed.some((one) => canonicalJson(one) === canonicalJson(value))
  if (!isListed) faults.push(`${path}: no value is this and one of \`enum\``)
  return [value]
}

const BOUNDS: ReadonlyMap<string, 'minimum' | 'maximum'> = new Map([
  ['exclusiveMinimum', 'minimum'],
  ['exclusiveMaximum', 'maximum'],
])

/** In draft 4 the exclusive bound is a flag of the other; of two bounds the one that is met first counts. */
function setBound(translated: Record<string, unknown>, schema: JsonSchema, keyword: string): void {
  const inclusive = BOUNDS.get(keyword)!
  const exclusive = schema[keyword] as number
  const other = schema[inclusive]
  const isHidden =
    typeof other === 'number' && (inclusive === 'minimum' ? other > exclusive : other < exclusive)
  if (isHidden) return
  translated[inclusive] = exclusive
  translated[keyword] = true
}
