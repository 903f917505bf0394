// What a field was expected to be and what was there, in words. Values stand in them as JSON, so that a text and a
// number that look alike can be told apart.

import { editDistance } from '../base/index.ts'
import type { Content, EventValue } from './explain-event.ts'
import {
  EXPLAINED_ALTERNATIVES_MAX,
  EXPLAINED_TEXT_LENGTH_MAX,
  EXPLAINED_VALUES_SHOWN_MAX,
} from './limits.ts'

/** A scalar with the text it was written in, because numbers are matched by it. */
interface Scalar {
  readonly value: unknown
  readonly json: string
}

type Operand = Scalar | readonly Operand[] | ReadonlyMap<string, Operand>

/** The alternatives of a field, `source` being the array that the pattern holds, such as `"a", "b" or absent`. */
export function describeAlternatives(source: string): string {
  const parts = parseAlternatives(source).map(describeAlternative)
  const shown = parts.slice(0, EXPLAINED_ALTERNATIVES_MAX)
  const left = parts.length - shown.length
  return left === 0 ? joinOr(shown) : `${shown.join(', ')} or one of ${left} more`
}

/** What is there; `source`, where nothing fits, is what was expected, to guess what is wrong. */
export function describeContent(content: Content, source?: string): string {
  switch (content.kind) {
    case 'values':
      return describeValues(content.values, content.isCut, source)
    case 'object':
      return 'an object, which is no value'
    case 'empty-array':
      return 'an empty array, which is as good as absent'
    case 'blocked':
      return `absent: \`${content.holder}\` is ${cut(content.json)}, not an object`
    case 'absent':
      return `absent${hintForKey(content)}`
  }
}

function describeValues(
  values: readonly EventValue[],
  isCut: boolean,
  source: string | undefined,
): string {
  const shown = values.slice(0, EXPLAINED_VALUES_SHOWN_MAX).map(({ json }) => cut(json))
  const left = values.length - shown.length
  const rest = left === 0 ? '' : ` and ${isCut ? 'at least ' : ''}${left} more`
  const isGuessed = source !== undefined && values.length === 1
  return `${shown.join(', ')}${rest}${isGuessed ? hintForValue(values[0]!.json, source) : ''}`
}

function parseAlternatives(source: string): readonly Operand[] {
  return JSON.parse(source, function (_key, value: unknown, context?: unknown) {
    if (Array.isArray(value)) return value as unknown
    if (typeof value === 'object' && value !== null) return new Map(Object.entries(value))
    return { value, json: (context as { readonly source: string }).source }
  }) as readonly Operand[]
}

function isMap(operand: Operand): operand is ReadonlyMap<string, Operand> {
  return operand instanceof Map
}

function isList(operand: Operand): operand is readonly Operand[] {
  return Array.isArray(operand)
}

function describeAlternative(alternative: Operand): string {
  if (!isMap(alternative)) return jsonOf(alternative)
  const [operator, operand] = [...alternative][0]!
  return describeOperator(operator, operand)
}

function describeOperator(operator: string, operand: Operand): string {
  switch (operator) {
    case 'exactly':
      return jsonOf(operand)
    case 'prefix':
      return `something that begins with ${describeText(operand)}`
    case 'suffix':
      return `something that ends with ${describeText(operand)}`
    case 'equals-ignore-case':
      return `${jsonOf(operand)} in any case`
    case 'wildcard':
      return `something like ${jsonOf(operand)}`
    case 'cidr':
      return `an address in ${jsonOf(operand)}`
    case 'numeric':
      return `a number ${describeNumeric(operand)}`
    case 'exists':
      return jsonOf(operand) === 'true' ? 'any value' : 'absent'
    case 'anything-but':
      return describeRefused(operand)
    default:
      return `\`${operator}\` ${jsonOf(operand)}`
  }
}

/** A text, or one that is compared without case. */
function describeText(operand: Operand): string {
  if (!isMap(operand)) return jsonOf(operand)
  return `${[...operand.values()].map(jsonOf).join('')} in any case`
}

function describeNumeric(operand: Operand): string {
  const terms = (isList(operand) ? operand : [operand]).map((term) =>
    isScalar(term) && typeof term.value === 'string' ? term.value : jsonOf(term),
  )
  const bounds: string[] = []
  for (let index = 0; index < terms.length; index += 2) {
    bounds.push(`${terms[index]} ${terms[index + 1]}`)
  }
  return bounds.join(' and ')
}

const REFUSED_VERBS: Readonly<Record<string, string>> = {
  prefix: 'what begins with',
  suffix: 'what ends with',
  wildcard: 'what looks like',
}

function describeRefused(operand: Operand): string {
  if (!isMap(operand)) return `anything but ${listRefused(operand)}`
  const [operator, texts] = [...operand][0]!
  if (operator === 'equals-ignore-case') return `anything but ${listRefused(texts)} in any case`
  return `anything but ${REFUSED_VERBS[operator] ?? operator} ${listRefused(texts)}`
}

function listRefused(operand: Operand): string {
  const texts = (isList(operand) ? operand : [operand]).map(jsonOf)
  const shown = texts.slice(0, EXPLAINED_ALTERNATIVES_MAX)
  const left = texts.length - shown.length
  return left === 0 ? joinOr(shown) : `${shown.join(', ')} or one of ${left} more`
}

function joinOr(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('')
  return `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`
}

function jsonOf(operand: Operand): string {
  return isScalar(operand) ? cut(operand.json) : '…'
}

function isScalar(operand: Operand): operand is Scalar {
  return !isMap(operand) && !isList(operand)
}

function cut(json: string): string {
  const characters = Array.from(json.slice(0, EXPLAINED_TEXT_LENGTH_MAX * 2))
  if (json.length <= EXPLAINED_TEXT_LENGTH_MAX) return json
  return `${characters.slice(0, EXPLAINED_TEXT_LENGTH_MAX).join('')}…`
}

const GUESSED_LENGTH_MIN = 4
const GUESSED_LENGTH_MAX = 200
const GUESSED_EDITS_MAX = 2

/** What may be wrong with the value, in brackets; empty when nothing comes to mind. */
function hintForValue(json: string, source: string): string {
  const value: unknown = JSON.parse(json)
  const alternatives = parseAlternatives(source)
  const wanted = alternatives.filter(isScalar)
  if (typeof value !== 'string') {
    const isTextWanted =
      wanted.some((each) => each.value === json) || alternatives.every(isTextOperator)
    return isTextWanted ? ` (${kindOf(value)}, not a string)` : ''
  }
  const other = wanted.find((each) => typeof each.value !== 'string' && each.json === value)
  if (other !== undefined) return ` (a string, not ${kindOf(other.value)})`
  if (alternatives.every((each) => isMap(each) && each.has('numeric'))) {
    return ' (a string, not a number)'
  }
  return hintForText(
    value,
    wanted.flatMap((each) => (typeof each.value === 'string' ? [each.value] : [])),
  )
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : `a ${typeof value}`
}

const TEXT_OPERATORS = ['prefix', 'suffix', 'wildcard', 'equals-ignore-case', 'cidr']

function isTextOperator(alternative: Operand): boolean {
  return isMap(alternative) && TEXT_OPERATORS.some((operator) => alternative.has(operator))
}

function hintForText(value: string, wanted: readonly string[]): string {
  for (const text of wanted) {
    if (text.toLowerCase() === value.toLowerCase()) return ' (only the case differs)'
    if (text.trim() === value.trim()) return ' (only the space around it differs)'
  }
  const near = wanted.find((text) => isNear(text, value))
  return near === undefined ? '' : ` (near to ${cut(JSON.stringify(near))})`
}

function isNear(wanted: string, value: string): boolean {
  const isGuessed = wanted.length >= GUESSED_LENGTH_MIN && wanted.length <= GUESSED_LENGTH_MAX
  return isGuessed && editDistance(wanted, value, GUESSED_EDITS_MAX) <= GUESSED_EDITS_MAX
}

/** A key beside the missing one that may be meant. */
function hintForKey({ holder, missing, siblings }: Content & { readonly kind: 'absent' }): string {
  const isSame = (key: string): boolean => key.toLowerCase() === missing.toLowerCase()
  const near = siblings.find((key) => isSame(key) || isNear(missing, key))
  if (near === undefined) return ''
  return ` (there is \`${holder === '' ? near : `${holder}.${near}`}\`)`
}
