// Values taken as numbers and as text, the way Sprig takes them: whatever does not fit is 0.
// https://github.com/spf13/cast (v1.3.1)

import { formatValue } from './go-format.ts'
import { GoInt, GoList, type GoValue } from './go-value.ts'
import { parseFloat64, parseWhole } from './literals.ts'
import type { Work } from './work.ts'

/** `cast.ToInt64`. */
export function toInt64(value: GoValue): bigint {
  if (value instanceof GoInt) return value.value
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number') return truncate(value)
  if (typeof value !== 'string') return 0n
  const whole = parseWhole(value)
  return whole === undefined || BigInt.asIntN(64, whole) !== whole ? 0n : whole
}

function truncate(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return -(2n ** 63n)
  return BigInt(Math.trunc(value))
}

/** `cast.ToFloat64`. */
export function toFloat64(value: GoValue): number {
  if (typeof value === 'number') return value
  if (value instanceof GoInt) return Number(value.value)
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'string' ? (parseFloat64(value) ?? 0) : 0
}

/** Sprig's `strval`. */
export function toText(value: GoValue, work: Work): string {
  return formatValue(value, work)
}

/** Sprig's `strslice`: nil left out, everything else as text. */
export function toTexts(value: GoValue, work: Work): string[] {
  if (value instanceof GoList) {
    return value.items
      .filter((item) => item !== null && item !== undefined)
      .map((item) => toText(item, work))
  }
  return value === null || value === undefined ? [] : [toText(value, work)]
}

export function textList(texts: readonly string[]): GoList {
  return new GoList([...texts], 'string')
}
