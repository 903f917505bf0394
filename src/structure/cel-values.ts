// Values as rules see them: typed by their schema, without what the schema does not know, and under names that CEL can
// say.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules

import type { CelLibrary } from './cel.ts'
import { isList } from './prune.ts'
import type { Json, Schema } from './schema.ts'

const RESERVED = new Set(
  (
    'true false null in as break const continue else for function if import let loop package namespace return var ' +
    'void while'
  ).split(' '),
)
const ESCAPES: Readonly<Record<string, string>> = {
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

/** What a property is called in a rule; undefined when it cannot be called anything. */
export function celName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`
  const escaped = name
    .replaceAll('__', '__underscores__')
    .replaceAll(/[./-]/g, (mark) => ESCAPES[mark]!)
  return /^[A-Za-z_]\w*$/.test(escaped) ? escaped : undefined
}

/** The type of what a schema describes, as far as the library can hold a rule against it. */
export function celType({ type, format, ...schema }: Schema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'dyn'
  if (type === 'string') return TEXT_TYPES[format ?? ''] ?? 'string'
  return PLAIN_TYPES[type ?? ''] ?? 'dyn'
}

const PLAIN_TYPES: Readonly<Record<string, string>> = {
  integer: 'int',
  number: 'double',
  boolean: 'bool',
}
const TEXT_TYPES: Readonly<Record<string, string>> = {
  date: 'google.protobuf.Timestamp',
  'date-time': 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  byte: 'bytes',
}

export function celValue(value: Json, schema: Schema, library: CelLibrary): unknown {
  if (isList(value)) {
    const { items = {} } = schema
    return value.map((item) => celValue(item, items, library))
  }
  if (typeof value === 'number')
    return schema.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value
  if (typeof value === 'string') return textValue(value, schema, library)
  return typeof value === 'object' && value !== null ? objectValue(value, schema, library) : value
}

function textValue(text: string, schema: Schema, library: CelLibrary): unknown {
  switch (celType(schema)) {
    case 'google.protobuf.Timestamp':
      return new Date(text)
    case 'google.protobuf.Duration':
      return library.evaluate('duration(text)', { text }) as unknown
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'))
    default:
      return text
  }
}

function objectValue(
  value: { readonly [key: string]: Json | undefined },
  schema: Schema,
  library: CelLibrary,
): object {
  const { properties, additionalProperties } = schema
  const members: (readonly [string, unknown])[] = []
  for (const [name, member] of Object.entries(value)) {
    // What is null is as good as absent.
    if (member === undefined || member === null) continue
    const isNamed = properties !== undefined && Object.hasOwn(properties, name)
    const of = isNamed ? properties[name]! : freeSchema(additionalProperties, schema)
    const known = isNamed ? celName(name) : name
    if (of !== undefined && known !== undefined)
      members.push([known, celValue(member, of, library)])
  }
  return Object.fromEntries(members)
}

function freeSchema(
  additionalProperties: Schema['additionalProperties'],
  schema: Schema,
): Schema | undefined {
  if (typeof additionalProperties === 'object') return additionalProperties
  const isFree =
    additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  return isFree ? {} : undefined
}
