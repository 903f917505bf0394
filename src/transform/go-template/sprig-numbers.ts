// Sprig's arithmetic. Whole numbers are 64 bits and wrap; floats go through decimals there, which doubles cannot tell
// from here but in the last digit.
// https://masterminds.github.io/sprig/math.html, float_math.html

import { toFloat64, toInt64 } from './go-cast.ts'
import { formatValue } from './go-format.ts'
import { fixed, variadic, type GoFunction } from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import { GoInt, GoList, type GoValue } from './go-value.ts'
import { LIST_LENGTH_MAX } from './limits.ts'

const biggest: GoFunction = variadic(['any'], 'any', ([first], others) =>
  int64(others.map(toInt64).reduce((a, b) => (b > a ? b : a), toInt64(first))),
)

export const NUMBER_FUNCTIONS: Readonly<Record<string, GoFunction>> = {
  atoi: fixed(
    ['string'],
    ([text]) => new GoInt(/^[+-]?\d+$/.test(text) ? fitting(BigInt(text)) : 0),
  ),
  int: fixed(['any'], ([value]) => new GoInt(toInt64(value))),
  int64: fixed(['any'], ([value]) => int64(toInt64(value))),
  float64: fixed(['any'], ([value]) => toFloat64(value)),
  toDecimal: fixed(['any'], ([value], work) => {
    const text = formatValue(value, work)
    return int64(
      /^[+-]?[0-7]+$/.test(text)
        ? BigInt(`0o${text.replace(/^[+-]/, '')}`) * (text.startsWith('-') ? -1n : 1n)
        : 0n,
    )
  }),
  add1: fixed(['any'], ([value]) => int64(toInt64(value) + 1n)),
  add: variadic([], 'any', (_, values) => int64(values.map(toInt64).reduce((a, b) => a + b, 0n))),
  sub: fixed(['any', 'any'], ([a, b]) => int64(toInt64(a) - toInt64(b))),
  div: fixed(['any', 'any'], ([a, b]) => int64(toInt64(a) / divisor(b))),
  mod: fixed(['any', 'any'], ([a, b]) => int64(toInt64(a) % divisor(b))),
  mul: variadic(['any'], 'any', ([first], others) =>
    int64(others.map(toInt64).reduce((a, b) => BigInt.asIntN(64, a * b), toInt64(first))),
  ),
  add1f: fixed(['any'], ([value]) => decimal(toFloat64(value) + 1)),
  addf: variadic([], 'any', (_, values) => fold(0, values, (a, b) => a + b)),
  subf: variadic(['any'], 'any', ([a], others) => fold(toFloat64(a), others, (x, y) => x - y)),
  mulf: variadic(['any'], 'any', ([a], others) => fold(toFloat64(a), others, (x, y) => x * y)),
  divf: variadic(['any'], 'any', ([a], others) =>
    fold(toFloat64(a), others, (x, y) => {
      if (y === 0) throw new GoFault('decimal division by 0')
      return x / y
    }),
  ),
  biggest,
  max: biggest,
  min: variadic(['any'], 'any', ([first], others) =>
    int64(others.map(toInt64).reduce((a, b) => (b < a ? b : a), toInt64(first))),
  ),
  maxf: variadic(['any'], 'any', ([a], others) => Math.max(toFloat64(a), ...others.map(toFloat64))),
  minf: variadic(['any'], 'any', ([a], others) => Math.min(toFloat64(a), ...others.map(toFloat64))),
  ceil: fixed(['any'], ([value]) => Math.ceil(toFloat64(value))),
  floor: fixed(['any'], ([value]) => Math.floor(toFloat64(value))),
  round: variadic(['any', 'int'], 'float64', ([value, places], [on]) => {
    const power = 10 ** places
    const digit = power * toFloat64(value)
    const rounded = digit - Math.trunc(digit) >= (on ?? 0.5) ? Math.ceil(digit) : Math.floor(digit)
    return rounded / power
  }),
  until: fixed(['int'], ([count]) => intList(steps(0, count, count < 0 ? -1 : 1))),
  untilStep: fixed(['int', 'int', 'int'], ([from, to, step]) => intList(steps(from, to, step))),
  seq: variadic([], 'int', (_, values) => sequence(values).join(' ')),
}

function int64(value: bigint): GoInt {
  return new GoInt(value, 'int64')
}

/** `Atoi` gives the nearest there is. */
function fitting(value: bigint): bigint {
  if (value > 2n ** 63n - 1n) return 2n ** 63n - 1n
  return value < -(2n ** 63n) ? -(2n ** 63n) : value
}

function divisor(value: GoValue): bigint {
  const whole = toInt64(value)
  if (whole === 0n) throw new GoFault('runtime error: integer divide by zero')
  return whole
}

function fold(
  first: number,
  others: readonly GoValue[],
  step: (a: number, b: number) => number,
): number {
  return others.map(toFloat64).reduce((a, b) => decimal(step(a, b)), first)
}

/** What decimals of 16 digits would give: 0.1 + 0.2 is 0.3. */
function decimal(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(16))
}

function intList(values: readonly number[]): GoList {
  return new GoList(
    values.map((value) => new GoInt(value)),
    'int',
  )
}

function steps(from: number, to: number, step: number): number[] {
  const values: number[] = []
  if (to < from ? step >= 0 : step <= 0) return values
  for (let value = from; to < from ? value > to : value < to; value += step) {
    if (values.length >= LIST_LENGTH_MAX) throw new GoFault(`more than ${LIST_LENGTH_MAX} items`)
    values.push(value)
  }
  return values
}

function sequence(values: readonly number[]): number[] {
  const [first, second, third] = values
  if (first === undefined || values.length > 3) return []
  if (second === undefined) {
    const step = first < 1 ? -1 : 1
    return steps(1, first + step, step)
  }
  if (third === undefined) {
    const step = second < first ? -1 : 1
    return steps(first, second + step, step)
  }
  const increment = third < first ? -1 : 1
  if (increment < 0 && second > 0) return []
  return steps(first, third + increment, second)
}
