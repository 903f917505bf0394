// CEL, the language of rules: the library that speaks it, and the functions that Kubernetes adds to it.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cel-libraries
//
// The library is loaded when the first rule is there: most servers never see one.

import { isDeepStrictEqual } from 'node:util'
import type * as Library from '@marcbachmann/cel-js'
import { ListLibrary, listFunctions, StringLibrary } from './cel-lists.ts'
import { IpLibrary, NETWORK_FUNCTIONS, NETWORK_OPERATORS, NETWORK_TYPES } from './cel-network.ts'
import { FormatLibrary, TEXT_TYPES, textFunctions } from './cel-text.ts'
import { QUANTITY_TYPE, Quantity } from './quantity.ts'

export type CelLibrary = typeof Library

/** By signature: what runs. */
export type CelFunctions = Readonly<Record<string, (...values: never[]) => unknown>>

let loading: Promise<CelLibrary> | undefined

export async function loadCel(): Promise<CelLibrary> {
  loading ??= import('@marcbachmann/cel-js')
  return loading
}

type Environment = InstanceType<CelLibrary['Environment']>

/** An environment that knows these variables, by their CEL types, and every function of Kubernetes that we have. */
export function celEnvironment(
  { Environment, Optional }: CelLibrary,
  variables: Readonly<Record<string, string>>,
  limits: { readonly maxAstNodes: number; readonly maxDepth: number },
): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits,
  })
  for (const [name, ctor] of Object.entries(TYPES))
    environment.registerType(name, { ctor: ctor as new () => object, fields: {} })
  for (const [name, Namespace] of Object.entries(NAMESPACES)) {
    const namespace = new Namespace()
    environment.registerType(namespace.typeName, { ctor: Namespace, fields: {} })
    environment.registerConstant(name, namespace.typeName, namespace)
  }
  const functions = {
    ...FUNCTIONS,
    ...NETWORK_FUNCTIONS,
    ...textFunctions(Optional),
    ...listFunctions(Optional),
  }
  for (const [signature, run] of Object.entries(functions))
    environment.registerFunction(signature, run as (...values: unknown[]) => unknown)
  for (const [signature, run] of Object.entries(NETWORK_OPERATORS))
    environment.registerOperator(signature, run as (...values: unknown[]) => unknown)
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
  return environment
}

type List = readonly unknown[]

const SETS = 'kubernetes.SetLibrary'

/** What is said as `sets.…`. */
class SetLibrary {
  readonly typeName: string = SETS
}

const NAMESPACES = {
  format: FormatLibrary,
  ip: IpLibrary,
  lists: ListLibrary,
  sets: SetLibrary,
  strings: StringLibrary,
}
const TYPES: Readonly<Record<string, unknown>> = {
  [QUANTITY_TYPE]: Quantity,
  ...NETWORK_TYPES,
  ...TEXT_TYPES,
}

const FUNCTIONS: CelFunctions = {
  'list<dyn>.isSorted(): bool': (list: List) =>
    list.every((item, index) => index === 0 || !isBelow(item, list[index - 1])),
  'list<dyn>.sum(): dyn': (list: List) => (list.length === 0 ? 0n : list.reduce(sumOf)),
  'list<dyn>.min(): dyn': (list: List) =>
    someOf(list, 'min').reduce((least, item) => (isBelow(item, least) ? item : least)),
  'list<dyn>.max(): dyn': (list: List) =>
    someOf(list, 'max').reduce((most, item) => (isBelow(most, item) ? item : most)),
  'list<dyn>.indexOf(dyn): int': (list: List, wanted: unknown) =>
    BigInt(list.findIndex((item) => isAlike(item, wanted))),
  'list<dyn>.lastIndexOf(dyn): int': (list: List, wanted: unknown) =>
    BigInt(list.findLastIndex((item) => isAlike(item, wanted))),
  'string.charAt(int): string': (text: string, index: bigint) =>
    Array.from(text)[Number(index)] ?? '',
  'string.replace(string, string): string': (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  'string.replace(string, string, int): string': replaceSome,
  'string.find(string): string': (text: string, pattern: string) =>
    new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
  'string.findAll(string): list<string>': (text: string, pattern: string) =>
    text.match(new RegExp(pattern, 'gu')) ?? [],
  [`${SETS}.contains(list<dyn>, list<dyn>): bool`]: (_: unknown, list: List, part: List) =>
    holdsAll(list, part),
  [`${SETS}.equivalent(list<dyn>, list<dyn>): bool`]: (_: unknown, one: List, other: List) =>
    holdsAll(one, other) && holdsAll(other, one),
  [`${SETS}.intersects(list<dyn>, list<dyn>): bool`]: (_: unknown, one: List, other: List) =>
    one.some((item) => holds(other, item)),
  [`quantity(string): ${QUANTITY_TYPE}`]: (text: string) => Quantity.parse(text),
  'isQuantity(string): bool': (text: string) => Quantity.isOne(text),
  [`${QUANTITY_TYPE}.isGreaterThan(${QUANTITY_TYPE}): bool`]: (one: Quantity, other: Quantity) =>
    one.compareTo(other) > 0,
  [`${QUANTITY_TYPE}.isLessThan(${QUANTITY_TYPE}): bool`]: (one: Quantity, other: Quantity) =>
    one.compareTo(other) < 0,
  [`${QUANTITY_TYPE}.compareTo(${QUANTITY_TYPE}): int`]: (one: Quantity, other: Quantity) =>
    BigInt(one.compareTo(other)),
  [`${QUANTITY_TYPE}.sign(): int`]: (one: Quantity) => BigInt(one.compareTo(Quantity.parse('0'))),
  [`${QUANTITY_TYPE}.isInteger(): bool`]: (one: Quantity) => one.isInteger(),
  [`${QUANTITY_TYPE}.asInteger(): int`]: (one: Quantity) => one.asInteger(),
  [`${QUANTITY_TYPE}.asApproximateFloat(): double`]: (one: Quantity) => one.asNumber(),
  [`${QUANTITY_TYPE}.add(${QUANTITY_TYPE}): ${QUANTITY_TYPE}`]: (one: Quantity, other: Quantity) =>
    one.plus(other),
  [`${QUANTITY_TYPE}.add(int): ${QUANTITY_TYPE}`]: (one: Quantity, other: bigint) =>
    one.plus(Quantity.of(other)),
  [`${QUANTITY_TYPE}.sub(${QUANTITY_TYPE}): ${QUANTITY_TYPE}`]: (one: Quantity, other: Quantity) =>
    one.minus(other),
  [`${QUANTITY_TYPE}.sub(int): ${QUANTITY_TYPE}`]: (one: Quantity, other: bigint) =>
    one.minus(Quantity.of(other)),
}

function holds(list: List, wanted: unknown): boolean {
  return list.some((item) => isDeepStrictEqual(item, wanted))
}

function holdsAll(list: List, part: List): boolean {
  return part.every((item) => holds(list, item))
}

function isBelow(one: unknown, other: unknown): boolean {
  return (one as number) < (other as number)
}

function isAlike(one: unknown, other: unknown): boolean {
  return one === other || (one instanceof Date && one.getTime() === Number(other))
}

function sumOf(sum: unknown, item: unknown): unknown {
  return (sum as number) + (item as number)
}

function someOf(list: List, what: string): List {
  if (list.length === 0) throw new Error(`${what} called on empty list`)
  return list
}

function replaceSome(text: string, from: string, to: string, count: bigint): string {
  if (count < 0n) return text.replaceAll(from, () => to)
  let rest = Number(count)
  return text.replaceAll(from, (found) => (rest-- > 0 ? to : found))
}
