// How Go's `fmt` prints values: `%v` of anything, `Sprint` and quoting.
// https://pkg.go.dev/fmt

import { formatGoTime } from './go-time.ts'
import { GoFault } from './go-template-error.ts'
import { GoInt, GoList, GoMap, GoStruct, GoTime, type GoValue } from './go-value.ts'
import { VALUE_DEPTH_MAX } from './limits.ts'
import { GrowingText, type Work } from './work.ts'

/** `%v`. */
export function formatValue(value: GoValue, work: Work): string {
  if (typeof value === 'string') return value
  const out = new GrowingText(work)
  writeValue(value, out, (leaf) => formatLeaf(leaf))
  return out.toString()
}

export type Leaf = Exclude<GoValue, GoList | GoMap | GoStruct>

/** Walks what holds others, in Go's brackets; `format` says how one that holds none is written. */
export function writeValue(
  value: GoValue,
  out: GrowingText,
  format: (leaf: Leaf) => string,
  depth = 0,
): void {
  if (depth > VALUE_DEPTH_MAX) throw new GoFault('exceeded max depth')
  if (value instanceof GoList) {
    out.write('[')
    for (const [index, item] of value.items.entries()) {
      if (index > 0) out.write(' ')
      writeValue(item, out, format, depth + 1)
    }
    out.write(']')
  } else if (value instanceof GoMap) {
    out.write('map[')
    for (const [index, [name, item]] of value.sorted().entries()) {
      out.write(`${index > 0 ? ' ' : ''}${format(name)}:`)
      writeValue(item, out, format, depth + 1)
    }
    out.write(']')
  } else if (value instanceof GoStruct) {
    out.write('{')
    for (const [index, field] of value.fields.entries()) {
      if (index > 0) out.write(' ')
      writeValue(field.value, out, format, depth + 1)
    }
    out.write('}')
  } else out.write(format(value))
}

export function formatLeaf(value: Leaf): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value === 'number') return formatFloat(value, 'g', -1)
  if (value instanceof GoInt) return value.value.toString()
  if (value instanceof GoTime) return formatGoTime(value, '2006-01-02 15:04:05.999999999 -0700 MST')
  return String(value)
}

/** `Sprint`: a space between two of which neither is a text. */
export function sprint(values: readonly GoValue[], work: Work): string {
  const out = new GrowingText(work)
  for (const [index, value] of values.entries()) {
    const isParted = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string'
    if (isParted) out.write(' ')
    out.write(formatValue(value, work))
  }
  return out.toString()
}

/** From this power of ten on, the shortest form has an exponent. */
const GENERAL_EXPONENT = 6

/** `strconv.FormatFloat`; a precision below 0 is as many digits as it takes. */
export function formatFloat(value: number, verb: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  const kind = verb.toLowerCase()
  const text =
    kind === 'f'
      ? formatFixed(size, precision)
      : kind === 'e'
        ? formatExponent(size, precision)
        : formatGeneral(size, precision)
  return sign + (verb === 'E' || verb === 'G' ? text.toUpperCase() : text)
}

function formatFixed(size: number, precision: number): string {
  if (precision >= 0) {
    const digits = Math.min(precision, 100)
    const text = size < 1e21 ? size.toFixed(digits) : BigInt(size).toString()
    if (size < 1e21) return text + '0'.repeat(precision - digits)
    return precision > 0 ? `${text}.${'0'.repeat(precision)}` : text
  }
  const { digits, exponent } = shortest(size)
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = digits.slice(exponent + 1)
  return rest === '' ? whole : `${whole}.${rest}`
}

function formatExponent(size: number, precision: number): string {
  const text = precision < 0 ? size.toExponential() : size.toExponential(Math.min(precision, 100))
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

function formatGeneral(size: number, precision: number): string {
  const isShortest = precision < 0
  const wanted = precision === 0 ? 1 : Math.min(precision, 100)
  const text = isShortest ? size.toExponential() : size.toExponential(wanted - 1)
  const [mantissa, power] = text.split('e') as [string, string]
  const digits = mantissa.replace('.', '').replace(/(?<=.)0+$/, '')
  const exponent = Number(power)
  const isRound = wanted > digits.length && digits.length > exponent
  const threshold = isShortest ? GENERAL_EXPONENT : isRound ? digits.length : wanted
  if (exponent < -4 || exponent >= threshold) {
    const body = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
    return `${body}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = digits.slice(exponent + 1)
  return rest === '' ? whole : `${whole}.${rest}`
}

function shortest(size: number): { digits: string; exponent: number } {
  const [mantissa, power] = size.toExponential().split('e') as [string, string]
  return { digits: mantissa.replace('.', ''), exponent: Number(power) }
}

const NAMED: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** `strconv.Quote`, and the same for a character in single quotes. */
export function quoteText(text: string, mark = '"'): string {
  let quoted = mark
  for (const character of text.toWellFormed()) {
    const named = NAMED[character]
    if (character === mark) quoted += `\\${mark}`
    else if (named !== undefined) quoted += named
    else if (isPrintable(character)) quoted += character
    else quoted += escapeCode(character.codePointAt(0)!)
  }
  return quoted + mark
}

export function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)
}

function escapeCode(code: number): string {
  const hex = code.toString(16)
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
