// Event patterns: text in, checked and compiled branches out. The rules and the words of every refusal are
// those of AWS, including which refusals carry a location and which carry it twice.

import { AppError, describeError } from '../base/index.ts'
import type { Condition } from './condition.ts'
import { PATTERN_BRANCHES_MAX, PATTERN_FIELDS_MAX, PATTERN_LENGTH_MAX } from './limits.ts'
import { readAlternatives } from './pattern-alternatives.ts'
import { PatternFault, PatternReader } from './pattern-reader.ts'
import { encodeText } from './text.ts'
import { isTooComplex, type Wildcard } from './wildcard.ts'

/** A pattern that passed validation, ready to join a machine. */
export interface Pattern {
  /** The text it was parsed from. */
  readonly source: string
  /** The ways to satisfy it, `$or` multiplied out: one is enough. */
  readonly branches: readonly (readonly FieldConditions[])[]
}

/** What the fields of one branch must be; all of them. */
export interface FieldConditions {
  /** The keys joined with dots, UTF-8, one byte a character. */
  readonly path: string
  /** Alternatives, of which one is enough. */
  readonly conditions: readonly Condition[]
}

const TOO_COMPLEX =
  'Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character'

// Keys that could be taken for operators, which `$or` does not allow among its fields.
const RESERVED_IN_OR: ReadonlySet<string> = new Set([
  'exactly',
  'equals-ignore-case',
  'prefix',
  'suffix',
  'anything-but',
  'exists',
  'wildcard',
  'numeric',
  'cidr',
  '=',
  '<',
  '<=',
  '>',
  '>=',
  'regex',
  'not-wildcard',
  'not-equals-ignore-case',
  'date-after',
  'date-on-or-after',
  'date-before',
  'date-on-or-before',
  'in-date-range',
  'ip-address-in-range',
  'ip-address-not-in-range',
])

// Branches while they are read: the alternatives of each field, the last of the same name winning.
type OpenBranch = Map<string, readonly Condition[]>

/** What is wrong with a pattern that is a value already; undefined when nothing is. */
export function patternFault(pattern: object): string | undefined {
  try {
    parsePattern(JSON.stringify(pattern))
    return undefined
  } catch (error) {
    return describeError(error)
  }
}

/**
 * Parses and checks an event pattern; an invalid one throws `PATTERN_INVALID` with AWS's message, and its
 * bare reason in `details.reason`.
 *
 * @example
 * const pattern = parsePattern('{"source":["shop"],"detail":{"total":[{"numeric":[">",100]}]}}')
 */
export function parsePattern(text: string): Pattern {
  try {
    return readPattern(text)
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error
    const reason = error.message.split('\n at [Source: ', 1)[0]
    throw new AppError('PATTERN_INVALID', `Event pattern is not valid. Reason: ${error.message}`, {
      details: { reason },
    })
  }
}

function readPattern(source: string): Pattern {
  if (source.length > PATTERN_LENGTH_MAX) {
    throw new PatternFault(`Event pattern is longer than ${PATTERN_LENGTH_MAX} characters`)
  }
  const reader = new PatternReader(source)
  if (reader.next() !== '{') throw reader.fault('Filter is not an object')
  const branches: OpenBranch[] = []
  readObject(reader, { branches, path: [], isInOr: false })
  checkComplexity(branches)
  return { source, branches: encodeBranches(branches) }
}

interface Scope {
  /** The branches so far; each field read joins them all, each `$or` multiplies them. */
  readonly branches: OpenBranch[]
  readonly path: readonly string[]
  readonly isInOr: boolean
}

function readObject(reader: PatternReader, scope: Scope): void {
  let fields = 0
  for (; reader.next() !== '}'; fields += 1) {
    const { name } = reader
    if (name === '$or') {
      readOr(reader, scope)
      continue
    }
    if (scope.isInOr && RESERVED_IN_OR.has(name)) {
      throw reader.fault(`${name} is Ruler reserved fieldName which cannot be used inside $or.`)
    }
    const token = reader.next()
    const path = [...scope.path, name]
    if (token === '{') readObject(reader, { ...scope, path })
    else if (token === '[') joinField(scope.branches, path.join('.'), readAlternatives(reader))
    else throw reader.fault(`"${name}" must be an object or an array`)
  }
  if (fields === 0) throw reader.fault('Empty objects are not allowed')
}

function readOr(reader: PatternReader, scope: Scope): void {
  const before = scope.branches.splice(0)
  if (reader.next() !== '[') throw reader.fault('It must be an Array followed with $or.')
  let objects = 0
  for (let token = reader.next(); token !== ']'; token = reader.next()) {
    if (token !== '{') {
      throw reader.fault('Only JSON object is allowed in array of $or relationship.')
    }
    objects += 1
    const branches: OpenBranch[] = before.map((branch) => new Map(branch))
    if (branches.length === 0) branches.push(new Map())
    readObject(reader, { branches, path: scope.path, isInOr: true })
    scope.branches.push(...branches)
    checkSize(scope.branches)
  }
  if (objects < 2) {
    throw reader.fault('There must have at least 2 Objects in $or relationship.')
  }
}

function joinField(branches: OpenBranch[], path: string, conditions: readonly Condition[]): void {
  if (branches.length === 0) branches.push(new Map())
  for (const branch of branches) branch.set(path, conditions)
  if (branches.length > 1) checkSize(branches)
}

function checkSize(branches: readonly OpenBranch[]): void {
  let fields = 0
  for (const branch of branches) fields += branch.size
  if (branches.length > PATTERN_BRANCHES_MAX || fields > PATTERN_FIELDS_MAX) {
    throw new PatternFault(TOO_COMPLEX)
  }
}

function checkComplexity(branches: readonly OpenBranch[]): void {
  const wildcards = new Map<string, Set<Wildcard>>()
  for (const branch of branches) {
    for (const [path, conditions] of branch) {
      for (const condition of conditions) {
        if (condition.kind !== 'wildcard') continue
        const ofPath = wildcards.get(path) ?? new Set()
        wildcards.set(path, ofPath.add(condition.pieces))
      }
    }
  }
  for (const ofPath of wildcards.values()) {
    if (isTooComplex([...ofPath])) throw new PatternFault(TOO_COMPLEX)
  }
}

function encodeBranches(branches: readonly OpenBranch[]): FieldConditions[][] {
  return branches.map((branch) => {
    const fields: FieldConditions[] = []
    for (const [path, conditions] of branch) fields.push({ path: encodeText(path), conditions })
    return fields
  })
}
