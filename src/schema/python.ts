// Python of a book of types: a class for each record, made from and turned into what `json` reads and writes. It
// needs Python 3.6 and nothing else.

import { assertNever } from '../base/index.ts'
import type { Declaration, EventType, RecordField, TypeBook, TypeNode } from './type-book.ts'

/** Names that the module itself uses. */
export const PYTHON_RESERVED: readonly string[] = ['Any', 'Dict', 'List', 'Optional']

type RecordDeclaration = Extract<Declaration, { kind: 'record' }>

/** A module with every type and event of the book. */
export function formatPython(book: TypeBook): string {
  const records = new Set(
    book.declarations.filter(({ kind }) => kind === 'record').map(({ name }) => name),
  )
  const aliases = new Map(
    book.declarations.flatMap((one) => (one.kind === 'alias' ? [[one.name, one.type]] : [])),
  )
  const writer = new PythonWriter(records, aliases)
  return [
    '# Made from a schema of the registry; changes here are lost.\n\nfrom typing import Any, Dict, List, Optional\n',
    ...book.declarations.flatMap((one) => (one.kind === 'record' ? [writer.record(one)] : [])),
    ...book.events.map((event) => writer.event(event)),
  ].join('\n\n')
}

const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield self value'.split(
    ' ',
  ),
)

/** `gift-note` as `gift_note`; never a keyword. */
function attributeOf(key: string, taken: Set<string>): string {
  const plain = key.replace(/[^\p{L}\p{N}_]/gu, '_').replace(/^(?=\p{N})|^$/u, '_')
  let name = KEYWORDS.has(plain) ? `${plain}_` : plain
  while (taken.has(name)) name = `${name}_`
  taken.add(name)
  return name
}

interface Attribute {
  readonly name: string
  readonly field: RecordField
}

class PythonWriter {
  readonly #records: ReadonlySet<string>
  readonly #aliases: ReadonlyMap<string, TypeNode>

  constructor(records: ReadonlySet<string>, aliases: ReadonlyMap<string, TypeNode>) {
    this.#records = records
    this.#aliases = aliases
  }

  record({ name, fields, doc }: RecordDeclaration): string {
    const taken = new Set<string>()
    // What may be absent has a default, and so stands last.
    const sorted = [...fields].sort((a, b) => Number(b.isRequired) - Number(a.isRequired))
    const attributes = sorted.map((field) => ({ name: attributeOf(field.key, taken), field }))
    return [
      `class ${name}:`,
      ...(doc === undefined ? [] : [`    ${JSON.stringify(doc)}\n`]),
      `    def __init__(self, ${attributes.map((one) => this.#parameter(one)).join(', ')}):`,
      ...attributes.map((one) => `        self.${one.name} = ${one.name}`),
      '',
      '    @classmethod',
      `    def from_dict(cls, value: Dict[str, Any]) -> '${name}':`,
      `        return cls(${attributes.map((one) => this.#read(one)).join(', ')})`,
      '',
      '    def to_dict(self) -> Dict[str, Any]:',
      '        value = {}  # type: Dict[str, Any]',
      ...attributes.flatMap((one) => this.#write(one)),
      '        return value',
      '',
    ].join('\n')
  }

  event({ name, detail, detailType, source }: EventType): string {
    const type = this.#annotation(detail)
    return [
      `class ${name}:`,
      `    DETAIL_TYPE = ${JSON.stringify(detailType)}`,
      ...(source === undefined ? [] : [`    SOURCE = ${JSON.stringify(source)}`]),
      '',
      `    def __init__(self, detail: ${type}, envelope: Optional[Dict[str, Any]] = None):`,
      '        self.detail = detail',
      '        self.envelope = envelope or {}',
      '',
      '    @classmethod',
      `    def from_dict(cls, value: Dict[str, Any]) -> '${name}':`,
      `        return cls(${this.#reading(detail, "value['detail']")}, value)`,
      '',
    ].join('\n')
  }

  #parameter({ name, field }: Attribute): string {
    const type = this.#annotation(field.type)
    return field.isRequired ? `${name}: ${type}` : `${name}: Optional[${type}] = None`
  }

  #read({ name, field }: Attribute): string {
    const key = JSON.stringify(field.key)
    const got = this.#reading(field.type, `value[${key}]`)
    return field.isRequired ? `${name}=${got}` : `${name}=${got} if ${key} in value else None`
  }

  #write({ name, field }: Attribute): readonly string[] {
    const key = JSON.stringify(field.key)
    const line = `value[${key}] = ${this.#writing(field.type, `self.${name}`)}`
    return field.isRequired
      ? [`        ${line}`]
      : [`        if self.${name} is not None:`, `            ${line}`]
  }

  #annotation(given: TypeNode): string {
    const type = this.#behind(given)
    switch (type.kind) {
      case 'primitive':
        return PRIMITIVES[type.name]
      case 'list':
        return `List[${this.#annotation(type.items)}]`
      case 'map':
        return `Dict[str, ${this.#annotation(type.values)}]`
      case 'named':
        return this.#records.has(type.name) ? `'${type.name}'` : 'Any'
      case 'literal':
      case 'union':
      case 'both':
        return 'Any'
      default:
        return assertNever(type)
    }
  }

  /** From what `json` read. */
  #reading(given: TypeNode, value: string): string {
    const type = this.#behind(given)
    if (type.kind === 'named' && this.#records.has(type.name))
      return `${type.name}.from_dict(${value})`
    if (type.kind === 'list' && this.#holdsRecords(type.items)) {
      return `[${this.#reading(type.items, 'item')} for item in ${value}]`
    }
    if (type.kind === 'map' && this.#holdsRecords(type.values)) {
      return `{key: ${this.#reading(type.values, 'item')} for key, item in ${value}.items()}`
    }
    return value
  }

  #writing(given: TypeNode, value: string): string {
    const type = this.#behind(given)
    if (type.kind === 'named' && this.#records.has(type.name)) return `${value}.to_dict()`
    if (type.kind === 'list' && this.#holdsRecords(type.items)) {
      return `[${this.#writing(type.items, 'item')} for item in ${value}]`
    }
    if (type.kind === 'map' && this.#holdsRecords(type.values)) {
      return `{key: ${this.#writing(type.values, 'item')} for key, item in ${value}.items()}`
    }
    return value
  }

  #holdsRecords(given: TypeNode): boolean {
    const type = this.#behind(given)
    if (type.kind === 'named') return this.#records.has(type.name)
    if (type.kind === 'list') return this.#holdsRecords(type.items)
    return type.kind === 'map' && this.#holdsRecords(type.values)
  }

  /** Python has no names for what is no class. */
  #behind(type: TypeNode): TypeNode {
    const seen = new Set<string>()
    let current = type
    while (current.kind === 'named' && !seen.has(current.name)) {
      const alias = this.#aliases.get(current.name)
      if (alias === undefined) return current
      seen.add(current.name)
      current = alias
    }
    return current
  }
}

const PRIMITIVES = {
  any: 'Any',
  boolean: 'bool',
  integer: 'int',
  null: 'None',
  number: 'float',
  string: 'str',
} as const
