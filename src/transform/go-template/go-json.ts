// JSON as `encoding/json` writes and reads it: names sorted, `<`, `>` and `&` escaped, every number a float64.

import { GoFault } from './go-template-error.ts'
import { formatGoTime } from './go-time.ts'
import {
  compareText,
  fromJson,
  GoInt,
  GoList,
  GoMap,
  GoStruct,
  GoTime,
  type GoValue,
} from './go-value.ts'
import { VALUE_DEPTH_MAX } from './limits.ts'
import { GrowingText, type Work } from './work.ts'

export interface JsonStyle {
  readonly escapesHtml: boolean
  /** What one level is set in by; undefined keeps all on one line. */
  readonly indent?: string
}

/** Throws `GoFault` for a number that JSON cannot hold. */
export function formatGoJson(value: GoValue, style: JsonStyle, work: Work): string {
  const out = new GrowingText(work)
  write(value, style, out, 0)
  return out.toString()
}

/** The value as plain JSON, for those who write other forms. */
export function toPlainJson(value: GoValue, work: Work): unknown {
  return JSON.parse(formatGoJson(value, { escapesHtml: false }, work))
}

/** Throws `GoFault`. */
export function parseGoJson(text: string): GoValue {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    if (text.trim() === '') throw new GoFault('unexpected end of JSON input')
    throw new GoFault('invalid JSON')
  }
  return fromJson(json)
}

function write(value: GoValue, style: JsonStyle, out: GrowingText, depth: number): void {
  if (depth > VALUE_DEPTH_MAX) throw new GoFault('json: unsupported value: exceeded max depth')
  if (value instanceof GoList) {
    writeAll(value.items, '[', ']', { style, out, depth }, (item) => {
      write(item, style, out, depth + 1)
    })
  } else if (value instanceof GoMap || value instanceof GoStruct) {
    const members =
      value instanceof GoMap
        ? value.sorted()
        : value.fields.map(({ jsonName, value: held }) => [jsonName, held] as const)
    writeAll(members, '{', '}', { style, out, depth }, ([name, item]) => {
      out.write(`${quote(name, style)}:${style.indent === undefined ? '' : ' '}`)
      write(item, style, out, depth + 1)
    })
  } else out.write(formatLeaf(value, style))
}

function writeAll<T>(
  items: readonly T[],
  open: string,
  close: string,
  { style, out, depth }: { style: JsonStyle; out: GrowingText; depth: number },
  writeOne: (item: T) => void,
): void {
  out.write(open)
  const line = (level: number): string =>
    style.indent === undefined ? '' : `\n${style.indent.repeat(level)}`
  for (const [index, item] of items.entries()) {
    out.write(`${index > 0 ? ',' : ''}${line(depth + 1)}`)
    writeOne(item)
  }
  out.write(items.length > 0 ? line(depth) + close : close)
}

function formatLeaf(value: Exclude<GoValue, GoList | GoMap | GoStruct>, style: JsonStyle): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return quote(value, style)
  if (value instanceof GoInt) return value.value.toString()
  if (value instanceof GoTime)
    return quote(formatGoTime(value, '2006-01-02T15:04:05.999Z07:00'), style)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new GoFault(`json: unsupported value: ${value}`)
  }
  return Object.is(value, -0) ? '-0' : String(value)
}

function quote(text: string, { escapesHtml }: JsonStyle): string {
  const quoted = JSON.stringify(text.toWellFormed()).replaceAll(/[\u2028\u2029]/g, escapeCode)
  return escapesHtml ? quoted.replaceAll(/[<>&]/g, escapeCode) : quoted
}

function escapeCode(character: string): string {
  return String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0')
}

export function sortedNames(json: object): string[] {
  return Object.keys(json).sort(compareText)
}
