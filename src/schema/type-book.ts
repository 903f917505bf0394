// What generated code is made of, before it is in any language: records with named fields, and the types between
// them. One book gathers the types of many schemas, so that what they share is declared once.
//
// Invariant: two declarations never have one name, and one structure of one name is declared once.

import { detailSchema, type SchemaDocument } from './document.ts'
import {
  branchesAt,
  canonicalJson,
  definitionName,
  isSchema,
  type JsonSchema,
  requiredOf,
  resolve,
  schemasAt,
  typesOf,
} from './json-schema.ts'
import { DOCUMENT_DEPTH_MAX } from './limits.ts'
import { typeName } from './names.ts'

export type Primitive = 'any' | 'boolean' | 'integer' | 'null' | 'number' | 'string'

export type TypeNode =
  | { readonly kind: 'primitive'; readonly name: Primitive; readonly format?: string }
  /** One of these JSON values. */
  | { readonly kind: 'literal'; readonly values: readonly unknown[] }
  | { readonly kind: 'list'; readonly items: TypeNode }
  | { readonly kind: 'map'; readonly values: TypeNode }
  /** A declaration of the book. */
  | { readonly kind: 'named'; readonly name: string }
  /** Any, or all, of these. */
  | { readonly kind: 'union' | 'both'; readonly members: readonly TypeNode[] }

export interface RecordField {
  readonly key: string
  readonly type: TypeNode
  readonly isRequired: boolean
  readonly doc?: string
}

export type Declaration =
  | {
      readonly kind: 'record'
      readonly name: string
      readonly fields: readonly RecordField[]
      /** Of properties that are not named; absent when there should be none. */
      readonly others?: TypeNode
      readonly doc?: string
    }
  | {
      readonly kind: 'alias'
      readonly name: string
      readonly type: TypeNode
      readonly doc?: string
    }

export interface EventType {
  /** What its type is called: `FileDownloadCompleted`. */
  readonly name: string
  readonly detailType: string
  readonly source?: string
  readonly detail: TypeNode
  readonly doc?: string
}

const ANY: TypeNode = { kind: 'primitive', name: 'any' }

export class TypeBook {
  readonly events: EventType[] = []
  readonly #declarations = new Map<string, Declaration>()
  /** By structure: the name it has. */
  readonly #names = new Map<string, string>()
  readonly #taken: Set<string>

  /** `reserved` are names that the code around the types uses itself. */
  constructor(reserved: readonly string[] = []) {
    this.#taken = new Set(reserved)
  }

  /** In the order in which they were met. */
  get declarations(): readonly Declaration[] {
    return [...this.#declarations.values()]
  }

  add(document: SchemaDocument): EventType {
    const name = this.#freeName(typeName(document.detailType))
    const root = detailSchema(document)
    const reader = new DocumentReader(this, root, name)
    const detail = reader.declare(root, `${name}Detail`)
    const { description } = root
    const event: EventType = {
      name,
      detailType: document.detailType,
      ...(document.source === undefined ? {} : { source: document.source }),
      detail,
      ...(typeof description === 'string' ? { doc: description } : {}),
    }
    this.events.push(event)
    return event
  }

  /** The name of a structure: the one it has, or a free one like `wanted`, with whether it is new. */
  claim(structure: string, wanted: string): { readonly name: string; readonly isNew: boolean } {
    const key = `${wanted} ${structure}`
    const known = this.#names.get(key)
    if (known !== undefined) return { name: known, isNew: false }
    const name = this.#freeName(wanted)
    this.#names.set(key, name)
    return { name, isNew: true }
  }

  declare(declaration: Declaration): void {
    this.#declarations.set(declaration.name, declaration)
  }

  #freeName(wanted: string): string {
    let name = wanted
    for (let count = 2; this.#taken.has(name); count += 1) name = `${wanted}${count}`
    this.#taken.add(name)
    return name
  }
}

/** Reads the types of one document into a book. */
class DocumentReader {
  readonly #book: TypeBook
  readonly #root: JsonSchema
  readonly #event: string
  #depth = 0

  constructor(book: TypeBook, root: JsonSchema, event: string) {
    this.#book = book
    this.#root = root
    this.#event = event
  }

  /** A type that must have a name of its own. */
  declare(schema: JsonSchema, wanted: string): TypeNode {
    const resolved = resolve(this.#root, schema) ?? {}
    const { name, isNew } = this.#book.claim(this.#structureOf(resolved), wanted)
    if (!isNew) return { kind: 'named', name }
    // It stands in its place before its parts are read: one of them may be itself.
    this.#book.declare({ kind: 'alias', name, type: ANY })
    this.#book.declare(this.#declaration(resolved, name))
    return { kind: 'named', name }
  }

  typeOf(schema: JsonSchema, wanted: string): TypeNode {
    if (this.#depth > DOCUMENT_DEPTH_MAX) return ANY
    this.#depth += 1
    try {
      return this.#read(schema, wanted)
    } finally {
      this.#depth -= 1
    }
  }

  #read(schema: JsonSchema, wanted: string): TypeNode {
    const { $ref: reference, enum: values } = schema
    if (typeof reference === 'string') {
      if (reference === '#') return this.declare(this.#root, `${this.#event}Detail`)
      return this.declare(schema, typeName(definitionName(reference) ?? wanted))
    }
    if (Array.isArray(values)) return { kind: 'literal', values }
    const all = branchesAt(schema, 'allOf')
    if (all.length > 0) return this.#readAll(schema, all, wanted)
    const branches = [...branchesAt(schema, 'anyOf'), ...branchesAt(schema, 'oneOf')]
    if (branches.length > 0) {
      return unionOf(branches.map((branch, index) => this.typeOf(branch, `${wanted}${index + 1}`)))
    }
    const types = typesOf(schema)
    if (types === undefined) return isObject(schema) ? this.#readObject(schema, wanted) : ANY
    return unionOf([...types].map((type) => this.#readType(type, schema, wanted)))
  }

  #readAll(schema: JsonSchema, all: readonly JsonSchema[], wanted: string): TypeNode {
    const { allOf: _, ...rest } = schema
    const own = isObject(rest) ? [rest] : []
    const members = [...all, ...own].map((part, index) =>
      this.typeOf(part, `${wanted}${index + 1}`),
    )
    return members.length === 1 ? members[0]! : { kind: 'both', members }
  }

  #readType(type: string, schema: JsonSchema, wanted: string): TypeNode {
    if (type === 'object') return this.#readObject(schema, wanted)
    if (type === 'array') {
      const { items } = schema
      return { kind: 'list', items: isSchema(items) ? this.typeOf(items, `${wanted}Item`) : ANY }
    }
    const { format } = schema
    return {
      kind: 'primitive',
      name: type as Primitive,
      ...(typeof format === 'string' ? { format } : {}),
    }
  }

  #readObject(schema: JsonSchema, wanted: string): TypeNode {
    if (Object.keys(schemasAt(schema, 'properties')).length > 0) return this.declare(schema, wanted)
    const { additionalProperties: others } = schema
    return { kind: 'map', values: isSchema(others) ? this.typeOf(others, `${wanted}Value`) : ANY }
  }

  #declaration(schema: JsonSchema, name: string): Declaration {
    const { description, additionalProperties: others } = schema
    const doc = typeof description === 'string' ? { doc: description } : {}
    const properties = Object.entries(schemasAt(schema, 'properties'))
    const isRecord = properties.length > 0 && branchesAt(schema, 'allOf').length === 0
    const types = typesOf(schema)
    if (!isRecord || (types !== undefined && !(types.size === 1 && types.has('object')))) {
      return { kind: 'alias', name, type: this.#aliased(schema, name), ...doc }
    }
    const required = requiredOf(schema)
    const fields = properties.map(([key, part]) => this.#field(key, part, { name, required }))
    const rest = isSchema(others) ? { others: this.typeOf(others, `${name}Value`) } : {}
    return { kind: 'record', name, fields, ...rest, ...doc }
  }

  /** What is behind a name that is no record; never the name itself. */
  #aliased(schema: JsonSchema, name: string): TypeNode {
    const isNamedAgain = Object.keys(schemasAt(schema, 'properties')).length > 0
    const { allOf: _, ...own } = schema
    if (isNamedAgain && branchesAt(schema, 'allOf').length > 0) {
      const parts = branchesAt(schema, 'allOf').map((part, index) =>
        this.typeOf(part, `${name}${index + 1}`),
      )
      return { kind: 'both', members: [...parts, this.declare(own, `${name}Own`)] }
    }
    return isNamedAgain ? this.typeOf(schema, `${name}Value`) : this.typeOf(schema, name)
  }

  #field(
    key: string,
    part: JsonSchema,
    record: { readonly name: string; readonly required: ReadonlySet<string> },
  ): RecordField {
    const { description } = resolve(this.#root, part) ?? part
    return {
      key,
      type: this.typeOf(part, `${record.name}${typeName(key)}`),
      isRequired: record.required.has(key),
      ...(typeof description === 'string' ? { doc: description } : {}),
    }
  }

  /** What tells a schema from every other: its text, and that of all it refers to. */
  #structureOf(schema: JsonSchema): string {
    const { definitions: _, ...own } = schema
    const reached = new Map<string, string>()
    const waiting = [canonicalJson(own)]
    for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
      for (const [, reference] of text.matchAll(/"\$ref":("(?:[^"\\]|\\.)*")/g)) {
        const name = JSON.parse(reference!) as string
        const target = reached.has(name) ? undefined : resolve(this.#root, { $ref: name })
        if (target === undefined) continue
        const { definitions: __, ...rest } = target
        reached.set(name, canonicalJson(rest))
        waiting.push(reached.get(name)!)
      }
    }
    const parts = [...reached].sort(([a], [b]) => (a < b ? -1 : 1)).map((pair) => pair.join(' '))
    return [canonicalJson(own), ...parts].join('\n')
  }
}

function isObject(schema: JsonSchema): boolean {
  return schema['properties'] !== undefined || schema['additionalProperties'] !== undefined
}

function unionOf(members: readonly TypeNode[]): TypeNode {
  const flat = members.flatMap((member) => (member.kind === 'union' ? member.members : [member]))
  const distinct = new Map(flat.map((member) => [canonicalJson(member), member]))
  const list = [...distinct.values()]
  if (list.some((member) => member.kind === 'primitive' && member.name === 'any')) return ANY
  return list.length === 1 ? list[0]! : { kind: 'union', members: list }
}
