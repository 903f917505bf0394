// Semantic versions of schemas, and the ranges by which rules ask for them: `1.2.3`, `1`, `1.2`, `^1.2`, `~1.2`,
// `>=1.1 <3`, and alternatives joined by `||`.
// https://semver.org

export interface SemanticVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
}

export type ChangeLevel = 'major' | 'minor' | 'patch'

export const FIRST_VERSION = '1.0.0'

/** What a range asks: versions from `from` on, and before `before`. */
interface Span {
  readonly from: SemanticVersion
  readonly before: SemanticVersion
}

/** Alternatives, of each of which all spans must hold. */
export type VersionRange = readonly (readonly Span[])[]

const LENGTH_MAX = 256
const ZERO: SemanticVersion = { major: 0, minor: 0, patch: 0 }
const NEVER: SemanticVersion = { major: Infinity, minor: 0, patch: 0 }

export function parseVersion(text: string): SemanticVersion | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(text)
  if (match === null) return undefined
  const [major, minor, patch] = match.slice(1).map(Number)
  return { major: major!, minor: minor!, patch: patch! }
}

/** The version after a change: breaking → major, addition → minor, anything else → patch. */
export function nextVersion(text: string, level: ChangeLevel): string {
  const { major, minor, patch } = parseVersion(text) ?? { major: 1, minor: 0, patch: 0 }
  if (level === 'major') return `${major + 1}.0.0`
  return level === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

/** Undefined when the text is no range. */
export function parseVersionRange(text: string): VersionRange | undefined {
  if (text.length > LENGTH_MAX) return undefined
  const alternatives: Span[][] = []
  for (const alternative of text.split('||')) {
    const words = alternative.trim().split(/\s+/)
    const spans = words.map((word) => parseSpan(word))
    const known = spans.filter((span) => span !== undefined)
    if (known.length < spans.length) return undefined
    alternatives.push(known)
  }
  return alternatives
}

export function isInRange(range: VersionRange, version: SemanticVersion): boolean {
  return range.some((spans) =>
    spans.every(({ from, before }) => compare(version, from) >= 0 && compare(version, before) < 0),
  )
}

function parseSpan(word: string): Span | undefined {
  if (word === '*' || word === 'x') return { from: ZERO, before: NEVER }
  const match = /^(\^|~|>=|<=|>|<|=)?v?(\d{1,9})(?:\.(\d{1,9}|x|\*))?(?:\.(\d{1,9}|x|\*))?$/.exec(
    word,
  )
  if (match === null) return undefined
  const [, operator = '', first, second, third] = match
  const minor = numberOf(second)
  const patch = minor === undefined ? undefined : numberOf(third)
  const from = { major: Number(first), minor: minor ?? 0, patch: patch ?? 0 }
  // The first version that has more than what was said.
  const next =
    minor === undefined
      ? { major: from.major + 1, minor: 0, patch: 0 }
      : patch === undefined
        ? { ...from, minor: from.minor + 1 }
        : { ...from, patch: from.patch + 1 }
  return spanOf(operator, { from, next, hasMinor: minor !== undefined })
}

interface Said {
  readonly from: SemanticVersion
  readonly next: SemanticVersion
  readonly hasMinor: boolean
}

function spanOf(operator: string, { from, next, hasMinor }: Said): Span {
  switch (operator) {
    case '^':
      return { from, before: { major: from.major + 1, minor: 0, patch: 0 } }
    case '~':
      return hasMinor
        ? { from, before: { major: from.major, minor: from.minor + 1, patch: 0 } }
        : { from, before: next }
    case '>=':
      return { from, before: NEVER }
    case '>':
      return { from: next, before: NEVER }
    case '<':
      return { from: ZERO, before: from }
    case '<=':
      return { from: ZERO, before: next }
    default:
      return { from, before: next }
  }
}

function numberOf(part: string | undefined): number | undefined {
  return part === undefined || part === 'x' || part === '*' ? undefined : Number(part)
}

function compare(a: SemanticVersion, b: SemanticVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch
}
