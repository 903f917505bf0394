// Is this one JSON text (RFC 8259), in UTF-8, no deeper than allowed? Answered over the bytes in one
// pass with no allocation on success, because ingress asks it of every event. Strict: no byte order
// mark, no NaN, no control characters in strings, nothing after the value. Duplicate keys and lone
// surrogate escapes are within the grammar and pass.
//
// What passes is mostly passed by a kernel (`fast-json-check.ts`); this says what is wrong with the rest.

import { checkFast } from './fast-json-check.ts'

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal'

export interface JsonFault {
  readonly kind: 'fault'
  /** Where in `bytes` it was noticed. */
  readonly offset: number
  readonly reason: string
}

export interface JsonPassed {
  readonly kind: JsonKind
  /** Whether in every object the names are known to be all different and without dots and escapes. */
  readonly hasPlainNames?: boolean
}

/** The kind of the one value, or the first fault. */
export type JsonCheck = JsonPassed | JsonFault

export interface JsonCheckOptions {
  /** How many arrays and objects may lie inside one another; 1 allows `{}` and `[]`. */
  readonly depthMax: number
  /** The part of `bytes` to look at; all of it when absent. */
  readonly start?: number
  readonly end?: number
}

/** Of a text that was checked; what is no object and no array has no names. */
export function arePlainNames(check: JsonCheck): boolean {
  return check.kind === 'object'
    ? check.hasPlainNames === true
    : check.kind !== 'array' && check.kind !== 'fault'
}

const PASSED: Record<JsonKind, JsonCheck> = {
  object: { kind: 'object' },
  array: { kind: 'array' },
  string: { kind: 'string' },
  number: { kind: 'number' },
  literal: { kind: 'literal' },
}
const PASSED_PLAIN: JsonPassed = { kind: 'object', hasPlainNames: true }

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

// 1 for bytes that need a look inside a string: the quote, the backslash, control characters, non-ASCII.
const STRING_STOP = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte >= 0x80 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
)
const SPACE = table(' \t\n\r')
const DIGIT = table('0123456789')
const HEX = table('0123456789abcdefABCDEF')
const SIMPLE_ESCAPE = table('"\\/bfnrt')
const LITERALS: Readonly<Record<number, Uint8Array>> = {
  0x74: Buffer.from('true'),
  0x66: Buffer.from('false'),
  0x6e: Buffer.from('null'),
}

// The open containers, innermost last; checks do not interleave, so one stack serves all.
let open = new Uint8Array(64)
// A scanner answers the offset behind what it read, or -1 with these two set.
let faultOffset = 0
let faultReason = ''

/**
 * Checks that `bytes` hold exactly one JSON value.
 *
 * @example
 * checkJson(Buffer.from('{"a":1}'), { depthMax: 8 }) // { kind: 'object' }
 * checkJson(Buffer.from('[1,]'), { depthMax: 8 }) // { kind: 'fault', offset: 3, reason: 'expected a value' }
 */
export function checkJson(bytes: Uint8Array, options: JsonCheckOptions): JsonCheck {
  const end = Math.min(options.end ?? bytes.length, bytes.length)
  const from = Math.max(0, options.start ?? 0)
  const isWhole = from === 0 && end === bytes.length
  const known = checkFast(isWhole ? bytes : bytes.subarray(from, end), options.depthMax)
  const start = skipSpace(bytes, from, end)
  if (known !== 'unknown') {
    const kind = kindOf(bytes[start]!)
    return known === 'plain' && kind === 'object' ? PASSED_PLAIN : PASSED[kind]
  }
  const after = scanDocument(bytes, start, end, options.depthMax)
  if (after < 0) return { kind: 'fault', offset: faultOffset, reason: faultReason }
  const rest = skipSpace(bytes, after, end)
  if (rest < end) return { kind: 'fault', offset: rest, reason: 'expected nothing after the value' }
  return PASSED[kindOf(bytes[start]!)]
}

function kindOf(first: number): JsonKind {
  if (first === OPEN_OBJECT) return 'object'
  if (first === OPEN_ARRAY) return 'array'
  if (first === QUOTE) return 'string'
  return LITERALS[first] === undefined ? 'number' : 'literal'
}

// One loop over values and what stands between them; containers are a stack, so depth costs no recursion.
function scanDocument(bytes: Uint8Array, start: number, end: number, depthMax: number): number {
  let depth = 0
  let at = start
  for (;;) {
    if (at >= end) return fault(end, 'unexpected end, expected a value')
    const first = bytes[at]!
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (depth >= depthMax) return fault(at, `nested deeper than \`${depthMax}\` levels`)
      at = skipSpace(bytes, at + 1, end)
      if (bytes[at] !== first + 2 || at >= end) {
        push(depth, first)
        depth += 1
        if (first === OPEN_OBJECT && (at = scanKey(bytes, at, end)) < 0) return -1
        continue
      }
      at += 1
    } else if (first === QUOTE) at = scanString(bytes, at, end)
    else at = scanScalar(bytes, at, end)
    if (at < 0) return -1

    for (;;) {
      if (depth === 0) return at
      at = skipSpace(bytes, at, end)
      if (at >= end) return fault(end, 'unexpected end inside an array or object')
      const inObject = open[depth - 1] === OPEN_OBJECT
      if (bytes[at] === COMMA) {
        at = skipSpace(bytes, at + 1, end)
        if (inObject && (at = scanKey(bytes, at, end)) < 0) return -1
        break
      }
      if (bytes[at] !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        return fault(at, inObject ? 'expected `,` or `}`' : 'expected `,` or `]`')
      }
      depth -= 1
      at += 1
    }
  }
}

function push(depth: number, container: number): void {
  if (depth === open.length) {
    const larger = new Uint8Array(depth * 2)
    larger.set(open)
    open = larger
  }
  open[depth] = container
}

/** From a key's quote to the first byte of its value. */
function scanKey(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || bytes[start] !== QUOTE) return fault(start, 'expected a key in double quotes')
  let at = scanString(bytes, start, end)
  if (at < 0) return -1
  at = skipSpace(bytes, at, end)
  if (at >= end || bytes[at] !== COLON) return fault(at, 'expected `:` after a key')
  return skipSpace(bytes, at + 1, end)
}

function scanString(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1
  for (;;) {
    at = skipPlain(bytes, at, end)
    if (at >= end) return fault(end, 'unexpected end inside a string')
    const byte = bytes[at]!
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) at = scanEscape(bytes, at, end)
    else if (byte >= 0x80) at = scanMultibyte(bytes, at, end)
    else return fault(at, 'control characters in strings must be escaped')
    if (at < 0) return -1
  }
}

/** Over bytes of a string that mean themselves; four at a time, which is half again as fast. */
function skipPlain(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (const last = end - 4; at <= last; at += 4) {
    const stops =
      STRING_STOP[bytes[at]!]! |
      STRING_STOP[bytes[at + 1]!]! |
      STRING_STOP[bytes[at + 2]!]! |
      STRING_STOP[bytes[at + 3]!]!
    if (stops !== 0) break
  }
  while (at < end && STRING_STOP[bytes[at]!] === 0) at += 1
  return at
}

function scanEscape(bytes: Uint8Array, start: number, end: number): number {
  if (start + 1 >= end) return fault(end, 'unexpected end inside a string')
  const kind = bytes[start + 1]!
  if (SIMPLE_ESCAPE[kind] === 1) return start + 2
  if (kind !== 0x75) return fault(start, 'unknown escape in a string')
  for (let at = start + 2; at < start + 6; at += 1) {
    if (at >= end || HEX[bytes[at]!] === 0)
      return fault(start, 'expected four hex digits after `\\u`')
  }
  return start + 6
}

// Table 3-7 of the Unicode standard: which byte sequences are well-formed UTF-8.
function scanMultibyte(bytes: Uint8Array, start: number, end: number): number {
  const lead = bytes[start]!
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  if (length === 0 || start + length > end) return fault(start, 'not UTF-8')
  const second = bytes[start + 1]!
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return fault(start, 'not UTF-8')
  for (let at = start + 2; at < start + length; at += 1) {
    if ((bytes[at]! & 0xc0) !== 0x80) return fault(start, 'not UTF-8')
  }
  return start + length
}

function scanScalar(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start]!
  if (first === 0x2d || DIGIT[first] === 1) return scanNumber(bytes, start, end)
  const literal = LITERALS[first]
  if (literal === undefined) return fault(start, 'expected a value')
  for (let index = 1; index < literal.length; index += 1) {
    if (start + index >= end || bytes[start + index] !== literal[index]) {
      return fault(start, 'expected `true`, `false` or `null`')
    }
  }
  return start + literal.length
}

function scanNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start
  const first = at < end ? bytes[at]! : 0
  if (DIGIT[first] === 0) {
    return fault(start, at === start ? 'expected a value' : 'expected a digit after `-`')
  }
  at = first === 0x30 ? at + 1 : skipDigits(bytes, at, end)
  if (at < end && bytes[at] === 0x2e) {
    const fraction = at + 1
    at = skipDigits(bytes, fraction, end)
    if (at === fraction) return fault(at, 'expected a digit after `.`')
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    const sign = bytes[at + 1]
    const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
    at = skipDigits(bytes, exponent, end)
    if (at <= exponent) return fault(exponent, 'expected a digit in the exponent')
  }
  return at
}

function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && DIGIT[bytes[at]!] === 1) at += 1
  return at
}

function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && SPACE[bytes[at]!] === 1) at += 1
  return at
}

function fault(offset: number, reason: string): -1 {
  faultOffset = offset
  faultReason = reason
  return -1
}

function table(characters: string): Uint8Array {
  const member = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) member[byte] = 1
  return member
}
