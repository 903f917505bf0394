// An example of what a schema describes: every required property, and the optional ones, with values that are
// valid where the schema says enough to make one.

import {
  branchesAt,
  isSchema,
  type JsonSchema,
  resolve,
  schemasAt,
  typesOf,
} from './json-schema.ts'
import { assertNever } from '../base/index.ts'
import { detailSchema, type SchemaDocument } from './document.ts'
import { EXAMPLE_DEPTH_MAX } from './limits.ts'

/** A detail that the schema describes. */
export function exampleDetail(document: SchemaDocument): unknown {
  const root = detailSchema(document)
  return exampleOf(root, root, 0)
}

function exampleOf(root: JsonSchema, given: JsonSchema, depth: number): unknown {
  const schema = depth > EXAMPLE_DEPTH_MAX ? undefined : resolve(root, given)
  if (schema === undefined) return null
  if ('default' in schema) return schema['default']
  if (Array.isArray(schema['enum'])) return (schema['enum'] as readonly unknown[])[0]
  const branch = branchesAt(schema, 'anyOf')[0] ?? branchesAt(schema, 'oneOf')[0]
  if (branch !== undefined) return exampleOf(root, branch, depth + 1)
  const parts = branchesAt(schema, 'allOf').map((part) => exampleOf(root, part, depth + 1))
  if (parts.length > 0) return Object.assign({}, ...parts) as unknown
  const type = [...(typesOf(schema) ?? [])][0] ?? (schema['properties'] ? 'object' : 'string')
  switch (type) {
    case 'object':
      return exampleObject(root, schema, depth)
    case 'array':
      return isSchema(schema['items']) ? [exampleOf(root, schema['items'], depth + 1)] : []
    case 'integer':
    case 'number':
      return exampleNumber(schema)
    case 'boolean':
      return true
    case 'null':
      return null
    case 'string':
      return exampleText(schema)
    default:
      return assertNever(type)
  }
}

function exampleObject(root: JsonSchema, schema: JsonSchema, depth: number): unknown {
  const entries = Object.entries(schemasAt(schema, 'properties'))
  return Object.fromEntries(entries.map(([name, part]) => [name, exampleOf(root, part, depth + 1)]))
}

function exampleNumber({ minimum, maximum }: JsonSchema): number {
  if (typeof minimum === 'number') return Math.ceil(minimum + 1)
  return typeof maximum === 'number' ? Math.min(1, Math.floor(maximum - 1)) : 1
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  time: '12:00:00Z',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function exampleText({ format, minLength }: JsonSchema): string {
  const known = typeof format === 'string' ? BY_FORMAT[format] : undefined
  if (known !== undefined) return known
  return 'text'.padEnd(typeof minLength === 'number' ? Math.min(minLength, 1000) : 0, 'x')
}
