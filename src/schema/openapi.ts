// From the schema objects of OpenAPI 3 to JSON Schema draft 4, from which they were taken: `nullable` becomes a
// type, references point at `definitions`, and words that say nothing of the value go.
// https://spec.openapis.org/oas/v3.0.3#schema-object

import { definitionReference, isSchema, type JsonSchema } from './json-schema.ts'

const COMPONENTS = '#/components/schemas/'

/** Keywords that hold one schema, a list of schemas, or named schemas. */
const ONE = new Set(['additionalProperties', 'items', 'not'])
const LISTS = new Set(['allOf', 'anyOf', 'oneOf'])
const NAMED = new Set(['properties', 'patternProperties', 'definitions'])

const DROPPED = new Set([
  'deprecated',
  'discriminator',
  'example',
  'externalDocs',
  'nullable',
  'readOnly',
  'writeOnly',
  'xml',
])

/** One schema object as draft 4. */
export function fromOpenApi(schema: JsonSchema): JsonSchema {
  const { $ref: reference } = schema
  if (typeof reference === 'string') {
    const converted = { $ref: convertReference(reference) }
    return schema['nullable'] === true ? { anyOf: [converted, { type: 'null' }] } : converted
  }
  const entries = Object.entries(schema)
    .filter(([keyword]) => !DROPPED.has(keyword))
    .map(([keyword, value]) => [keyword, convertValue(keyword, value)] as const)
  const converted = Object.fromEntries(entries)
  return schema['nullable'] === true ? withNull(converted) : converted
}

function convertValue(keyword: string, value: unknown): unknown {
  if (ONE.has(keyword) && isSchema(value)) return fromOpenApi(value)
  if (LISTS.has(keyword) && Array.isArray(value)) return value.map((item) => convertItem(item))
  if (NAMED.has(keyword) && isSchema(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [name, convertItem(entry)]),
    )
  }
  return value
}

function convertItem(value: unknown): unknown {
  return isSchema(value) ? fromOpenApi(value) : value
}

function convertReference(reference: string): string {
  if (!reference.startsWith(COMPONENTS)) return reference
  const [name, ...rest] = reference.slice(COMPONENTS.length).split('/')
  return [definitionReference(name!.replaceAll('~1', '/').replaceAll('~0', '~')), ...rest].join('/')
}

function withNull(schema: Record<string, unknown>): JsonSchema {
  const { type, enum: values } = schema
  // A schema without a type takes null already, unless something else in it does not.
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const types = { ...schema, type: [type, 'null'] }
  return Array.isArray(values) && !values.includes(null)
    ? { ...types, enum: [...(values as readonly unknown[]), null] }
    : types
}
