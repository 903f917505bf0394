// Whether the schema of a CRD is structural, in the real server's words.
// https://github.com/kubernetes/apiextensions-apiserver/tree/master/pkg/apiserver/schema

import type { FieldFault } from '../structure/index.ts'
import { SCHEMA_DEPTH_MAX } from './limits.ts'

const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean'])
const LOGIC = ['allOf', 'anyOf', 'oneOf'] as const
/** What may not be within allOf and the like: it has to stand in the structure itself. */
const NOT_WITHIN_LOGIC = [
  'type',
  'description',
  'title',
  'default',
  'nullable',
  'additionalProperties',
]

/** Of allOf they hold; of anyOf and oneOf nobody could say which. */
const RULES = 'x-kubernetes-validations'

export function schemaFaults(schema: unknown, path: string): readonly FieldFault[] {
  const faults: FieldFault[] = []
  if (!isMap(schema)) return [requiredAt(path, 'must be an object')]
  if (schema['type'] !== 'object') {
    const message = `Invalid value: ${JSON.stringify(schema['type'] ?? '')}: must be object at the root`
    faults.push({ type: 'FieldValueInvalid', field: `${path}.type`, message })
  }
  check(schema, { path, depth: 0, faults })
  return faults
}

interface At {
  readonly path: string
  readonly depth: number
  readonly faults: FieldFault[]
}

type SchemaMap = Readonly<Record<string, unknown>>

function check(schema: SchemaMap, { path, depth, faults }: At): void {
  if (depth > SCHEMA_DEPTH_MAX) {
    const message = `Forbidden: must be nested at most ${SCHEMA_DEPTH_MAX} deep`
    faults.push({ type: 'FieldValueForbidden', field: path, message })
    return
  }
  const { type, properties, additionalProperties, items } = schema
  checkType(schema, { path, depth, faults })
  if (properties !== undefined && additionalProperties !== undefined) {
    const message = 'Forbidden: additionalProperties and properties are mutual exclusive'
    faults.push({ type: 'FieldValueForbidden', field: `${path}.additionalProperties`, message })
  }
  if (type === 'array' && !isMap(items))
    faults.push(requiredAt(`${path}.items`, 'must be specified'))
  checkListType(schema, { path, depth, faults })
  checkPattern(schema, { path, depth, faults })
  for (const [name, of] of Object.entries(isMap(properties) ? properties : {}))
    if (isMap(of)) check(of, { path: `${path}.properties[${name}]`, depth: depth + 1, faults })
  if (isMap(additionalProperties))
    check(additionalProperties, { path: `${path}.additionalProperties`, depth: depth + 1, faults })
  if (isMap(items)) check(items, { path: `${path}.items`, depth: depth + 1, faults })
  checkLogic(schema, { path, depth, faults })
}

function checkType(schema: SchemaMap, { path, faults }: At): void {
  const { type } = schema
  const isFree =
    schema['x-kubernetes-int-or-string'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true
  if (type === undefined || type === '') {
    if (!isFree)
      faults.push(requiredAt(`${path}.type`, 'must not be empty for specified object fields'))
  } else if (typeof type !== 'string' || !TYPES.has(type)) {
    const supported = Array.from(TYPES, (one) => JSON.stringify(one)).join(', ')
    const message = `Unsupported value: ${JSON.stringify(type)}: supported values: ${supported}`
    faults.push({ type: 'FieldValueNotSupported', field: `${path}.type`, message })
  }
}

function checkListType(schema: SchemaMap, { path, faults }: At): void {
  const type = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys']
  if (type === 'map' && (!Array.isArray(keys) || keys.length === 0))
    faults.push(
      requiredAt(
        `${path}.x-kubernetes-list-map-keys`,
        'must not be empty if x-kubernetes-list-type is map',
      ),
    )
  if (type !== undefined && type !== 'map' && type !== 'set' && type !== 'atomic') {
    const message = `Unsupported value: ${JSON.stringify(type)}: supported values: "atomic", "map", "set"`
    faults.push({
      type: 'FieldValueNotSupported',
      field: `${path}.x-kubernetes-list-type`,
      message,
    })
  }
}

function checkPattern({ pattern }: SchemaMap, { path, faults }: At): void {
  if (typeof pattern !== 'string') return
  try {
    RegExp(pattern, 'u')
  } catch (error) {
    const message = `Invalid value: ${JSON.stringify(pattern)}: must be a valid regular expression, but isn't: ${(error as Error).message}`
    faults.push({ type: 'FieldValueInvalid', field: `${path}.pattern`, message })
  }
}

function checkLogic(schema: SchemaMap, { path, depth, faults }: At): void {
  for (const name of LOGIC) {
    const list = schema[name]
    if (!Array.isArray(list)) continue
    for (const [index, one] of list.entries()) {
      if (!isMap(one as unknown)) continue
      const at = `${path}.${name}[${index}]`
      const forbidden = name === 'allOf' ? NOT_WITHIN_LOGIC : [...NOT_WITHIN_LOGIC, RULES]
      for (const member of forbidden)
        if (member in (one as object) && schema['x-kubernetes-int-or-string'] !== true) {
          const message = `Forbidden: must be empty to be structural`
          faults.push({ type: 'FieldValueForbidden', field: `${at}.${member}`, message })
        }
    }
  }
  if (depth === 0 && schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const message = 'Invalid value: false: must be true or undefined'
    const field = `${path}.x-kubernetes-preserve-unknown-fields`
    faults.push({ type: 'FieldValueInvalid', field, message })
  }
}

function requiredAt(field: string, text: string): FieldFault {
  return { type: 'FieldValueRequired', field, message: `Required value: ${text}` }
}

function isMap(value: unknown): value is SchemaMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
