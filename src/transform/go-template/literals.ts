// Literals of Go: quoted texts, characters, numbers.
// https://go.dev/ref/spec#String_literals, #Rune_literals, #Integer_literals, #Floating-point_literals

import { runes } from './runes.ts'

const INT_MAX = 2n ** 63n - 1n
const INT_MIN = -(2n ** 63n)
const UINT_MAX = 2n ** 64n - 1n

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
}

/** The text that a literal in double or back quotes stands for; undefined when it is none. */
export function unquote(source: string): string | undefined {
  if (source.startsWith('`')) return source.slice(1, -1).replaceAll('\r', '')
  return decode(source.slice(1, -1), '"')?.toString('utf8')
}

/** The code point of a literal in single quotes. */
export function characterCode(source: string): number | undefined {
  const text = decode(source.slice(1, -1), "'")?.toString('utf8')
  if (text === undefined || runes(text).length !== 1) return undefined
  return text.codePointAt(0)
}

function decode(body: string, quote: string): Buffer | undefined {
  const parts: Buffer[] = []
  let at = 0
  while (at < body.length) {
    const slash = body.indexOf('\\', at)
    if (slash < 0) break
    parts.push(Buffer.from(body.slice(at, slash)))
    const escape = readEscape(body.slice(slash + 1), quote)
    if (escape === undefined) return undefined
    parts.push(escape.bytes)
    at = slash + 1 + escape.length
  }
  parts.push(Buffer.from(body.slice(at)))
  return Buffer.concat(parts)
}

function readEscape(rest: string, quote: string): { bytes: Buffer; length: number } | undefined {
  const single = ESCAPES[rest[0] ?? '']
  if (single !== undefined) {
    if (/['"]/.test(rest[0]!) && rest[0] !== quote) return undefined
    return { bytes: Buffer.of(single), length: 1 }
  }
  const byte = /^(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2}))/.exec(rest)
  if (byte !== null) {
    const code = byte[1] === undefined ? Number.parseInt(byte[2]!, 8) : Number.parseInt(byte[1], 16)
    return { bytes: Buffer.of(code), length: 3 }
  }
  const point = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest)
  if (point === null) return undefined
  const code = Number.parseInt(point[1] ?? point[2]!, 16)
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
  return { bytes: Buffer.from(String.fromCodePoint(code)), length: point[0].length }
}

export interface NumberLiteral {
  readonly int: bigint | undefined
  readonly float: number | undefined
  /** It is one of no sign that needs the 64th bit. */
  readonly isUnsigned: boolean
}

/** Undefined when it is no number. A whole number is a float, too, and the other way round. */
export function parseNumber(source: string): NumberLiteral | undefined {
  const int = parseWhole(source)
  if (int !== undefined) {
    if (int < INT_MIN || int > UINT_MAX) return undefined
    if (int > INT_MAX) return { int: undefined, float: Number(int), isUnsigned: true }
    return { int, float: Number(int), isUnsigned: false }
  }
  const float = parseFloat64(source)
  if (float === undefined || !Number.isFinite(float)) return undefined
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63
  return { int: isWhole ? BigInt(float) : undefined, float, isUnsigned: false }
}

/** As `strconv.ParseInt(s, 0, …)`: a prefix names the base, `_` may stand between digits. */
export function parseWhole(source: string): bigint | undefined {
  const [, sign, body] = /^([+-]?)(.*)$/s.exec(source)!
  const digits = body!.replace(/^0([0-7_]+)$/, '0o$1')
  if (
    !/^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[0-9](?:_?[0-9])*)$/.test(
      digits,
    )
  ) {
    return undefined
  }
  const value = BigInt(digits.replaceAll('_', ''))
  return sign === '-' ? -value : value
}

/** As `strconv.ParseFloat`. */
export function parseFloat64(source: string): number | undefined {
  const text = source.replaceAll('_', '')
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text)
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(text)
  if (hex !== null && hex[2]! + hex[3]! !== '') {
    const mantissa = Number(BigInt(`0x${hex[2]!}${hex[3]!}`))
    const value = mantissa * 2 ** (Number(hex[4]) - 4 * hex[3]!.length)
    return hex[1] === '-' ? -value : value
  }
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return /^nan$/i.test(text) ? Number.NaN : undefined
}
