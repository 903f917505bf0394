// A schema that refers to others by name, made one that stands by itself, and back: what it refers to lies among its
// definitions, and a member of its own says which of them these are.
//
//   {"$ref": "address.json#/definitions/zip"}  ⇄  {"$ref": "#/definitions/address.json/definitions/zip"}

import { AppError } from '../base/index.ts'

export interface SchemaReference {
  /** As `$ref` says it. */
  readonly name: string
  readonly subject: string
  readonly version: number
}

export interface ReferencedSchema extends SchemaReference {
  /** JSON text of a schema that stands by itself. */
  readonly content: string
}

type Json = Record<string, unknown>

const MEMBER = 'x-confluent-references'
/** What a schema says of itself as a whole, which does not hold where it is a part. */
const OF_THE_WHOLE = ['$schema', 'id', '$id', MEMBER]

/** Throws `SCHEMA_INVALID`. */
export function bundleReferences(schema: string, referenced: readonly ReferencedSchema[]): string {
  if (referenced.length === 0) return schema
  const root = objectOf(schema)
  const names = new Set(referenced.map(({ name }) => name))
  const own = isObject(root['definitions']) ? root['definitions'] : {}
  const clash = [...names].find((name) => Object.hasOwn(own, name))
  if (clash !== undefined)
    throw invalid(`a definition has the name of the reference \`${clash}\`; give it another`)
  const parts = referenced.map(({ name, content }) => {
    const part = Object.entries(objectOf(content)).filter(([key]) => !OF_THE_WHOLE.includes(key))
    const inside = (text: string): string =>
      text.startsWith('#') ? pointerTo(name) + text.slice(1) : text
    return [name, withRefs(Object.fromEntries(part), inside)] as const
  })
  const pointed = withRefs(root, (text) => {
    const [base, fragment] = split(text)
    return base !== '' && names.has(base) ? pointerTo(base) + fragment : text
  })
  const references = referenced.map(({ name, subject, version }) => ({ name, subject, version }))
  return JSON.stringify({
    ...pointed,
    definitions: {
      ...(isObject(pointed['definitions']) ? pointed['definitions'] : {}),
      ...Object.fromEntries(parts),
    },
    [MEMBER]: references,
  })
}

/** What was bundled: the schema as it was given, and what it refers to. */
export function unbundleReferences(content: string): {
  readonly schema: string
  readonly references: readonly SchemaReference[]
} {
  const root = objectOf(content)
  const references = root[MEMBER]
  if (!Array.isArray(references)) return { schema: content, references: [] }
  const { [MEMBER]: _, definitions, ...rest } = root
  // It was written by `bundleReferences` alone.
  const known = references as readonly SchemaReference[]
  const left = Object.entries(isObject(definitions) ? definitions : {}).filter(
    ([key]) => !known.some(({ name }) => name === key),
  )
  const bare = left.length === 0 ? rest : { ...rest, definitions: Object.fromEntries(left) }
  const schema = withRefs(bare, (text) => {
    for (const { name } of known) {
      const pointer = pointerTo(name)
      if (text === pointer) return name
      if (text.startsWith(`${pointer}/`)) return `${name}#${text.slice(pointer.length)}`
    }
    return text
  })
  return { schema: JSON.stringify(schema), references: known }
}

/** Every `$ref` with another text. */
function withRefs(value: Json, change: (text: string) => string): Json {
  const walk = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(walk)
    if (!isObject(one)) return one
    return Object.fromEntries(
      Object.entries(one).map(([key, inner]) => [
        key,
        key === '$ref' && typeof inner === 'string' ? change(inner) : walk(inner),
      ]),
    )
  }
  return walk(value) as Json
}

function split(text: string): readonly [base: string, fragment: string] {
  const at = text.indexOf('#')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function pointerTo(name: string): string {
  const escaped = name.replaceAll('~', '~0').replaceAll('/', '~1')
  return `#/definitions/${encodeURIComponent(escaped)}`
}

function objectOf(text: string): Json {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Said below, as of any other text that is none.
  }
  if (isObject(value)) return value
  throw invalid('expected a JSON object')
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string): AppError {
  return new AppError('SCHEMA_INVALID', message)
}
