// Parameters: what a template says of those it takes, and what an Event gives. In the order of preference a template
// says it by `spec.parameters` (an OpenAPI v3 schema), by annotations, or by nothing but the placeholders it has.
//
//   metadata.annotations:
//     parameters.required: "network, iamRole"
//     parameters.optional: "bitrate"
//     parameters.types: |
//       network: string (CIDR format)
//       bitrate: integer

import {
  applyDefaults,
  type FieldFault,
  type Json,
  type Schema,
  validateStructure,
} from '../structure/index.ts'
import { invalid } from './faults.ts'
import { isObject, type JsonObject } from './json-tree.ts'

export interface Declaration {
  readonly schema: Schema
  /** Parameters that are declared and need not be given. */
  readonly optional: ReadonlySet<string>
  /** Nothing says which parameters there are but the places that use them. */
  readonly isFound: boolean
}

export interface DeclarationSource {
  readonly annotations: Readonly<Record<string, string>>
  /** `spec.parameters`. */
  readonly schema: Json | undefined
  readonly placeholders: readonly string[]
}

export interface Declared {
  readonly declaration: Declaration
  readonly faults: readonly FieldFault[]
}

const CIDR =
  '^((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}/(3[0-2]|[12]?\\d)|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*/(12[0-8]|1[01]\\d|\\d?\\d))$'
const ARN = '^arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:(\\d{12}|aws)?:.+$'

const TYPES: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  array: { type: 'array' },
  object: { type: 'object' },
}
const TYPE_LINE = /^([A-Za-z_][\w-]*)\s*:\s*([a-z]+)\s*(?:\((.*)\))?$/
const REQUIRED = 'parameters.required'
const OPTIONAL = 'parameters.optional'
const TYPED = 'parameters.types'

export function readDeclaration({
  annotations,
  schema,
  placeholders,
}: DeclarationSource): Declared {
  if (isObject(schema)) return { declaration: bySchema(schema), faults: [] }
  const isAnnotated = [REQUIRED, OPTIONAL, TYPED].some((name) => annotations[name] !== undefined)
  if (isAnnotated) return byAnnotations(annotations)
  const properties = Object.fromEntries(placeholders.map((name) => [name, {}]))
  const found = { type: 'object', properties, required: placeholders } as const
  return { declaration: { schema: found, optional: new Set(), isFound: true }, faults: [] }
}

function bySchema(schema: Schema): Declaration {
  const required = new Set(schema.required)
  const names = Object.keys(schema.properties ?? {})
  return {
    schema: { ...schema, type: 'object' },
    optional: new Set(names.filter((name) => !required.has(name))),
    isFound: false,
  }
}

function byAnnotations(annotations: Readonly<Record<string, string>>): Declared {
  const faults: FieldFault[] = []
  const required = namesIn(annotations[REQUIRED])
  const optional = namesIn(annotations[OPTIONAL])
  const properties: Record<string, Schema> = {}
  for (const name of [...required, ...optional]) properties[name] = {}
  for (const line of linesIn(annotations[TYPED])) {
    const [, name, type, note = ''] = TYPE_LINE.exec(line) ?? []
    const schema = type !== undefined && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
    if (name === undefined || schema === undefined) {
      const types = Object.keys(TYPES).join(', ')
      const text = `expected \`name: type (note)\` with one of the types ${types}`
      faults.push(invalid(`metadata.annotations[${TYPED}]`, line, text))
    } else properties[name] = withNote(schema, note)
  }
  const isRequired = new Set(required)
  const declaration: Declaration = {
    schema: { type: 'object', properties, required },
    optional: new Set(Object.keys(properties).filter((name) => !isRequired.has(name))),
    isFound: false,
  }
  return { declaration, faults }
}

function withNote(schema: Schema, note: string): Schema {
  const description = note === '' ? {} : { description: note }
  if (/\bcidr\b/i.test(note)) return { ...schema, ...description, pattern: CIDR }
  if (/\barn\b/i.test(note)) return { ...schema, ...description, pattern: ARN }
  return { ...schema, ...description }
}

/** By commas or lines, with or without a dash before each. */
function namesIn(text = ''): readonly string[] {
  return text
    .split(/[,\n]/)
    .map((name) => name.trim().replace(/^-\s*/, ''))
    .filter((name) => name !== '')
}

function linesIn(text = ''): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^-\s*/, ''))
    .filter((line) => line !== '')
}

export interface Checked {
  /** As given, with what has a default filled in. */
  readonly values: JsonObject
  readonly faults: readonly FieldFault[]
  /** Given, and not declared. */
  readonly unknown: readonly string[]
}

/** Every fault at once; none means that the values may be used. */
export function checkParameters(
  given: JsonObject,
  { schema }: Declaration,
  rootPath: string,
): Checked {
  const values = applyDefaults(given, schema) as JsonObject
  const faults = validateStructure(values, schema, { rootPath })
  const known = schema.properties ?? {}
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name))
  const isClosed = schema.additionalProperties === false
  const closed = isClosed
    ? unknown.map((name) => {
        const names = Object.keys(known).join(', ')
        return invalid(`${rootPath}.${name}`, given[name], `no such parameter; there are ${names}`)
      })
    : []
  return { values, faults: [...faults, ...closed], unknown }
}
