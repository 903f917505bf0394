// What a function of a template is: the types of its parameters, as Go declares them, and what it does.

import { GoInt, GoMap, GoTime, typeOf, type GoValue } from './go-value.ts'
import { formatNode, type NumberNode, type OperandNode } from './nodes.ts'
import type { Work } from './work.ts'

export type ParameterType = 'any' | 'bool' | 'float64' | 'int' | 'map' | 'string' | 'time'

export interface GoFunction {
  readonly parameters: readonly ParameterType[]
  /** The type of as many more as there are. */
  readonly rest?: ParameterType
  /** Values are of the types asked for. Throws `GoFault` with what Go's error says. */
  call(values: readonly GoValue[], work: Work): GoValue
}

const NAMES: Readonly<Record<ParameterType, string>> = {
  any: 'interface {}',
  bool: 'bool',
  float64: 'float64',
  int: 'int',
  map: 'map[string]interface {}',
  string: 'string',
  time: 'time.Time',
}

interface TypeOf {
  any: GoValue
  bool: boolean
  float64: number
  int: number
  map: GoMap
  string: string
  time: GoTime
}

type ValuesOf<T extends readonly ParameterType[]> = { [K in keyof T]: TypeOf[T[K]] }

/** A function of a fixed number of arguments. */
export function fixed<const T extends readonly ParameterType[]>(
  parameters: T,
  call: (values: ValuesOf<T>, work: Work) => GoValue,
): GoFunction {
  return {
    parameters,
    call: (values, work) =>
      call(
        values.map((value, at) => native(value, parameters[at]!)) as unknown as ValuesOf<T>,
        work,
      ),
  }
}

/** A function whose last argument may come any number of times. */
export function variadic<const T extends readonly ParameterType[], R extends ParameterType>(
  parameters: T,
  rest: R,
  call: (values: ValuesOf<T>, others: TypeOf[R][], work: Work) => GoValue,
): GoFunction {
  return {
    parameters,
    rest,
    call(values, work) {
      const typed = values.map((value, at) => native(value, parameters[at] ?? rest))
      const first = typed.slice(0, parameters.length) as unknown as ValuesOf<T>
      return call(first, typed.slice(parameters.length) as TypeOf[R][], work)
    },
  }
}

/** An int becomes a number, for a function whose Go parameter is an int; a nil map an empty one. */
function native(value: GoValue, type: ParameterType): TypeOf[ParameterType] {
  if (type === 'int' && value instanceof GoInt) return Number(value.value)
  if (type === 'map' && (value === null || value === undefined)) return new GoMap()
  return value
}

/** Why a value cannot be given for a parameter; undefined when it can. */
export function checkArgument(value: GoValue, type: ParameterType): string | undefined {
  if (type === 'any') return undefined
  if (value === undefined)
    return type === 'map' ? undefined : `invalid value; expected ${NAMES[type]}`
  if (NAMES[type] === typeOf(value)) return undefined
  const got = value === null ? 'interface {}' : typeOf(value)
  return `wrong type for value; expected ${NAMES[type]}; got ${got}`
}

/** A literal where a type is asked for. */
export function constantFor(
  node: Exclude<OperandNode, { kind: 'pipe' }>,
  type: ParameterType,
): GoValue | { readonly fault: string } {
  const found = formatNode(node)
  if (type === 'bool')
    return node.kind === 'bool' ? node.value : { fault: `expected bool; found ${found}` }
  if (type === 'string') {
    return node.kind === 'string' ? node.text : { fault: `expected string; found ${found}` }
  }
  if (type === 'int') {
    const isInt = node.kind === 'number' && node.int !== undefined
    return isInt ? new GoInt(node.int) : { fault: `expected integer; found ${found}` }
  }
  if (type === 'float64') {
    const isFloat = node.kind === 'number' && node.float !== undefined
    return isFloat ? node.float : { fault: `expected float; found ${found}` }
  }
  return { fault: `can't handle ${found} for arg of type ${NAMES[type]}` }
}

/** What a number is where nothing else says it: its writing does. Undefined for one that is too large for an int. */
export function idealConstant({ source, int, float }: NumberNode): GoValue {
  const isHex = /^0[xX]/.test(source) && !/[pP]/.test(source)
  const isFloat = !isHex && !source.startsWith("'") && /[.eEpP]/.test(source)
  if (isFloat && float !== undefined) return float
  return int === undefined ? undefined : new GoInt(int)
}
