// Semantic versions and what they are held against, as Sprig's `semverCompare` does.
// https://github.com/Masterminds/semver (v3)

import { GoFault } from './go-template-error.ts'

interface Version {
  readonly numbers: readonly [number, number, number]
  readonly before: readonly string[]
}

const VERSION =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/
const CONSTRAINT =
  /^(=|==|!=|>|<|>=|=>|<=|=<|~|~>|\^|)\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/** Whether a version is within a constraint: `,` and spaces are and, `||` is or. Throws `GoFault`. */
export function checkVersion(constraint: string, version: string): boolean {
  const checked = parseVersion(version)
  const branches = constraint.split('||').map((branch) => {
    const ranged = branch.replaceAll(/\s*(\S+)\s+-\s+(\S+)\s*/g, '>=$1,<=$2')
    const parts = ranged.match(/[^\s,]*?[\d*xX][^\s,]*|[=!<>~^]+\s*[^\s,]+/g)
    if (parts === null) throw new GoFault(`improper constraint: ${constraint}`)
    return ranged
      .replaceAll(/([=!<>~^])\s+/g, '$1')
      .split(/[\s,]+/)
      .filter((part) => part !== '')
      .map((part) => parseConstraint(part, constraint))
  })
  return branches.some((checks) => checks.every((check) => check(checked)))
}

function parseVersion(text: string): Version {
  const match = VERSION.exec(text)
  if (match === null) throw new GoFault('Invalid Semantic Version')
  const [, major, minor, patch, before] = match
  return {
    numbers: [Number(major), Number(minor ?? 0), Number(patch ?? 0)],
    before: before?.split('.') ?? [],
  }
}

type Check = (version: Version) => boolean

function parseConstraint(part: string, whole: string): Check {
  const match = CONSTRAINT.exec(part)
  if (match === null) throw new GoFault(`improper constraint: ${whole}`)
  const [, operator = '', major = '', minor, patch, before] = match
  const given = [major, minor, patch].filter(
    (number) => number !== undefined && /^\d+$/.test(number),
  )
  const numbers = [0, 1, 2].map((at) => Number(given[at] ?? 0)) as [number, number, number]
  const low: Version = { numbers, before: before?.split('.') ?? [] }
  const count = given.length
  // A version before a release is only meant by a constraint that names one.
  const isMeant: Check = (version) => version.before.length === 0 || low.before.length > 0
  const compare = checkOf(operator, low, count)
  return (version) => isMeant(version) && compare(version)
}

function checkOf(operator: string, low: Version, count: number): Check {
  const top = upperBound(operator, low, count)
  const isWithin: Check = (version) => compareVersions(version, low) >= 0 && isBelow(version, top)
  switch (operator) {
    case '!=':
      return (version) => !(count < 3 ? isWithin(version) : compareVersions(version, low) === 0)
    case '>':
      return (version) => (count < 3 ? !isBelow(version, top) : compareVersions(version, low) > 0)
    case '<':
      return (version) => compareVersions(version, low) < 0
    case '>=':
    case '=>':
      return (version) => compareVersions(version, low) >= 0
    case '<=':
    case '=<':
      return (version) => (count < 3 ? isBelow(version, top) : compareVersions(version, low) <= 0)
    case '~':
    case '~>':
    case '^':
      return isWithin
    default:
      return (version) => (count < 3 ? isWithin(version) : compareVersions(version, low) === 0)
  }
}

/** The first that is too high; undefined when none is. */
function upperBound(
  operator: string,
  { numbers }: Version,
  count: number,
): readonly number[] | undefined {
  if (count === 0) return undefined
  const [major, minor, patch] = numbers
  if (operator === '^') {
    if (major > 0 || count === 1) return [major + 1, 0, 0]
    return minor > 0 || count === 2 ? [0, minor + 1, 0] : [0, 0, patch + 1]
  }
  return count === 1 ? [major + 1, 0, 0] : [major, minor + 1, 0]
}

function isBelow({ numbers }: Version, top: readonly number[] | undefined): boolean {
  return top === undefined || compareNumbers(numbers, top) < 0
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const at of [0, 1, 2]) {
    if (a[at] !== b[at]) return a[at]! - b[at]!
  }
  return 0
}

function compareVersions(a: Version, b: Version): number {
  const numbers = compareNumbers(a.numbers, b.numbers)
  if (numbers !== 0) return numbers
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length
  for (const [at, part] of a.before.entries()) {
    const other = b.before[at]
    if (other === undefined) return 1
    if (part === other) continue
    const [isNumber, isOther] = [/^\d+$/.test(part), /^\d+$/.test(other)]
    if (isNumber && isOther) return Number(part) - Number(other)
    if (isNumber !== isOther) return isNumber ? -1 : 1
    return part < other ? -1 : 1
  }
  return a.before.length - b.before.length
}
