// Lists taken apart and put in order, and texts quoted and turned round.
// https://pkg.go.dev/github.com/google/cel-go/ext#Lists

import { isDeepStrictEqual } from 'node:util'
import type { CelFunctions } from './cel.ts'
import { RULE_RANGE_MAX } from './limits.ts'

type List = readonly unknown[]

const LISTS = 'kubernetes.ListLibrary'
const STRINGS = 'kubernetes.StringLibrary'

/** What is said as `lists.…`. */
export class ListLibrary {
  readonly typeName: string = LISTS
}

/** What is said as `strings.…`. */
export class StringLibrary {
  readonly typeName: string = STRINGS
}

/** How the library says that there is a value, or none. */
export interface Options {
  of(value: unknown): unknown
  none(): unknown
}

export function listFunctions(options: Options): CelFunctions {
  const some = (list: List, index: number): unknown =>
    list.length === 0 ? options.none() : options.of(list.at(index))
  return {
    'list<dyn>.slice(int, int): list<dyn>': slice,
    'list<dyn>.flatten(): list<dyn>': (list: List) => list.flat(1),
    'list<dyn>.flatten(int): list<dyn>': (list: List, depth: bigint) => {
      if (depth < 0n) throw new Error('level must be non-negative')
      return list.flat(Number(depth))
    },
    'list<dyn>.distinct(): list<dyn>': distinct,
    'list<dyn>.sort(): list<dyn>': sort,
    'list<dyn>.reverse(): list<dyn>': (list: List) => list.toReversed(),
    'list<dyn>.first(): optional<dyn>': (list: List) => some(list, 0),
    'list<dyn>.last(): optional<dyn>': (list: List) => some(list, -1),
    [`${LISTS}.range(int): list<int>`]: (_: unknown, count: bigint) => {
      if (count > RULE_RANGE_MAX)
        throw new Error(`range of ${count} is longer than ${RULE_RANGE_MAX}`)
      return Array.from({ length: Math.max(0, Number(count)) }, (__, index) => BigInt(index))
    },
    'string.reverse(): string': (text: string) => Array.from(text).toReversed().join(''),
    [`${STRINGS}.quote(string): string`]: (_: unknown, text: string) => quote(text),
  }
}

function slice(list: List, from: bigint, to: bigint): List {
  const what = `cannot slice(${from}, ${to}), `
  if (from < 0n || to < 0n) throw new Error(`${what}negative indexes not supported`)
  if (from > to) throw new Error(`${what}start index must be less than or equal to end index`)
  if (to > list.length) throw new Error(`${what}list is length ${list.length}`)
  return list.slice(Number(from), Number(to))
}

/** The first of each stays, where it is. */
function distinct(list: List): List {
  const simple = new Set<unknown>()
  const others: unknown[] = []
  return list.filter((item) => {
    const isSimple = typeof item !== 'object' || item === null
    if (isSimple ? simple.has(item) : others.some((one) => isDeepStrictEqual(one, item)))
      return false
    if (isSimple) simple.add(item)
    else others.push(item)
    return true
  })
}

function sort(list: List): List {
  const kinds = new Set(list.map((item) => kindOf(item)))
  if (kinds.has(undefined)) throw new Error('list elements must be comparable')
  if (kinds.size > 1) throw new Error('list elements must have the same type')
  return list.toSorted((one, other) => {
    const [a, b] = [one as number, other as number]
    if (a < b) return -1
    return a > b ? 1 : 0
  })
}

function kindOf(value: unknown): string | undefined {
  if (value instanceof Date) return 'timestamp'
  const kind = typeof value
  return kind === 'object' || kind === 'undefined' ? undefined : kind
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': String.raw`\a`,
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '\v': String.raw`\v`,
  '\\': '\\\\',
  '"': String.raw`\"`,
}

function quote(text: string): string {
  const escaped = Array.from(text.toWellFormed(), (letter) => ESCAPES[letter] ?? letter)
  return `"${escaped.join('')}"`
}
