// JSON Schema, draft 4, as plain values, and the few looks at it that everything here shares. Inside this room
// a schema is always of that form: what came as OpenAPI was converted when it was parsed.
// https://json-schema.org/draft-04/draft-zyp-json-schema-04

export type JsonSchema = Readonly<Record<string, unknown>>

export type JsonType = 'array' | 'boolean' | 'integer' | 'null' | 'number' | 'object' | 'string'

export const JSON_TYPES: readonly JsonType[] = [
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]

export const DRAFT_4 = 'http://json-schema.org/draft-04/schema#'

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The named schemas below a keyword, such as `properties`; empty when there are none. */
export function schemasAt(
  schema: JsonSchema,
  keyword: string,
): Readonly<Record<string, JsonSchema>> {
  const value = schema[keyword]
  if (!isSchema(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) => (isSchema(entry) ? [[name, entry]] : [])),
  )
}

/** The listed schemas below a keyword, such as `anyOf`. */
export function branchesAt(schema: JsonSchema, keyword: string): readonly JsonSchema[] {
  const value = schema[keyword]
  return Array.isArray(value)
    ? (value as readonly unknown[]).filter((entry) => isSchema(entry))
    : []
}

export function requiredOf(schema: JsonSchema): ReadonlySet<string> {
  const { required } = schema
  if (!Array.isArray(required)) return new Set()
  return new Set((required as readonly unknown[]).filter((name) => typeof name === 'string'))
}

/** The types that a schema names; undefined when it allows all. */
export function typesOf(schema: JsonSchema): ReadonlySet<JsonType> | undefined {
  const { type } = schema
  const names: readonly unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type]
  const types = names.filter((name) => JSON_TYPES.includes(name as JsonType)) as JsonType[]
  return types.length === 0 ? undefined : new Set(types)
}

/** The schema behind a `$ref`, and behind that one's; undefined when it leads nowhere or round in a circle. */
export function resolve(root: JsonSchema, schema: JsonSchema): JsonSchema | undefined {
  const seen = new Set<JsonSchema>()
  let current: JsonSchema = schema
  while (typeof current['$ref'] === 'string') {
    if (seen.has(current)) return undefined
    seen.add(current)
    const next = resolvePointer(root, current['$ref'])
    if (next === undefined) return undefined
    current = next
  }
  return current
}

/** What a local reference, `#/definitions/Order`, points at. */
export function resolvePointer(root: JsonSchema, reference: string): JsonSchema | undefined {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let current: unknown = root
  for (const part of reference.slice(2).split('/')) {
    const name = decodePart(part)
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) {
      return undefined
    }
    current = (current as JsonSchema)[name]
  }
  return isSchema(current) ? current : undefined
}

/** The name that a reference to a definition gives it. */
export function definitionName(reference: string): string | undefined {
  const match = /^#\/definitions\/([^/]+)$/.exec(reference)
  return match === null ? undefined : decodePart(match[1]!)
}

export function definitionReference(name: string): string {
  return `#/definitions/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

// RFC 6901, and percent-encoding as in any URI fragment.
function decodePart(part: string): string {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether two values are the same JSON, whatever the order of members. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

/** JSON text with sorted members: equal for equal values. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`
  if (!isSchema(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`)
  return `{${members.join(',')}}`
}
