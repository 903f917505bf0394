// What one value of an event must be: the alternatives that a pattern lists for a field. Exact ones are
// kept as keys, so that a field with thousands of them costs one look-up; the rest are tests.

import { assertNever } from '../base/index.ts'
import { compileFolded, type FoldedPart } from './fold.ts'
import { lastAddress, looksLikeIp, parseIp } from './ip.ts'
import { ipKey, numberKey, stringKey, type Leaf } from './leaf.ts'
import { compileRanges, type Range } from './range.ts'
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

/** The alternatives of one field, compiled. */
export interface Alternatives {
  /** Keys of the exact alternatives. */
  readonly keys: ReadonlySet<string>
  /** Whether some of the keys are addresses. */
  readonly hasAddresses: boolean
  readonly tests: readonly Test[]
  /** Whether the field may also be absent. */
  readonly isAbsentAllowed: boolean
}

export function compileAlternatives(conditions: readonly Condition[]): Alternatives {
  const keys = new Set<string>()
  const tests: Test[] = []
  const ranges: Range[] = []
  let isAbsentAllowed = false
  for (const condition of conditions) {
    const key = keyOf(condition)
    if (key !== undefined) keys.add(key)
    else if (condition.kind === 'absent') isAbsentAllowed = true
    else if (condition.kind === 'range') ranges.push(condition)
    else tests.push(compileTest(condition))
  }
  if (ranges.length > 0) tests.push(testRanges(ranges))
  const hasAddresses = conditions.some((condition) => condition.kind === 'ip')
  return { keys, hasAddresses, tests, isAbsentAllowed }
}

export function isAccepted(alternatives: Alternatives, leaf: Leaf): boolean {
  if (alternatives.keys.size > 0) {
    if (alternatives.keys.has(leaf.key)) return true
    const ip = alternatives.hasAddresses ? leaf.ip : undefined
    if (ip !== undefined && alternatives.keys.has(ipKey(ip))) return true
  }
  for (const test of alternatives.tests) if (test(leaf)) return true
  return false
}

function keyOf(condition: Condition): string | undefined {
  if (condition.kind === 'string') return stringKey(condition.text)
  if (condition.kind === 'number') return numberKey(condition.text)
  if (condition.kind === 'literal') return condition.value
  if (condition.kind === 'ip') return ipKey(condition.address)
  return undefined
}

function testRanges(ranges: readonly Range[]): Test {
  const isInside = compileRanges(ranges)
  return ({ number }) => number !== undefined && isInside(number)
}

function compileTest(condition: Condition): Test {
  switch (condition.kind) {
    case 'string':
    case 'ip':
    case 'number':
    case 'literal': {
      const alternatives = compileAlternatives([condition])
      return (leaf) => isAccepted(alternatives, leaf)
    }
    case 'prefix': {
      const { text } = condition
      return (leaf) => leaf.kind === 'string' && leaf.text.startsWith(text)
    }
    case 'suffix': {
      const { text } = condition
      return (leaf) => leaf.kind === 'string' && leaf.text.endsWith(text)
    }
    case 'folded': {
      const matches = compileFolded(condition.text, condition.part)
      return (leaf) => leaf.kind === 'string' && matches(leaf.text)
    }
    case 'wildcard': {
      const matches = compileWildcard(condition.pieces)
      return (leaf) => leaf.kind === 'string' && matches(leaf.text)
    }
    case 'range':
      return testRanges([condition])
    case 'cidr': {
      const { low, high } = condition
      return ({ ip }) => ip !== undefined && ip.length === low.length && ip >= low && ip <= high
    }
    case 'but': {
      const refused = compileAlternatives(condition.refused)
      return (leaf) => !isAccepted(refused, leaf)
    }
    case 'exists':
      return () => true
    case 'absent':
      return () => false
    default:
      return assertNever(condition)
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
