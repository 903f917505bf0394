// Sprig's functions of regular expressions.
// https://masterminds.github.io/sprig/strings.html (regexMatch and on)

import { textList } from './go-cast.ts'
import { compileGoExpression, type GoExpression, type GoMatch } from './go-expression.ts'
import { fixed, type GoFunction } from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import { GrowingText, type Work } from './work.ts'

type Compile = (source: string) => GoExpression

/** Those that fail the template; they differ in how they say that an expression is none. */
function failing(compile: Compile): Readonly<Record<string, GoFunction>> {
  return {
    Match: fixed(['string', 'string'], ([source, text], work) => {
      return find(compile(source), text, 0, work) !== undefined
    }),
    Find: fixed(['string', 'string'], ([source, text], work) => {
      const match = find(compile(source), text, 0, work)
      return match === undefined ? '' : text.slice(match.start, match.end)
    }),
    FindAll: fixed(['string', 'string', 'int'], ([source, text, count], work) => {
      const matches = findAll(compile(source), text, count, work)
      return textList(matches.map(({ start, end }) => text.slice(start, end)))
    }),
    ReplaceAll: fixed(['string', 'string', 'string'], ([source, text, fresh], work) => {
      const expression = compile(source)
      return replace(expression, text, (match) => expand(fresh, text, match, expression), work)
    }),
    ReplaceAllLiteral: fixed(['string', 'string', 'string'], ([source, text, fresh], work) =>
      replace(compile(source), text, () => fresh, work),
    ),
    Split: fixed(['string', 'string', 'int'], ([source, text, count], work) =>
      textList(split(compile(source), text, count, work)),
    ),
  }
}

function compiled(source: string): GoExpression {
  try {
    return compileGoExpression(source)
  } catch (error) {
    throw new GoFault((error as Error).message)
  }
}

function mustCompile(source: string): GoExpression {
  try {
    return compileGoExpression(source)
  } catch (error) {
    throw new GoFault(`regexp: Compile(\`${source}\`): ${(error as Error).message}`)
  }
}

function named(
  prefix: string,
  functions: Readonly<Record<string, GoFunction>>,
): [string, GoFunction][] {
  return Object.entries(functions).map(([name, one]) => [`${prefix}${name}`, one])
}

export const EXPRESSION_FUNCTIONS: Readonly<Record<string, GoFunction>> = {
  ...Object.fromEntries(named('regex', failing(mustCompile))),
  ...Object.fromEntries(named('mustRegex', failing(compiled))),
  // Go says nothing about an expression that is none: it does not match.
  regexMatch: fixed(['string', 'string'], ([source, text], work) => {
    try {
      return find(compiled(source), text, 0, work) !== undefined
    } catch (error) {
      if (error instanceof GoFault) return false
      throw error
    }
  }),
  regexQuoteMeta: fixed(['string'], ([text]) =>
    text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`),
  ),
}

function find(
  expression: GoExpression,
  text: string,
  from: number,
  work: Work,
): GoMatch | undefined {
  return expression.find(text, from, (cost) => {
    work.spend(cost)
  })
}

/** Matches that do not overlap; an empty one directly after another does not count. */
function findAll(expression: GoExpression, text: string, count: number, work: Work): GoMatch[] {
  const matches: GoMatch[] = []
  let last = -1
  const most = count < 0 ? Infinity : count
  for (let at = 0; at <= text.length && matches.length < most;) {
    const match = find(expression, text, at, work)
    if (match === undefined) break
    const isEmpty = match.end === match.start
    if (!isEmpty || match.start !== last) matches.push(match)
    last = match.end
    at = isEmpty ? match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1) : match.end
  }
  return matches
}

function replace(
  expression: GoExpression,
  text: string,
  freshOf: (match: GoMatch) => string,
  work: Work,
): string {
  const out = new GrowingText(work)
  let at = 0
  for (const match of findAll(expression, text, -1, work)) {
    out.write(text.slice(at, match.start))
    out.write(freshOf(match))
    at = match.end
  }
  out.write(text.slice(at))
  return out.toString()
}

/** `$1`, `$name` and `${name}`; one that is not there is empty. */
function expand(fresh: string, text: string, match: GoMatch, { groups }: GoExpression): string {
  return fresh.replaceAll(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    if (whole === '$$') return '$'
    const name = bare ?? braced!
    const index = /^\d+$/.test(name) ? Number(name) : groups.indexOf(name) + 1
    if (index === 0 && name !== '0') return ''
    const start = match.places[index * 2] ?? -1
    const end = match.places[index * 2 + 1] ?? -1
    return start < 0 || end < 0 ? '' : text.slice(start, end)
  })
}

function split(expression: GoExpression, text: string, count: number, work: Work): string[] {
  if (count === 0) return []
  const parts: string[] = []
  let [start, end] = [0, 0]
  for (const match of findAll(expression, text, count, work)) {
    if (count > 0 && parts.length === count - 1) break
    end = match.start
    if (match.end !== 0) parts.push(text.slice(start, end))
    start = match.end
  }
  if (end !== text.length) parts.push(text.slice(start))
  return parts
}
