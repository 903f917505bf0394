// TOML as the encoder of `BurntSushi/toml` writes it: plain values first, then tables, each set in by two spaces.
// https://pkg.go.dev/github.com/BurntSushi/toml#Encoder

import { sortedNames, toPlainJson } from './go-json.ts'
import { GoFault } from './go-template-error.ts'
import { GoInt, GoList, GoMap, type GoValue } from './go-value.ts'
import type { Work } from './work.ts'

type Table = Record<string, unknown>

/** Throws `GoFault`: only a map is a document. */
export function formatGoToml(value: GoValue, work: Work): string {
  const json = toPlainJson(value, work)
  if (!isTable(json)) throw new GoFault('toml: top-level values must be Go maps or structs')
  const lines: string[] = []
  writeTable(json, [], isWhole(value), lines)
  return lines.map((line) => `${line}\n`).join('')
}

type Whole = (path: readonly (string | number)[]) => boolean

/** Numbers of JSON are floats, and written so; an int of the template's is one. */
function isWhole(root: GoValue): Whole {
  return (path) => {
    let value = root
    for (const step of path) {
      if (value instanceof GoMap) value = value.entries.get(String(step))
      else if (value instanceof GoList) value = value.items[Number(step)]
    }
    return value instanceof GoInt
  }
}

function writeTable(
  table: Table,
  path: readonly (string | number)[],
  whole: Whole,
  lines: string[],
): void {
  const names = path.filter((step) => typeof step === 'string')
  const padding = '  '.repeat(names.length)
  const all = sortedNames(table).filter((name) => table[name] !== null)
  for (const name of all.filter((one) => !isTable(table[one]) && !isTables(table[one]))) {
    lines.push(`${padding}${key(name)} = ${formatToml(table[name], [...path, name], whole)}`)
  }
  for (const name of all) {
    const value = table[name]
    const header = [...names, name].map(key).join('.')
    const part = (open: string, close: string): void => {
      if (names.length === 0 && lines.length > 0) lines.push('')
      lines.push(`${padding}${open}${header}${close}`)
    }
    if (isTables(value)) {
      for (const [index, one] of value.entries()) {
        part('[[', ']]')
        writeTable(one, [...path, name, index], whole, lines)
      }
    } else if (isTable(value)) {
      part('[', ']')
      writeTable(value, [...path, name], whole, lines)
    }
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTables(value: unknown): value is Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable)
}

function formatToml(value: unknown, path: readonly (string | number)[], whole: Whole): string {
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => formatToml(item, [...path, index], whole)).join(', ')}]`
  }
  if (isTable(value)) {
    const members = sortedNames(value).map(
      (name) => `${key(name)} = ${formatToml(value[name], [...path, name], whole)}`,
    )
    return `{${members.join(', ')}}`
  }
  if (value === null) throw new GoFault('toml: cannot encode array with nil element')
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') throw new GoFault(`toml: cannot encode ${typeof value}`)
  if (whole(path)) return String(value)
  const text = String(value).replace(/e([+-])(\d)$/, 'e$10$2')
  return /[.e]/.test(text) ? text : `${text}.0`
}

function key(name: string): string {
  return /^[\w-]+$/.test(name) ? name : quote(name)
}

function quote(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return `"${text.replaceAll(/[\x00-\x1f\x7f"\\]/g, (character) => {
    const known = { '"': '"', '\\': '\\', '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r' }[
      character
    ]
    return known === undefined
      ? String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0')
      : `\\${known}`
  })}"`
}
