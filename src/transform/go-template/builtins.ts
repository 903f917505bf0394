// The functions that every Go template has.
// https://pkg.go.dev/text/template#hdr-Functions

import { formatValue, sprint } from './go-format.ts'
import { fixed, variadic, type GoFunction } from './go-function.ts'
import { sprintf } from './go-printf.ts'
import { GoFault } from './go-template-error.ts'
import {
  compareText,
  GoInt,
  GoList,
  GoMap,
  GoTime,
  isTrue,
  kindOf,
  typeOf,
  type GoValue,
} from './go-value.ts'
import type { Work } from './work.ts'

export const BUILTINS: Readonly<Record<string, GoFunction>> = {
  // What these two do is the executor's, because they leave arguments alone.
  and: variadic(['any'], 'any', ([first]) => first),
  or: variadic(['any'], 'any', ([first]) => first),
  call: variadic(['any'], 'any', ([value]) => {
    if (value === null || value === undefined) throw new GoFault('call of nil')
    throw new GoFault(`non-function of type ${typeOf(value)}`)
  }),
  not: fixed(['any'], ([value]) => !isTrue(value)),
  len: fixed(['any'], ([value]) => new GoInt(lengthOf(value))),
  index: variadic(['any'], 'any', ([value], indexes) =>
    indexes.reduce(indexOnce, needValue(value)),
  ),
  eq: variadic(['any'], 'any', ([first], others, work) => isEqualToAny(first, others, work)),
  ne: fixed(['any', 'any'], ([a, b], work) => !isEqual(a, b, work)),
  lt: fixed(['any', 'any'], ([a, b]) => isLess(a, b)),
  le: fixed(['any', 'any'], ([a, b], work) => isLess(a, b) || isEqual(a, b, work)),
  gt: fixed(['any', 'any'], ([a, b], work) => !isLess(a, b) && !isEqual(a, b, work)),
  ge: fixed(['any', 'any'], ([a, b]) => !isLess(a, b)),
  print: variadic([], 'any', (_, values, work) => sprint(values, work)),
  printf: variadic(['string'], 'any', ([format], values, work) => sprintf(format, values, work)),
  println: variadic([], 'any', (_, values, work) => {
    return `${values.map((value) => formatValue(value, work)).join(' ')}\n`
  }),
  html: variadic([], 'any', (_, values, work) => escapeHtml(printed(values, work))),
  js: variadic([], 'any', (_, values, work) => escapeScript(printed(values, work))),
  urlquery: variadic([], 'any', (_, values, work) => escapeQuery(printed(values, work))),
}

/** What the escapers are given: one text as it is, everything else printed. */
function printed(values: readonly GoValue[], work: Work): string {
  return sprint(
    values.map((value) => value ?? '<no value>'),
    work,
  )
}

function lengthOf(value: GoValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value instanceof GoList) return value.items.length
  if (value instanceof GoMap) return value.entries.size
  if (value === null || value === undefined) {
    throw new GoFault('reflect: call of reflect.Value.Type on zero Value')
  }
  throw new GoFault(`len of type ${typeOf(value)}`)
}

function needValue(value: GoValue): GoValue {
  if (value === null || value === undefined) throw new GoFault('index of untyped nil')
  return value
}

function indexOnce(value: GoValue, index: GoValue): GoValue {
  if (value === null || value === undefined) throw new GoFault('index of nil pointer')
  if (value instanceof GoMap) return indexMap(value, index)
  if (value instanceof GoList) return value.items[indexIn(value.items.length, index, 'slice')]
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return new GoInt(bytes[indexIn(bytes.length, index, 'string')]!, 'uint8')
  }
  throw new GoFault(`can't index item of type ${typeOf(value)}`)
}

function indexMap(map: GoMap, index: GoValue): GoValue {
  if (index === null || index === undefined) {
    throw new GoFault('value is nil; should be of type string')
  }
  if (typeof index !== 'string') {
    throw new GoFault(`value has type ${typeOf(index)}; should be string`)
  }
  return map.entries.get(index) ?? (map.element === 'string' ? '' : null)
}

function indexIn(length: number, index: GoValue, what: 'slice' | 'string'): number {
  if (index === null || index === undefined) {
    throw new GoFault('cannot index slice/array with nil')
  }
  if (!(index instanceof GoInt)) {
    throw new GoFault(`cannot index slice/array with type ${typeOf(index)}`)
  }
  if (index.value < 0n || index.value > length) {
    throw new GoFault(`index out of range: ${index.value}`)
  }
  if (Number(index.value) === length) {
    throw new GoFault(`reflect: ${what} index out of range`)
  }
  return Number(index.value)
}

type Kind = 'bool' | 'float' | 'int' | 'string' | 'uint' | 'other'

function basicKind(value: GoValue): Kind {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'string'
  if (value instanceof GoInt) return value.type === 'uint8' ? 'uint' : 'int'
  return 'other'
}

function isNil(value: GoValue): boolean {
  return value === null || value === undefined
}

function isEqualToAny(first: GoValue, others: readonly GoValue[], work: Work): boolean {
  if (others.length === 0) throw new GoFault('missing argument for comparison')
  return others.some((other) => isEqual(first, other, work))
}

function isEqual(a: GoValue, b: GoValue, work: Work): boolean {
  const [kind, other] = [basicKind(a), basicKind(b)]
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value
  if (kind !== other) {
    if (isNil(a) || isNil(b)) return false
    throw new GoFault(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`)
  }
  if (kind !== 'other') return a === b
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b)
  if (a instanceof GoTime && b instanceof GoTime) return a.unixMs === b.unixMs && a.zone === b.zone
  throw new GoFault(
    kindOf(a) === kindOf(b)
      ? sprintf('non-comparable type %s: %s', [b, typeOf(b)], work)
      : sprintf('non-comparable types %s: %s, %s: %v', [a, typeOf(a), typeOf(b), b], work),
  )
}

function isLess(a: GoValue, b: GoValue): boolean {
  const [kind, other] = [basicKind(a), basicKind(b)]
  if (kind === 'other' || other === 'other') throw new GoFault('invalid type for comparison')
  if (a instanceof GoInt && b instanceof GoInt) return a.value < b.value
  if (kind !== other) {
    throw new GoFault(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`)
  }
  if (kind === 'bool') throw new GoFault('invalid type for comparison')
  return kind === 'string'
    ? compareText(a as string, b as string) < 0
    : (a as number) < (b as number)
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

function escapeHtml(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\x00"'&<>]/g, (character) => HTML[character]!)
}

const SCRIPT: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  "'": String.raw`\'`,
  '"': String.raw`\"`,
}

function escapeScript(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\x00-\x1f\x7f\\'"<>&=\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    return SCRIPT[character] ?? String.raw`\u${code}`
  })
}

/** `url.QueryEscape`. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
