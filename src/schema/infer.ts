// From shapes to documents and back: an OpenAPI 3 document of the form that AWS's discoverer makes, with a
// component for the envelope, one for the detail and one for each object in it; and the shape that such a
// document was made of, so that the document itself is all that discovery has to keep.

import { ENVELOPE_COMPONENT, detailSchema, parseDocument, type SchemaDocument } from './document.ts'
import {
  branchesAt,
  isSchema,
  type JsonSchema,
  requiredOf,
  resolve,
  schemasAt,
  typesOf,
} from './json-schema.ts'
import { DOCUMENT_DEPTH_MAX } from './limits.ts'
import { typeName } from './names.ts'
import { ANYTHING, type Field, type Fields, mergeShapes, NOTHING, type Shape } from './shape.ts'

export interface InferredEvent {
  readonly source: string
  readonly detailType: string
  readonly detail: Shape
}

const REQUIRED = [
  'detail-type',
  'resources',
  'detail',
  'id',
  'source',
  'time',
  'region',
  'version',
  'account',
]
const TEXT: JsonSchema = { type: 'string' }

/** The document of a type of event, as OpenAPI 3 text. */
export function formatInferred({ source, detailType, detail }: InferredEvent): string {
  const title = typeName(detailType)
  const components = new Components(title)
  const reference = components.add(title, components.print(detail, title))
  return JSON.stringify({
    openapi: '3.0.0',
    info: { version: '1.0.0', title },
    paths: {},
    components: {
      schemas: {
        [ENVELOPE_COMPONENT]: {
          type: 'object',
          required: REQUIRED,
          'x-amazon-events-detail-type': detailType,
          'x-amazon-events-source': source,
          properties: {
            detail: reference,
            account: TEXT,
            'detail-type': TEXT,
            id: TEXT,
            region: TEXT,
            resources: { type: 'array', items: TEXT },
            source: TEXT,
            time: { type: 'string', format: 'date-time' },
            version: TEXT,
          },
        },
        ...components.schemas(),
      },
    },
  })
}

/** What a document of `formatInferred` was made of; undefined for any other document. */
export function readInferred(content: string, name: string): InferredEvent | undefined {
  const document: SchemaDocument = parseDocument({ name, type: 'OpenApi3', content })
  const { form, source, detailType } = document
  if (form !== 'envelope' || source === undefined) return undefined
  const root = detailSchema(document)
  return { source, detailType, detail: readShape(root, root, 0) }
}

/** The objects of a document, each by a name of its own. */
class Components {
  readonly #title: string
  readonly #schemas = new Map<string, JsonSchema>()

  constructor(title: string) {
    this.#title = title
  }

  schemas(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => this.#rank(a, b)))
  }

  print(shape: Shape, name: string): JsonSchema {
    if (shape.isAnything) return { description: 'any value' }
    const kinds = this.#kinds(shape, name)
    const nullable = shape.isNullable ? { nullable: true } : {}
    if (kinds.length === 0) return shape.isNullable ? { nullable: true, enum: [null] } : {}
    if (kinds.length === 1) return { ...kinds[0], ...nullable }
    return { anyOf: kinds, ...nullable }
  }

  /** Files a schema under a name, or under a longer one when that is taken by another. */
  add(name: string, schema: JsonSchema): JsonSchema {
    const text = JSON.stringify(schema)
    let free = name === ENVELOPE_COMPONENT ? `${this.#title}${name}` : name
    for (let count = 2; ; count += 1) {
      const known = this.#schemas.get(free)
      if (known === undefined || JSON.stringify(known) === text) break
      free = `${name}${count}`
    }
    this.#schemas.set(free, schema)
    return { $ref: `#/components/schemas/${free}` }
  }

  #kinds(shape: Shape, name: string): readonly JsonSchema[] {
    return [
      ...(shape.hasBoolean ? [{ type: 'boolean' }] : []),
      ...(shape.hasNumber ? [{ type: 'number' }] : []),
      ...(shape.text === undefined
        ? []
        : [shape.text === 'any' ? TEXT : { ...TEXT, format: shape.text }]),
      ...(shape.items === undefined
        ? []
        : [{ type: 'array', items: this.#printPart(shape.items, `${name}Item`) }]),
      ...(shape.fields === undefined ? [] : [this.#printFields(shape.fields, name)]),
    ]
  }

  #printFields(fields: Fields, name: string): JsonSchema {
    if (fields.others !== undefined) {
      return {
        type: 'object',
        additionalProperties: this.#printPart(fields.others, `${name}Value`),
      }
    }
    const entries = [...fields.byName].sort(([a], [b]) => (a < b ? -1 : 1))
    const required = entries.filter(([, field]) => field.isRequired).map(([key]) => key)
    const properties = entries.map(([key, { shape }]) => [
      key,
      this.#printPart(shape, typeName(key)),
    ])
    return {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      properties: Object.fromEntries(properties) as JsonSchema,
    }
  }

  /** An object with fields inside another one stands by itself. */
  #printPart(shape: Shape, name: string): JsonSchema {
    const printed = this.print(shape, name)
    const isObject = shape.fields !== undefined && shape.fields.others === undefined
    const isAlone = isObject && printed['type'] === 'object' && !shape.isNullable
    return isAlone ? this.add(name, printed) : printed
  }

  #rank(a: string, b: string): number {
    if (a === this.#title) return -1
    if (b === this.#title) return 1
    return a < b ? -1 : 1
  }
}

function readShape(root: JsonSchema, given: JsonSchema, depth: number): Shape {
  const schema = depth > DOCUMENT_DEPTH_MAX ? undefined : resolve(root, given)
  if (schema === undefined) return ANYTHING
  const branches = branchesAt(schema, 'anyOf')
  if (branches.length > 0) {
    return branches.map((branch) => readShape(root, branch, depth + 1)).reduce(mergeShapes, NOTHING)
  }
  const types = typesOf(schema)
  if (types === undefined) {
    const isNull = Array.isArray(schema['enum'])
    return isNull ? { ...NOTHING, isNullable: true } : ANYTHING
  }
  const { items, format } = schema
  return {
    isNullable: types.has('null'),
    hasBoolean: types.has('boolean'),
    hasNumber: types.has('number') || types.has('integer'),
    isAnything: false,
    ...(types.has('string') ? { text: format === 'date-time' ? 'date-time' : 'any' } : {}),
    ...(types.has('array') ? { items: readItems(root, items, depth) } : {}),
    ...(types.has('object') ? { fields: readFields(root, schema, depth) } : {}),
  }
}

/** Lists that were all empty say nothing of what they hold. */
function readItems(root: JsonSchema, items: unknown, depth: number): Shape {
  if (!isSchema(items) || Object.keys(items).length === 0) return NOTHING
  return readShape(root, items, depth + 1)
}

function readFields(root: JsonSchema, schema: JsonSchema, depth: number): Fields {
  const { additionalProperties } = schema
  const required = requiredOf(schema)
  const byName = new Map<string, Field>()
  for (const [name, part] of Object.entries(schemasAt(schema, 'properties'))) {
    byName.set(name, { shape: readShape(root, part, depth + 1), isRequired: required.has(name) })
  }
  return isSchema(additionalProperties)
    ? { byName, others: readShape(root, additionalProperties, depth + 1) }
    : { byName }
}
