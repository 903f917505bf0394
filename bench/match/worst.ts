// Events made to be hard, each of a quarter of a megabyte, against the rule that they are hard for.

import { createMatcher, parsePattern } from '../../src/match/index.ts'

const PASSES = 9

export interface WorstResult {
  readonly name: string
  readonly ms: number
}

interface Hard {
  readonly name: string
  readonly pattern: unknown
  readonly event: string
}

const HARD: readonly Hard[] = [
  {
    name: 'two fields that never lie in one element',
    pattern: { a: { b: [1], c: [1] } },
    event: `{"a":[${list(16_000, (index) => `{"b":${index % 2},"c":${(index + 1) % 2}}`)}]}`,
  },
  {
    name: 'three fields in arrays of arrays',
    pattern: { a: { b: { x: [1], y: [1] }, c: [1] } },
    event: `{"a":[${list(5000, (index) => `{"b":[{"x":1,"y":${index % 2}},{"x":0,"y":1}],"c":${(index + 1) % 2}}`)}]}`,
  },
  {
    name: 'a wildcard whose pieces nearly come',
    pattern: { a: [{ wildcard: '*abc*xyz*' }] },
    event: `{"a":"${'ab'.repeat(128_000)}"}`,
  },
  {
    name: 'many short strings',
    pattern: { a: [{ prefix: 'x' }, { suffix: 'y' }, { wildcard: '*zzz*' }] },
    event: `{"a":[${list(60_000, () => '"q"')}]}`,
  },
  {
    name: 'numbers with exponents',
    pattern: { a: [{ numeric: ['>', 5, '<', 6] }] },
    event: `{"a":[${list(30_000, () => '1.5e-300')}]}`,
  },
  {
    name: 'strings with escapes',
    pattern: { a: ['x'] },
    event: `{"a":[${list(20_000, () => String.raw`"\u0041bc"`)}]}`,
  },
  {
    name: 'addresses',
    pattern: { a: ['::1'] },
    event: `{"a":[${list(25_000, () => '"1.2.3.4"')}]}`,
  },
  { name: 'names that come again', pattern: { a: [1] }, event: `{${list(40_000, () => '"a":2')}}` },
  {
    name: 'names with dots',
    pattern: { a: { b: [1] } },
    event: `{${list(30_000, () => '"a.b":2')}}`,
  },
]

/** CPU time of one match, the median of some. */
export function measureWorst(): WorstResult[] {
  return HARD.map(({ name, pattern, event }) => {
    const matcher = createMatcher<string>().with(name, parsePattern(JSON.stringify(pattern)))
    const bytes = Buffer.from(event)
    const times = Array.from({ length: PASSES }, () => {
      const before = process.cpuUsage()
      matcher.match(bytes)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    })
    return { name, ms: times.toSorted((left, right) => left - right)[PASSES >> 1]! }
  })
}

function list(count: number, element: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => element(index)).join(',')
}
