// Go of a book of types: a struct for each record, with the tags by which `encoding/json` reads and writes it.

import { assertNever } from '../base/index.ts'
import { typeName } from './names.ts'
import type { Declaration, EventType, RecordField, TypeBook, TypeNode } from './type-book.ts'

/** Names that Go or the file itself uses. */
export const GO_RESERVED: readonly string[] = ['Envelope']

/** A file of a package with every type and event of the book. */
export function formatGo(book: TypeBook, packageName: string): string {
  const parts = [
    `// Made from a schema of the registry; changes here are lost.\n\npackage ${packageName}`,
    ENVELOPE,
    ...book.declarations.map((declaration) => formatDeclaration(declaration)),
    ...book.events.map((event) => formatEvent(event)),
  ]
  return `${parts.join('\n\n')}\n`
}

/** What a Go package may be called. */
export function goPackage(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return /^[a-z]/.test(plain) ? plain : `schema${plain}`
}

const ENVELOPE = `// Envelope is what a target of a rule is sent, but for its detail.
type Envelope struct {
${alignFields([
  ['Version', 'string', 'version'],
  ['ID', 'string', 'id'],
  ['DetailType', 'string', 'detail-type'],
  ['Source', 'string', 'source'],
  ['Account', 'string', 'account'],
  ['Time', 'string', 'time'],
  ['Region', 'string', 'region'],
  ['Resources', '[]string', 'resources'],
])}
}`

function formatDeclaration(declaration: Declaration): string {
  const { name } = declaration
  if (declaration.kind === 'alias') {
    const { type } = declaration
    // A list or a map may hold itself, which only a type of its own can.
    const isOwn = type.kind === 'list' || type.kind === 'map'
    return `type ${name} ${isOwn ? '' : '= '}${formatType(type)}`
  }
  const taken = new Set<string>()
  const rows = declaration.fields.map((field) => formatField(field, taken))
  return `${formatDoc(name, declaration.doc)}type ${name} struct {\n${alignFields(rows)}\n}`
}

function formatEvent({ name, detail, detailType }: EventType): string {
  const rows = [['Detail', formatType(detail), 'detail']] as const
  return `// ${name} is an event of type ${oneLine(JSON.stringify(detailType))}.
type ${name} struct {
\tEnvelope
${alignFields(rows)}
}`
}

type FieldRow = readonly [name: string, type: string, tag: string]

function formatField({ key, type, isRequired }: RecordField, taken: Set<string>): FieldRow {
  let name = typeName(key)
  while (taken.has(name)) name = `${name}X`
  taken.add(name)
  const text = formatType(type)
  // Of what may be absent a pointer tells absence from a zero; lists, maps and interfaces have nil.
  const hasNil = /^(?:\[\]|map\[|\*|interface\{\})/.test(text)
  return [name, isRequired || hasNil ? text : `*${text}`, isRequired ? key : `${key},omitempty`]
}

function formatType(type: TypeNode): string {
  switch (type.kind) {
    case 'primitive':
      return PRIMITIVES[type.name]
    case 'list':
      return `[]${formatType(type.items)}`
    case 'map':
      return `map[string]${formatType(type.values)}`
    case 'named':
      return type.name
    case 'literal':
      return type.values.every((value) => typeof value === 'string') ? 'string' : 'interface{}'
    case 'union':
      return formatUnion(type.members)
    case 'both':
      return 'interface{}'
    default:
      return assertNever(type)
  }
}

/** A value or null is a pointer; other alternatives have no type in Go. */
function formatUnion(members: readonly TypeNode[]): string {
  const others = members.filter((one) => !(one.kind === 'primitive' && one.name === 'null'))
  if (others.length !== 1 || others.length === members.length) return 'interface{}'
  const text = formatType(others[0]!)
  return /^(?:\[\]|map\[|\*|interface\{\})/.test(text) ? text : `*${text}`
}

const PRIMITIVES = {
  any: 'interface{}',
  boolean: 'bool',
  integer: 'int64',
  null: 'interface{}',
  number: 'float64',
  string: 'string',
} as const

/** In columns, as gofmt wants them. */
function alignFields(rows: readonly FieldRow[]): string {
  const width = (column: 0 | 1): number => Math.max(0, ...rows.map((row) => row[column].length))
  const [names, types] = [width(0), width(1)]
  return rows
    .map(([name, type, tag]) => {
      const quoted = `json:${JSON.stringify(tag)}`
      return `\t${name.padEnd(names)} ${type.padEnd(types)} ${quoteTag(quoted)}`
    })
    .join('\n')
}

function quoteTag(tag: string): string {
  return tag.includes('`') ? JSON.stringify(tag) : `\`${tag}\``
}

function formatDoc(name: string, doc: string | undefined): string {
  return doc === undefined ? '' : `// ${name}: ${oneLine(doc)}\n`
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
