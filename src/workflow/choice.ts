// A choice: the first case that holds says which later steps run; the steps that others name are skipped.
//
//   with:
//     value: 7                                  (or put here by dependsOn)
//     cases:
//       - { greaterThan: 5, run: [large] }
//       - { in: [1, 2], run: [small] }
//     otherwise: [none]

import { isDeepStrictEqual } from 'node:util'
import { describeError } from '../base/index.ts'
import type { Json } from '../structure/index.ts'
import { isList, isObject, type JsonObject, parsePath, valueAt } from './json-tree.ts'

export interface Chosen {
  readonly chosen: readonly string[]
  /** All steps that any case names. */
  readonly others: readonly string[]
}

const TESTS: Readonly<Record<string, (value: Json | undefined, expected: Json) => boolean>> = {
  equals: (value, expected) => isDeepStrictEqual(value, expected),
  in: (value, expected) =>
    isList(expected) && expected.some((one) => isDeepStrictEqual(one, value)),
  greaterThan: (value, expected) => compare(value, expected, (a, b) => a > b),
  lessThan: (value, expected) => compare(value, expected, (a, b) => a < b),
  atLeast: (value, expected) => compare(value, expected, (a, b) => a >= b),
  atMost: (value, expected) => compare(value, expected, (a, b) => a <= b),
  startsWith: (value, expected) =>
    typeof value === 'string' && typeof expected === 'string' && value.startsWith(expected),
  exists: (value, expected) => (value !== undefined && value !== null) === expected,
}

/** Throws an Error that says what is wrong with the choice. */
export function chooseSteps(given: JsonObject): Chosen {
  const { value, cases, otherwise } = given
  if (!isList(cases)) throw new Error('expected `cases` to be a list of conditions with `run`')
  const read = cases.map((one, index) => readCase(one, index))
  const fallback = stepsIn(otherwise ?? [], 'otherwise')
  const others = [...read.flatMap(({ run }) => run), ...fallback]
  const found = read.find(({ holds }) => holds(value))
  return { chosen: found?.run ?? fallback, others }
}

export interface ChoiceFault {
  /** `cases[0].run` */
  readonly member: string
  readonly value: Json
  readonly text: string
}

/** Everything that is wrong with a choice, whatever its value will be. */
export function choiceFaults({ cases, otherwise }: JsonObject): readonly ChoiceFault[] {
  if (cases !== undefined && !isList(cases))
    return [{ member: 'cases', value: cases, text: 'expected a list of conditions with `run`' }]
  return [
    ...(cases ?? []).flatMap((one, index) =>
      faultOf(`cases[${index}]`, one, () => readCase(one, index)),
    ),
    ...(otherwise === undefined
      ? []
      : faultOf('otherwise', otherwise, () => stepsIn(otherwise, 'otherwise'))),
  ]
}

function faultOf(member: string, value: Json, read: () => unknown): readonly ChoiceFault[] {
  try {
    read()
    return []
  } catch (error) {
    return [{ member, value, text: describeError(error) }]
  }
}

interface NamedStep {
  readonly member: string
  readonly name: string
}

/** The steps that a choice without faults names, and where. */
export function stepsNamed({ cases, otherwise }: JsonObject): readonly NamedStep[] {
  return [
    ...(isList(cases) ? cases : []).flatMap((one, index) =>
      isObject(one) ? namesIn(`cases[${index}].run`, one['run']) : [],
    ),
    ...namesIn('otherwise', otherwise),
  ]
}

function namesIn(member: string, value: Json | undefined): readonly NamedStep[] {
  const names = isList(value) ? value : [value]
  return names.filter((name) => typeof name === 'string').map((name) => ({ member, name }))
}

interface Case {
  readonly run: readonly string[]
  readonly holds: (value: Json | undefined) => boolean
}

function readCase(value: Json, index: number): Case {
  const name = `cases[${index}]`
  if (!isObject(value)) throw new Error(`expected \`${name}\` to be an object`)
  const { run, path, ...tests } = value
  const parts = typeof path === 'string' ? parsePath(path) : []
  if (parts === undefined) throw new Error(`expected \`${name}.path\` to be a dotted path`)
  const known = Object.entries(tests).map(([test, expected]) => {
    const check = Object.hasOwn(TESTS, test) ? TESTS[test] : undefined
    if (check === undefined)
      throw new Error(`unknown \`${name}.${test}\`, expected ${Object.keys(TESTS).join(', ')}`)
    return (found: Json | undefined) => check(found, expected ?? null)
  })
  if (known.length === 0) throw new Error(`expected \`${name}\` to have a condition`)
  return {
    run: stepsIn(run ?? [], `${name}.run`),
    holds: (found) => known.every((check) => check(valueAt(found, parts))),
  }
}

function stepsIn(value: Json, name: string): readonly string[] {
  if (typeof value === 'string') return [value]
  const isNames = isList(value) && value.every((one) => typeof one === 'string')
  if (!isNames) throw new Error(`expected \`${name}\` to be a list of the names of later steps`)
  return value
}

function compare(
  value: Json | undefined,
  expected: Json,
  test: (value: number | string, expected: number | string) => boolean,
): boolean {
  if (typeof value === 'number' && typeof expected === 'number') return test(value, expected)
  return typeof value === 'string' && typeof expected === 'string' && test(value, expected)
}
