// What one value of an event must be: one of the alternatives that a pattern lists for a field, as a value and as a
// test of a leaf.

import { assertNever } from '../base/index.ts'
import { isAt } from './bytes.ts'
import { compileFolded, type FoldedPart } from './fold.ts'
import { lastAddress, looksLikeIp, parseIp } from './ip.ts'
import type { Leaf } from './leaf.ts'
import { comparableNumber } from './number.ts'
import { isInRange, type Range } from './range.ts'
import { compileWildcard, type Wildcard } from './wildcard.ts'

/** One alternative. Texts are UTF-8, one byte a character, save that of `folded`, which is an ordinary string. */
export type Condition =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'ip'; readonly address: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'literal'; readonly value: 'true' | 'false' | 'null' }
  | { readonly kind: 'prefix' | 'suffix'; readonly text: string }
  | { readonly kind: 'folded'; readonly text: string; readonly part: FoldedPart }
  | { readonly kind: 'wildcard'; readonly pieces: Wildcard }
  | ({ readonly kind: 'range' } & Range)
  | { readonly kind: 'cidr'; readonly low: string; readonly high: string }
  | { readonly kind: 'but'; readonly refused: readonly Condition[] }
  | { readonly kind: 'exists' }
  | { readonly kind: 'absent' }

export type Test = (leaf: Leaf) => boolean

/** Exact texts from this many on are looked up in a set. */
const LOOKED_UP_MIN = 8

export function compileTest(condition: Condition): Test {
  switch (condition.kind) {
    case 'string':
      return testText(condition.text)
    case 'ip': {
      const { address } = condition
      return (leaf) => leaf.ip === address
    }
    case 'number':
      return testNumber(condition.text)
    case 'literal': {
      const { value } = condition
      return (leaf) => !leaf.isString && !leaf.isNumber && leaf.literal === value
    }
    case 'prefix': {
      const { text } = condition
      return ({ isString, bytes, start, end }) =>
        isString && end - start >= text.length && isAt(bytes, start, text)
    }
    case 'suffix': {
      const { text } = condition
      return ({ isString, bytes, start, end }) =>
        isString && end - start >= text.length && isAt(bytes, end - text.length, text)
    }
    case 'folded': {
      const matches = compileFolded(condition.text, condition.part)
      return (leaf) => leaf.isString && matches(leaf)
    }
    case 'wildcard': {
      const matches = compileWildcard(condition.pieces)
      return (leaf) => leaf.isString && matches(leaf)
    }
    case 'range': {
      const range = condition
      return (leaf) => leaf.isNumber && leaf.number !== undefined && isInRange(range, leaf.number)
    }
    case 'cidr': {
      const { low, high } = condition
      return ({ ip }) => ip !== undefined && ip.length === low.length && ip >= low && ip <= high
    }
    case 'but': {
      const isRefused = testAny(condition.refused)
      return (leaf) => !isRefused(leaf)
    }
    case 'exists':
      return () => true
    case 'absent':
      return () => false
    default:
      return assertNever(condition)
  }
}

function testText(text: string): Test {
  return ({ isString, bytes, start, end }) =>
    isString && end - start === text.length && isAt(bytes, start, text)
}

function testNumber(text: string): Test {
  const value = comparableNumber(text)
  if (value === undefined) return (leaf) => leaf.isNumber && leaf.text === text
  return (leaf) => leaf.isNumber && leaf.number === value
}

function testAny(conditions: readonly Condition[]): Test {
  const [only] = conditions
  if (only !== undefined && conditions.length === 1) return compileTest(only)
  const texts = new Set<string>()
  if (conditions.length >= LOOKED_UP_MIN) {
    for (const condition of conditions) if (condition.kind === 'string') texts.add(condition.text)
  }
  const tests = conditions
    .filter((condition) => condition.kind !== 'string' || !texts.has(condition.text))
    .map(compileTest)
  return (leaf) => {
    if (texts.size > 0 && leaf.isString && texts.has(leaf.text)) return true
    for (const test of tests) if (test(leaf)) return true
    return false
  }
}

/** The addresses of `text`, such as `10.0.0.0/24`, or what is wrong with it in AWS's words. */
export function parseCidr(text: string): Condition | { readonly fault: string } {
  // As Java's split: what is empty at the end does not count.
  const parts = text.split('/')
  while (parts.at(-1) === '') parts.pop()
  if (parts.length !== 2) return { fault: "Malformed CIDR, one '/' required" }
  const [address, mask] = parts as [string, string]
  const bits = Number(mask)
  if (!/^[+-]?\d+$/.test(mask) || bits !== (bits | 0)) {
    return { fault: 'Malformed CIDR, mask bits must be an integer' }
  }
  if (bits < 0) return { fault: 'Malformed CIDR, mask bits must not be negative' }
  const low = parseIp(address)
  if (low === undefined)
    return { fault: `${looksLikeIp(address) ? 'Invalid' : 'Nonstandard'} IP address: ${address}` }
  if (low.length === 4 && bits > 31) return { fault: 'IPv4 mask bits must be < 32' }
  if (bits > 127) return { fault: 'IPv6 mask bits must be < 128' }
  return { kind: 'cidr', low, high: lastAddress(low, bits) }
}
