// YAML as `sigs.k8s.io/yaml` writes it: blocks, lists not set in below a name, quotes only where a plain text would
// be read as something else, long lines folded behind column 80.
// https://pkg.go.dev/sigs.k8s.io/yaml, https://yaml.org/spec/1.1

import { runes } from './runes.ts'
import { parseYaml } from '../../base/index.ts'
import { formatFloat } from './go-format.ts'
import { sortedNames, toPlainJson } from './go-json.ts'
import { GoFault } from './go-template-error.ts'
import { fromJson, type GoValue } from './go-value.ts'
import { parseWhole } from './literals.ts'
import type { Work } from './work.ts'

const WIDTH = 80

export function formatGoYaml(value: GoValue, work: Work): string {
  const json = toPlainJson(value, work)
  return formatNode(json, { indent: 0, column: 0, isInList: false })
    .replace(/^\n/, '')
    .replace(/^ /, '')
    .replace(/\n$/, '')
}

/** Throws `GoFault`. */
export function parseGoYaml(text: string): GoValue {
  try {
    return fromJson(parseYaml(text, { version: '1.1', maxAliasCount: 100 }))
  } catch (error) {
    throw new GoFault(`error converting YAML to JSON: ${(error as Error).message.split('\n')[0]}`)
  }
}

interface Place {
  /** Of the block that the value would be. */
  readonly indent: number
  /** Where the value begins. */
  readonly column: number
  readonly isInList: boolean
}

/** A value after its name or dash: with the space or the line that parts them. */
function formatNode(json: unknown, place: Place): string {
  if (Array.isArray(json)) return json.length === 0 ? ' []' : formatList(json, place)
  if (typeof json !== 'object' || json === null) {
    return ` ${typeof json === 'string' ? formatText(json, place) : formatScalar(json)}`
  }
  return Object.keys(json).length === 0 ? ' {}' : formatMap(json, place)
}

function formatList(items: readonly unknown[], { indent, isInList }: Place): string {
  const padding = ' '.repeat(indent)
  const lines = items.map((item) => {
    const place = { indent: indent + 2, column: indent + 2, isInList: true }
    return `${padding}-${formatNode(item, place)}`
  })
  return isInList ? ` ${lines.join('\n').slice(indent)}` : `\n${lines.join('\n')}`
}

function formatMap(json: object, { indent, isInList }: Place): string {
  const padding = ' '.repeat(indent)
  const lines = sortedNames(json).map((name) => {
    const value = (json as Record<string, unknown>)[name]
    const key = formatKey(name)
    const inner = Array.isArray(value) ? indent : indent + 2
    const place = { indent: inner, column: indent + key.length + 2, isInList: false }
    return `${padding}${key}:${formatNode(value, place)}`
  })
  return isInList ? ` ${lines.join('\n').slice(indent)}` : `\n${lines.join('\n')}`
}

function formatScalar(json: unknown): string {
  if (typeof json !== 'number') return String(json)
  const text = String(json)
  return /^-?\d+$/.test(text) ? text : formatFloat(json, 'g', -1)
}

function formatKey(name: string): string {
  if (name.includes('\n')) return formatDouble(name, undefined)
  return formatText(name, undefined)
}

/** Without a place no line is broken. */
function formatText(text: string, place: Place | undefined): string {
  const style = styleOf(text, place === undefined)
  if (style === 'double') return formatDouble(text, place)
  if (style === 'literal') return formatLiteral(text, place!.indent)
  const body = style === 'plain' ? text : `'${text.replaceAll("'", "''")}'`
  return place === undefined ? body : foldAtSpaces(body, place)
}

type Style = 'plain' | 'single' | 'double' | 'literal'

function styleOf(text: string, isKey: boolean): Style {
  if (/ \n/.test(text) || !isPlainCharacters(text)) return 'double'
  if (text.includes('\n')) return isKey || text.endsWith(' ') ? 'double' : 'literal'
  if (isOtherScalar(text)) return 'double'
  return isPlainText(text) ? 'plain' : 'single'
}

/** What the emitter takes for printable: no tab, nothing beyond the basic plane. */
function isPlainCharacters(text: string): boolean {
  return /^[\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/.test(text)
}

const WORDS =
  /^(?:|~|null|Null|NULL|y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF|[+-]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:$|(?:[Tt]|[ \t]+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::?\d{2})?))?$)/

/** It would be read as something else than a text. */
function isOtherScalar(text: string): boolean {
  const bare = text.replaceAll('_', '')
  if (WORDS.test(text) || TIMESTAMP.test(text) || BASE_60.test(text)) return true
  return /^[-+.\d]/.test(text) && (parseWhole(bare) !== undefined || FLOAT.test(bare))
}

function isPlainText(text: string): boolean {
  if (/^ | $/.test(text) || /^(?:---|\.\.\.)/.test(text)) return false
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[-?:](?: |$)/.test(text)) return false
  return !/:(?: |$)| #/.test(text)
}

function foldAtSpaces(text: string, { indent, column }: Place): string {
  let [line, folded] = [column, '']
  for (const [index, character] of runes(text).entries()) {
    const isAlone = text[index - 1] !== ' ' && text[index + 1] !== ' '
    const isInside = index > 0 && index < text.length - 1
    if (character === ' ' && isAlone && isInside && line > WIDTH) {
      folded += `\n${' '.repeat(indent)}`
      line = indent
    } else {
      folded += character
      line += 1
    }
  }
  return folded
}

/** A block of lines; a first line that is set in needs its indentation told. */
function formatLiteral(text: string, indent: number): string {
  const size = Math.max(indent, 2)
  const hint = /^[ \n]/.test(text) ? '2' : ''
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : ''
  const lines = text.replace(/\n$/, '').split('\n')
  const body = lines.map((line) => (line === '' ? '' : ' '.repeat(size) + line)).join('\n')
  return `|${hint}${chomp}\n${body}`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

function formatDouble(text: string, place: Place | undefined): string {
  let [column, quoted] = [place?.column ?? 0, '"']
  const characters = runes(text)
  for (const [index, character] of characters.entries()) {
    const isBreakable = place !== undefined && index > 0 && index < characters.length - 1
    let written = escapeDouble(character)
    if (character === ' ' && isBreakable && characters[index - 1] !== ' ' && column > WIDTH) {
      written = `\n${' '.repeat(place.indent)}${characters[index + 1] === ' ' ? '\\' : ''}`
      column = place.indent
    } else column += written.length
    quoted += written
  }
  return `${quoted}"`
}

function escapeDouble(character: string): string {
  const known = ESCAPES[character]
  if (known !== undefined) return `\\${known}`
  if (isPlainCharacters(character)) return character
  const hex = character.codePointAt(0)!.toString(16).toUpperCase()
  if (hex.length <= 2) return String.raw`\x` + hex.padStart(2, '0')
  return hex.length <= 4
    ? String.raw`\u` + hex.padStart(4, '0')
    : String.raw`\U` + hex.padStart(8, '0')
}
