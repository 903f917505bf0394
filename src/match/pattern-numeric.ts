// The `numeric` expression of a pattern: one comparison, or a lower and an upper bound.

import type { Condition } from './condition.ts'
import { comparableNumber } from './number.ts'
import type { PatternReader } from './pattern-reader.ts'

const TOO_MANY = 'Too many elements in numeric expression'

interface Bound {
  readonly value: number
  readonly isOpen: boolean
}

/** Reads from behind the key `numeric` to the end of its object. */
export function readNumeric(reader: PatternReader): Condition {
  if (reader.next() !== '[') throw reader.fault('Value of numeric must be an array.')
  const condition = readComparison(reader)
  if (reader.next() !== '}') throw reader.fault(TOO_MANY)
  return condition
}

function readComparison(reader: PatternReader): Condition {
  if (reader.next() !== 'string') {
    throw reader.fault(`Invalid member in numeric match: ${reader.text}`)
  }
  const operator = reader.text
  reader.next()
  switch (operator) {
    case '=': {
      const text = readNumber(reader, 'equals')
      closeList(reader)
      comparable(reader, text)
      return { kind: 'number', text }
    }
    case '<':
    case '<=': {
      const text = readNumber(reader, operator)
      closeList(reader)
      return range(undefined, { value: comparable(reader, text), isOpen: operator === '<' })
    }
    case '>':
    case '>=':
      return readFromBelow(reader, operator)
    default:
      throw reader.fault(`Unrecognized numeric range operator: ${operator}`)
  }
}

function readFromBelow(reader: PatternReader, operator: '>' | '>='): Condition {
  const low = readNumber(reader, operator)
  const isOpen = operator === '>'
  if (reader.next() === ']') return range({ value: comparable(reader, low), isOpen }, undefined)
  if (reader.token !== 'string') {
    throw reader.fault(`Bad value in numeric range: ${reader.text}`)
  }
  const above = reader.text
  if (above !== '<' && above !== '<=') {
    throw reader.fault(`Bad numeric range operator: ${above}`)
  }
  reader.next()
  const high = readNumber(reader, above)
  if (reader.next() !== ']') throw reader.fault('Too many terms in numeric range expression')
  const bottom = { value: comparable(reader, low), isOpen }
  const top = { value: comparable(reader, high), isOpen: above === '<' }
  if (bottom.value >= top.value) throw reader.fault('Bottom must be less than top')
  return range(bottom, top)
}

function readNumber(reader: PatternReader, operator: string): string {
  if (reader.token !== 'number') throw reader.fault(`Value of ${operator} must be numeric`)
  return reader.text
}

function closeList(reader: PatternReader): void {
  if (reader.next() !== ']') throw reader.fault(TOO_MANY)
}

function comparable(reader: PatternReader, text: string): number {
  const value = comparableNumber(text)
  if (value === undefined) throw reader.fault(`Cannot compare number : ${text}`)
  return value
}

function range(low: Bound | undefined, high: Bound | undefined): Condition {
  return {
    kind: 'range',
    low: low?.value ?? -Infinity,
    lowOpen: low?.isOpen ?? false,
    high: high?.value ?? Infinity,
    highOpen: high?.isOpen ?? false,
  }
}
