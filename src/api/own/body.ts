// The body of a request to our own API: a JSON object whose members are texts, and perhaps a limit.

import { AppError, describeError } from '../../base/index.ts'

export interface Body<Name extends string> {
  readonly texts: Partial<Readonly<Record<Name, string>>>
  /** As written. */
  readonly limit: string | undefined
}

/** The members given; a name that is not known, or a member that is no text, is refused. */
export function parseBody<Name extends string>(body: Buffer, names: readonly Name[]): Body<Name> {
  const texts: Partial<Record<Name, string>> = {}
  let limit: string | undefined
  for (const [name, value] of Object.entries(parseObject(body))) {
    if (name === 'limit' && typeof value === 'number') {
      limit = String(value)
      continue
    }
    const known = names.find((each) => each === name)
    if (known === undefined) {
      const list = [...names, 'limit'].map((each) => `\`${each}\``).join(', ')
      throw invalid(`unknown member \`${name}\`, expected ${list}`)
    }
    if (typeof value !== 'string') {
      throw invalid(`expected \`${name}\` to be a text, got \`${JSON.stringify(value)}\``)
    }
    texts[known] = value
  }
  return { texts, limit }
}

function parseObject(body: Buffer): object {
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch (error) {
    throw invalid(`expected the body to be JSON: ${describeError(error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('expected the body to be a JSON object')
  }
  return value
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
