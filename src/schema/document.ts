// A schema as it was registered, parsed: an OpenAPI 3 or JSON Schema draft 4 text becomes one draft 4 schema, of
// the whole event or of its detail, with the type of event it speaks of.
//
// Invariant: every `$ref` of a parsed document leads to a schema of the same document.

import { createHash } from 'node:crypto'
import { AppError } from '../base/index.ts'
import type { SchemaType } from '../model/index.ts'
import {
  DRAFT_4,
  isSchema,
  JSON_TYPES,
  type JsonSchema,
  resolve,
  resolvePointer,
  schemasAt,
} from './json-schema.ts'
import { CONTENT_LENGTH_MAX, DOCUMENT_DEPTH_MAX } from './limits.ts'
import { pascalCase } from './names.ts'
import { fromOpenApi } from './openapi.ts'
import { patternFault } from './linear-pattern.ts'

/** A schema's text as it lies in a registry. */
export interface SchemaText {
  /** Its name in the registry: `orders@OrderCreated`, or any other. */
  readonly name: string
  readonly type: SchemaType
  readonly content: string
}

export interface SchemaDocument {
  readonly title: string
  /** Draft 4, complete: what it refers to is in its `definitions`. */
  readonly root: JsonSchema
  /** Whether `root` is of the whole envelope, or of its detail alone. */
  readonly form: 'envelope' | 'detail'
  /** The type of event it speaks of; a source only when it names one. */
  readonly source?: string
  readonly detailType: string
}

/** The component that AWS gives the envelope. */
export const ENVELOPE_COMPONENT = 'AWSEvent'

const DIALECT = /^https?:\/\/json-schema\.org\/draft-04\/schema#?$/
const SOURCE_KEYWORD = 'x-amazon-events-source'
const DETAIL_TYPE_KEYWORD = 'x-amazon-events-detail-type'

/** Parses a schema's text. Throws `SCHEMA_INVALID`, naming every fault found. */
export function parseDocument(text: SchemaText): SchemaDocument {
  const { content } = text
  if (content.length > CONTENT_LENGTH_MAX) {
    throw invalid([`expected at most ${CONTENT_LENGTH_MAX} characters, got \`${content.length}\``])
  }
  const value = parseJson(content)
  const parsed = text.type === 'OpenApi3' ? readOpenApi(text, value) : readDraft4(text, value)
  const faults: string[] = []
  checkSchema(parsed.root, { root: parsed.root, path: '#', depth: 0, faults })
  if (faults.length > 0) throw invalid(faults)
  return parsed
}

/** What a text is known by: the same for texts that differ in white space and the order of members only. */
export function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('base64url')
}

/** The schema of the detail alone, complete. */
export function detailSchema({ root, form }: SchemaDocument): JsonSchema {
  if (form === 'detail') return root
  const detail = schemasAt(root, 'properties')['detail'] ?? {}
  return { ...resolve(root, detail), definitions: schemasAt(root, 'definitions') }
}

/** A document as draft 4 text, as AWS exports it. */
export function exportDraft4({ root, title }: SchemaDocument): string {
  return JSON.stringify({ $schema: DRAFT_4, ...root, title: root['title'] ?? title })
}

/** What a type of event is found by: `OrderCreated` is also meant by `Order Created`; any source when undefined. */
export function eventTypeKey(source: string | undefined, detailType: string): string {
  return `${source ?? '*'} ${pascalCase(detailType)}`
}

function readOpenApi(text: SchemaText, document: JsonSchema): SchemaDocument {
  const faults: string[] = []
  const { openapi, info, components } = document
  if (typeof openapi !== 'string' || !/^3\.\d+/.test(openapi)) {
    faults.push(`expected \`openapi\` to be a version like \`3.0.0\`, got \`${show(openapi)}\``)
  }
  const title = isSchema(info) ? info['title'] : undefined
  if (!isSchema(info) || typeof title !== 'string' || typeof info['version'] !== 'string') {
    faults.push('expected `info` to have a `title` and a `version`')
  }
  if (components !== undefined && !isSchema(components)) {
    faults.push('expected `components` to be an object')
  }
  if (faults.length > 0) throw invalid(faults)
  const schemas = Object.entries(schemasAt(isSchema(components) ? components : {}, 'schemas'))
  const definitions = new Map(schemas.map(([name, schema]) => [name, fromOpenApi(schema)]))
  const main = mainComponent(text.name, String(title), [...definitions.keys()])
  return {
    title: String(title),
    root: rootOf(definitions, main),
    form: main === ENVELOPE_COMPONENT ? 'envelope' : 'detail',
    ...eventTypeOf(text.name, definitions.get(main ?? '') ?? {}),
  }
}

/** The component that the document is about: the envelope, or the one named like it, or the first. */
function mainComponent(
  name: string,
  title: string,
  components: readonly string[],
): string | undefined {
  const wanted = [ENVELOPE_COMPONENT, title, pascalCase(title), detailTypeOfName(name), name]
  return wanted.find((candidate) => components.includes(candidate)) ?? components[0]
}

/** The main component, with the others as its definitions. */
function rootOf(
  definitions: ReadonlyMap<string, JsonSchema>,
  main: string | undefined,
): JsonSchema {
  const root = main === undefined ? {} : (definitions.get(main) ?? {})
  const others = [...definitions].filter(([name]) => name !== main)
  // It may be its own part: then it stands among the definitions too.
  const isReferred = JSON.stringify([...definitions.values()]).includes(`/${main ?? ''}"`)
  const kept = isReferred ? [...definitions] : others
  return kept.length === 0 ? root : { ...root, definitions: Object.fromEntries(kept) }
}

function readDraft4(text: SchemaText, root: JsonSchema): SchemaDocument {
  const { $schema: dialect, title } = root
  const isDraft4 = dialect === undefined || (typeof dialect === 'string' && DIALECT.test(dialect))
  if (!isDraft4) {
    throw invalid([`expected \`$schema\` to be \`${DRAFT_4}\`, got \`${show(dialect)}\``])
  }
  const { $schema: _, ...schema } = root
  const properties = schemasAt(schema, 'properties')
  const isEnvelope = Object.hasOwn(properties, 'detail') && Object.hasOwn(properties, 'detail-type')
  return {
    title: typeof title === 'string' ? title : pascalCase(detailTypeOfName(text.name)),
    root: schema,
    form: isEnvelope ? 'envelope' : 'detail',
    ...eventTypeOf(text.name, schema),
  }
}

function eventTypeOf(
  name: string,
  schema: JsonSchema,
): Pick<SchemaDocument, 'source' | 'detailType'> {
  const { [SOURCE_KEYWORD]: source, [DETAIL_TYPE_KEYWORD]: detailType } = schema
  const at = name.indexOf('@')
  const named = at > 0 ? name.slice(0, at) : undefined
  const known = typeof source === 'string' ? source : named
  return {
    ...(known === undefined ? {} : { source: known }),
    detailType: typeof detailType === 'string' ? detailType : detailTypeOfName(name),
  }
}

/** `OrderCreated` of `orders@OrderCreated`. */
function detailTypeOfName(name: string): string {
  return name.slice(name.indexOf('@') + 1)
}

interface Place {
  readonly root: JsonSchema
  readonly path: string
  readonly depth: number
  readonly faults: string[]
}

const ONE = ['additionalProperties', 'additionalItems', 'items', 'not']
const LISTS = ['allOf', 'anyOf', 'oneOf']
const NAMED = ['properties', 'patternProperties', 'definitions']

/** What draft 4's own meta-schema cannot see, or would tell badly. */
function checkSchema(schema: JsonSchema, place: Place): void {
  const { faults, path, depth, root } = place
  if (depth > DOCUMENT_DEPTH_MAX)
    throw invalid([`${path} is deeper than ${DOCUMENT_DEPTH_MAX} levels`])
  const { $ref: reference, type, pattern } = schema
  if (reference !== undefined) {
    const isFound = typeof reference === 'string' && resolvePointer(root, reference) !== undefined
    if (!isFound) faults.push(`${path}: \`${show(reference)}\` is no schema of this document`)
    else if (resolve(root, schema) === undefined) faults.push(`${path} refers to itself alone`)
    return
  }
  const types: readonly unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type]
  for (const name of types) {
    if ((JSON_TYPES as readonly unknown[]).includes(name)) continue
    faults.push(`${path}/type: expected a type of JSON, got \`${show(name)}\``)
  }
  const unsafe = typeof pattern === 'string' ? patternFault(pattern) : undefined
  if (unsafe !== undefined) faults.push(`${path}/pattern: ${unsafe}`)
  for (const name of Object.keys(schemasAt(schema, 'patternProperties'))) {
    const fault = patternFault(name)
    if (fault !== undefined) faults.push(`${path}/patternProperties: ${fault}`)
  }
  checkParts(schema, place)
}

function checkParts(schema: JsonSchema, place: Place): void {
  const enter = (part: unknown, name: string): void => {
    if (!isSchema(part)) return
    checkSchema(part, { ...place, path: `${place.path}/${name}`, depth: place.depth + 1 })
  }
  for (const keyword of ONE) enter(schema[keyword], keyword)
  for (const keyword of [...LISTS, 'items']) {
    const parts = schema[keyword]
    if (!Array.isArray(parts)) continue
    for (const [index, part] of parts.entries()) enter(part, `${keyword}/${index}`)
  }
  for (const keyword of NAMED) {
    for (const [name, part] of Object.entries(schemasAt(schema, keyword))) {
      enter(part, `${keyword}/${name}`)
    }
  }
}

function parseJson(content: string): JsonSchema {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw new AppError('SCHEMA_INVALID', 'expected the schema to be JSON', { cause: error })
  }
  if (!isSchema(value)) throw invalid(['expected the schema to be a JSON object'])
  return value
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function invalid(faults: readonly string[]): AppError {
  return new AppError('SCHEMA_INVALID', `the schema is not valid: ${faults.join('; ')}`, {
    details: { faults },
  })
}
