// Pairs of patterns and events, drawn so that many match: a pattern is made of conditions that tend to accept what its
// event holds.

import * as fc from 'fast-check'
import { isAppError } from '../base/index.ts'
import { parsePattern } from './pattern.ts'

/** Patterns drawn for one event. */
const PATTERNS_PER_EVENT = 8

export interface DrawnPair {
  readonly event: string
  readonly pattern: string
}

/** One event with several patterns. Plain ones hold no name twice and none with dots. */
export function drawnGroups({ isPlain = false }: { isPlain?: boolean } = {}): fc.Arbitrary<
  readonly DrawnPair[]
> {
  const numbers = fc.array(fc.nat(1_000_000), { minLength: 6, maxLength: 30 })
  return fc.tuple(drawnEvents(isPlain), numbers).map(([event, drawn]) => {
    const leaves = leavesOf(event)
    const pairs: DrawnPair[] = []
    for (let index = 0; index < PATTERNS_PER_EVENT; index += 1) {
      const pattern = drawPattern(new Draws(drawn.map((each) => each + index * 7919)), leaves)
      if (!isTooComplex(pattern)) pairs.push({ event, pattern })
    }
    return pairs
  })
}

/** One event with one pattern. */
export function drawnPairs(options: { isPlain?: boolean } = {}): fc.Arbitrary<DrawnPair> {
  return drawnGroups(options)
    .filter((pairs) => pairs.length > 0)
    .map((pairs) => pairs[0]!)
}

const KEYS = ['a', 'b', 'c', 'd.e', 'é', '__proto__', 'length']
const WORDS = ['', 'x', 'xy', 'xyz', 'XY', 'yx', 'aab', 'straße', 'STRASSE', 'é', 'É', '😀', '😀x']
const ODD_TEXTS = ['a*b', 'a\\b', '1', 'true', 'null', '\ud83d', '\n']
const ADDRESSES = ['10.0.0.1', '10.0.0.200', '::1', '0:0:0:0:0:0:0:1', '::ffff:a00:1']
const NUMBERS = ['0', '-0', '1', '1.0', '10e-1', '2', '-3.5', '1e3', '1000', '0.1', '5e9']
const ODD_NUMBERS = ['9007199254740993', '9007199254740992', '123456789012345678901']
const ODDER_NUMBERS = ['0.30000000000000004', '1e400', '1e-400']
const ESCAPED = ['"\\u0078y"', '"\\ud83d\\ude00"', '"\\/"']
const SCALARS = [
  ...[WORDS, ODD_TEXTS, ADDRESSES].flat().map((text) => JSON.stringify(text)),
  ...[NUMBERS, ODD_NUMBERS, ODDER_NUMBERS, ['true', 'false', 'null'], ESCAPED].flat(),
]

/** Events as text, because numbers and escapes must stay as written. Names may come twice, unless `isPlain`. */
function drawnEvents(isPlain: boolean): fc.Arbitrary<string> {
  const keys = isPlain ? KEYS.filter((key) => !key.includes('.')) : KEYS
  const members = (value: fc.Arbitrary<string>): fc.Arbitrary<[string, string][]> =>
    isPlain
      ? fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), value), {
          maxLength: 3,
          selector: ([key]) => key,
        })
      : fc.array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 3 })
  return fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 4, arbitrary: fc.constantFrom(...SCALARS) },
      { weight: 2, arbitrary: tie('object') },
      { weight: 2, arbitrary: tie('array') },
    ),
    object: members(tie('value')).map(
      (each) => `{${each.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(',')}}`,
    ),
    array: fc.array(tie('value'), { maxLength: 3 }).map((elements) => `[${elements.join(' ,')}]`),
  })).object
}

/** Chooses by the numbers fast-check drew, so that a failing pair shrinks. */
class Draws {
  readonly #numbers: readonly number[]
  #at = 0

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  upTo(max: number): number {
    const number = this.#numbers[this.#at % this.#numbers.length]! + this.#at
    this.#at += 1
    return number % (max + 1)
  }

  from<T>(list: readonly T[]): T {
    return list[this.upTo(list.length - 1)]!
  }
}

/** The leaves of an event with the keys that lead to them. */
function leavesOf(text: string): [string[], string][] {
  const leaves: [string[], string][] = []
  const walk = (value: unknown, keys: string[]): void => {
    if (Array.isArray(value)) for (const element of value) walk(element, keys)
    else if (value instanceof Map) for (const [key, member] of value) walk(member, [...keys, key])
    else leaves.push([keys, value as string])
  }
  walk(
    JSON.parse(text, function (_key, value: unknown, context?: unknown) {
      if (Array.isArray(value)) return value
      if (typeof value === 'object' && value !== null) return new Map(Object.entries(value))
      return (context as { source: string }).source
    }),
    [],
  )
  return leaves
}

// A condition that tends to accept `source`, a scalar as written.
function drawCondition(draws: Draws, source: string): unknown {
  const value: unknown = JSON.parse(source)
  const other: unknown = JSON.parse(draws.from(SCALARS))
  if (draws.upTo(9) === 0) return { exists: draws.upTo(2) > 0 }
  if (draws.upTo(6) === 0) return drawAnythingBut(draws, other)
  if (typeof value === 'number' && draws.upTo(1) === 0) return drawNumeric(draws, value)
  if (typeof value !== 'string' || draws.upTo(3) === 0) {
    return draws.upTo(5) === 0 ? other : new Raw(source)
  }
  return drawText(draws, Array.from(value))
}

function drawText(draws: Draws, characters: readonly string[]): unknown {
  const cut = draws.upTo(characters.length)
  const [head, tail] = [characters.slice(0, cut).join(''), characters.slice(cut).join('')]
  const folded = draws.from([head.toUpperCase(), head.toLowerCase(), head])
  switch (draws.upTo(8)) {
    case 0:
      return { prefix: head }
    case 1:
      return { suffix: tail }
    case 2:
      return { prefix: { 'equals-ignore-case': folded } }
    case 3:
      return { suffix: { 'equals-ignore-case': tail.toUpperCase() } }
    case 4:
      return { 'equals-ignore-case': draws.from([characters.join('').toUpperCase(), head]) }
    case 5:
      return {
        cidr: draws.from(['10.0.0.0/24', '10.0.0.5/30', '::/64', '::ffff:a00:0/30', '0.0.0.0/0']),
      }
    case 6:
      return { exactly: draws.from([characters.join(''), head]) }
    default: {
      const skipped = draws.upTo(Math.min(2, tail.length))
      return {
        wildcard: `${escapeWildcard(head)}*${escapeWildcard(Array.from(tail).slice(skipped).join(''))}`,
      }
    }
  }
}

function escapeWildcard(text: string): string {
  return text.replaceAll(/[\\*]/g, String.raw`\$&`)
}

function drawAnythingBut(draws: Draws, other: unknown): unknown {
  const text = typeof other === 'string' && other !== '' ? other : 'x'
  const operator = draws.from([
    'prefix',
    'suffix',
    'equals-ignore-case',
    'wildcard',
    'none',
    'none',
  ])
  const list = draws.upTo(1) === 0
  if (operator === 'none') {
    const plain = typeof other === 'number' && Number.isFinite(other) ? other : text
    return { 'anything-but': list ? [plain] : plain }
  }
  const operand = operator === 'wildcard' ? `${text.replaceAll(/[\\*]/g, '')}*` : text
  return { 'anything-but': { [operator]: list ? [operand, `${operand}z`] : operand } }
}

function drawNumeric(draws: Draws, value: number): unknown {
  const near = Number.isFinite(value) ? Math.min(Math.max(value, -1e9), 1e9) : 1
  return draws.from([
    { numeric: ['=', near] },
    { numeric: ['<', near + draws.upTo(1)] },
    { numeric: ['<=', near] },
    { numeric: ['>', near - draws.upTo(1)] },
    { numeric: ['>=', near - 1, '<', near + draws.upTo(2)] },
    { numeric: ['>', near - 1, '<=', near] },
  ])
}

/** A scalar to be written as it stands. */
export class Raw {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

export function write(value: unknown): string {
  if (value instanceof Raw) return value.source
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`)
    .join(',')}}`
}

type Fields = Map<string, string>

function drawFields(draws: Draws, leaves: readonly [string[], string][]): Fields {
  const fields: Fields = new Map()
  for (let count = 1 + draws.upTo(2); count > 0; count -= 1) {
    const isThere = leaves.length > 0 && draws.upTo(6) > 0
    const [keys, source] = isThere
      ? draws.from(leaves)
      : [[draws.from(KEYS), draws.from(KEYS)].slice(draws.upTo(1)), draws.from(SCALARS)]
    const conditions = [drawCondition(draws, source)]
    if (draws.upTo(3) === 0) conditions.push(drawCondition(draws, draws.from(SCALARS)))
    if (!isThere && draws.upTo(1) === 0) conditions.push({ exists: false })
    // As one dotted key, or as objects in objects.
    const path = draws.upTo(2) === 0 ? [keys.join('.')] : keys
    const [last, ...outer] = path.toReversed()
    const field = outer.reduce(
      (inner, key) => `${JSON.stringify(key)}:{${inner}}`,
      `${JSON.stringify(last)}:${write(conditions)}`,
    )
    fields.set(keys.join('.'), field)
  }
  return fields
}

function drawPattern(draws: Draws, leaves: readonly [string[], string][]): string {
  const fields = drawFields(draws, leaves)
  const members = [...fields.values()]
  // Written one behind the other: objects of the same name must not hide each other.
  if (draws.upTo(3) === 0) {
    const options = [drawFields(draws, leaves), drawFields(draws, leaves)]
    const objects = options.map((each) => `{${[...each.values()].at(0)}}`)
    members.push(`"$or":[${objects.join(',')}]`)
  }
  return uniqueKeys(members) ? `{${members.join(',')}}` : `{${members[0]}}`
}

function uniqueKeys(members: readonly string[]): boolean {
  const keys = members.map((member) => member.slice(0, member.indexOf('":')))
  return new Set(keys).size === keys.length
}

/** Several wildcards on one field may be more than is allowed. */
export function isTooComplex(pattern: string): boolean {
  try {
    parsePattern(pattern)
    return false
  } catch (error) {
    return isAppError(error) && error.message.includes('too complex')
  }
}
