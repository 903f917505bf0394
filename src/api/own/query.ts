// The query string of our own API, checked against what the route says it takes.

import { AppError } from '../../base/index.ts'
import type { TailPosition } from './deps.ts'
import { PAGE_LENGTH_DEFAULT, PAGE_LENGTH_MAX, PATTERN_LENGTH_MAX } from './limits.ts'
import { parsePositionId } from './sse.ts'

export interface Parameter {
  readonly name: string
  readonly description: string
  readonly schema: Readonly<Record<string, unknown>>
}

/** The parameters given, each at most once and each known to the route. */
export function parseQuery(
  query: string,
  parameters: readonly Parameter[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!parameters.some((parameter) => parameter.name === name)) {
      const known = parameters.map((parameter) => `\`${parameter.name}\``).join(', ')
      throw invalid(`unknown parameter \`${name}\`, expected ${known === '' ? 'none' : known}`)
    }
    if (values.has(name)) throw invalid(`parameter \`${name}\` is given twice`)
    if (value.length > PATTERN_LENGTH_MAX) {
      throw invalid(`expected \`${name}\` to have at most ${PATTERN_LENGTH_MAX} characters`)
    }
    if (value !== '') values.set(name, value)
  }
  return values
}

export function parseLimit(text: string | undefined): number {
  if (text === undefined) return PAGE_LENGTH_DEFAULT
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= PAGE_LENGTH_MAX) return limit
  throw invalid(`expected \`limit\` to be an integer from 1 to ${PAGE_LENGTH_MAX}, got \`${text}\``)
}

export function parseState(text: string | undefined): 'pending' | 'dead' | undefined {
  if (text === undefined || text === 'pending' || text === 'dead') return text
  throw invalid(`expected \`state\` to be \`pending\` or \`dead\`, got \`${text}\``)
}

export function parseAfter(text: string | undefined): TailPosition | undefined {
  if (text === undefined) return undefined
  const position = parsePositionId(text)
  if (position !== undefined) return position
  throw invalid(`expected a position such as \`0:42\`, got \`${text}\``)
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
