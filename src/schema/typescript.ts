// TypeScript of a book of types: an interface for each record, and for each type of event its name, all of them
// in one union that narrows by `detail-type`.

import { assertNever } from '../base/index.ts'
import type { Declaration, EventType, RecordField, TypeBook, TypeNode } from './type-book.ts'

/** Names that the fixed part of a generated file uses. */
export const TYPESCRIPT_RESERVED: readonly string[] = [
  'AnyEvent',
  'Array',
  'DetailOf',
  'DetailPattern',
  'Envelope',
  'EventOf',
  'EventPattern',
  'EventType',
  'FieldPattern',
  'Matcher',
  'OutgoingEvent',
  'Partial',
  'Publication',
  'PublisherSettings',
  'Record',
  'Promise',
]

/** The declarations of every type, the events, and their union. */
export function formatTypeScript(book: TypeBook): string {
  return [
    ENVELOPE,
    ...book.declarations.map((declaration) => formatDeclaration(declaration)),
    ...book.events.map((event) => formatEvent(event)),
    formatUnion(book.events),
  ].join('\n\n')
}

const ENVELOPE = `/** What a target of a rule is sent. */
export interface Envelope<Type extends string, Source extends string, Detail> {
  readonly version: string
  readonly id: string
  readonly 'detail-type': Type
  readonly source: Source
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Detail
}`

function formatEvent({ name, detailType, source, detail, doc }: EventType): string {
  const parts = [
    quote(detailType),
    source === undefined ? 'string' : quote(source),
    formatType(detail),
  ]
  return `${formatDoc(doc, '')}export type ${name} = Envelope<${parts.join(', ')}>`
}

function formatUnion(events: readonly EventType[]): string {
  const names = events.map(({ name }) => name)
  const union = names.length === 0 ? 'never' : `\n  | ${names.join('\n  | ')}`
  return `/** Every event there is; \`detail-type\` tells which. */
export type AnyEvent =${union.startsWith('\n') ? union : ` ${union}`}

export type EventType = AnyEvent['detail-type']
export type EventOf<Type extends EventType> = Extract<AnyEvent, { readonly 'detail-type': Type }>
export type DetailOf<Type extends EventType> = EventOf<Type>['detail']`
}

function formatDeclaration(declaration: Declaration): string {
  const { name, doc } = declaration
  const head = formatDoc(doc, '')
  switch (declaration.kind) {
    case 'alias':
      return `${head}export type ${name} = ${formatType(declaration.type)}`
    case 'record': {
      const fields = declaration.fields.map((field) => formatField(field))
      // Named fields and others of one type cannot be said apart, so the others may be anything.
      const others =
        declaration.others === undefined ? [] : ['  readonly [name: string]: unknown\n']
      return `${head}export interface ${name} {\n${[...fields, ...others].join('')}}`
    }
    default:
      return assertNever(declaration)
  }
}

function formatField({ key, type, isRequired, doc }: RecordField): string {
  const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key)
  return `${formatDoc(doc, '  ')}  readonly ${name}${isRequired ? '' : '?'}: ${formatType(type)}\n`
}

export function formatType(type: TypeNode): string {
  switch (type.kind) {
    case 'primitive':
      return type.name === 'any' ? 'unknown' : type.name === 'integer' ? 'number' : type.name
    case 'literal':
      return type.values.length === 0
        ? 'never'
        : type.values.map((value) => formatLiteral(value)).join(' | ')
    case 'list':
      return `readonly ${formatPart(type.items)}[]`
    case 'map':
      return `Readonly<Record<string, ${formatType(type.values)}>>`
    case 'named':
      return type.name
    case 'union':
      return type.members.map((member) => formatPart(member)).join(' | ')
    case 'both':
      return type.members.map((member) => formatPart(member)).join(' & ')
    default:
      return assertNever(type)
  }
}

/** In brackets where it stands inside another type. */
function formatPart(type: TypeNode): string {
  const text = formatType(type)
  const isCompound =
    type.kind === 'union' || type.kind === 'both' || type.kind === 'list' || type.kind === 'literal'
  return isCompound && / [|&] |^readonly /.test(text) ? `(${text})` : text
}

function formatLiteral(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  const isPlain = value === null || typeof value === 'number' || typeof value === 'boolean'
  return isPlain ? JSON.stringify(value) : 'unknown'
}

function formatDoc(doc: string | undefined, indent: string): string {
  if (doc === undefined || doc.trim() === '') return ''
  const lines = doc.trim().replaceAll('*/', '*\\/').split(/\r?\n/)
  if (lines.length === 1) return `${indent}/** ${lines[0]!} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}

/** As TypeScript writes a text; what JSON escapes it escapes too. */
export function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1)
  return `'${inner
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replace(/[\u2028\u2029]/g, (at) => `\\u${at.charCodeAt(0).toString(16)}`)}'`
}
