// What changed between two versions of a schema, and whom it breaks. A change breaks **backward** when what was
// valid under the old version may not be valid under the new one: archived events, and producers that have not
// been changed. It breaks **forward** when what is valid under the new version may not be so under the old one, or
// lacks what the old one named: consumers that have not been changed.
//
// Invariant: where no change breaks a direction, every value of the one side that has only the properties which
// its schema names is valid on the other side.

import type { ChangeLevel } from '../model/index.ts'
import { BOTH, ChangeList, type Direction, type SchemaChange } from './change-list.ts'
import { compareTypes, compareValues, expandTypes, type Sides } from './compare-values.ts'
import { detailSchema, type SchemaDocument } from './document.ts'
import {
  branchesAt,
  canonicalJson,
  isSameJson,
  isSchema,
  type JsonSchema,
  type JsonType,
  requiredOf,
  resolve,
  schemasAt,
  typesOf,
} from './json-schema.ts'
import { BRANCHES_MAX, COMPARISONS_MAX, DOCUMENT_DEPTH_MAX } from './limits.ts'

export type CompatibilityMode = 'backward' | 'forward' | 'full' | 'none'

export const COMPATIBILITY_MODES: readonly CompatibilityMode[] = [
  'backward',
  'forward',
  'full',
  'none',
]

export interface Comparison {
  readonly level: ChangeLevel
  readonly changes: readonly SchemaChange[]
}

/** Every change from one version of a schema to another. */
export function compareDocuments(before: SchemaDocument, after: SchemaDocument): Comparison {
  const list = new ChangeList()
  if (before.source !== after.source || before.detailType !== after.detailType) {
    const [was, is] = [before, after].map((one) => `${one.source ?? '*'} ${one.detailType}`)
    list.add('$', `the type of event was \`${was!}\` and is \`${is!}\``, BOTH)
  }
  const isWhole = before.form === 'envelope' && after.form === 'envelope'
  const [old, now] = [before, after].map((one) => (isWhole ? one.root : detailSchema(one)))
  const walk = {
    before: old!,
    after: now!,
    list,
    underWay: new Set<string>(),
    budget: { left: COMPARISONS_MAX },
  }
  compareSchemas(old!, now!, { ...walk, path: isWhole ? '$' : '$.detail' })
  return { level: list.level(), changes: list.changes }
}

/** The changes that a mode does not allow. */
export function faultsOf(
  mode: CompatibilityMode,
  { changes }: Comparison,
): readonly SchemaChange[] {
  const refused: readonly Direction[] = mode === 'full' ? BOTH : mode === 'none' ? [] : [mode]
  return changes.filter(({ breaks }) => breaks.some((direction) => refused.includes(direction)))
}

interface Place {
  readonly before: JsonSchema
  readonly after: JsonSchema
  readonly path: string
  readonly list: ChangeList
  /** Pairs under comparison: a pair that comes again inside itself is the same question. */
  readonly underWay: Set<string>
  /** Comparisons that may still be made: alternatives inside alternatives multiply. */
  readonly budget: { left: number }
}

function compareSchemas(given: JsonSchema, givenAfter: JsonSchema, place: Place): void {
  const { list, path, underWay, budget } = place
  const before = resolve(place.before, given)
  const after = resolve(place.after, givenAfter)
  const isTooLarge = budget.left === 0 || underWay.size > DOCUMENT_DEPTH_MAX
  if (before === undefined || after === undefined || isTooLarge) {
    list.add(path, isTooLarge ? 'is too large to compare' : 'refers to nothing', BOTH)
    return
  }
  budget.left -= 1
  const pair = `${identityOf(before)} ${identityOf(after)}`
  if (underWay.has(pair)) return
  underWay.add(pair)
  // Below values of another type there is nothing to compare.
  if (compareTypes({ before, after }, place)) compareContents(before, after, place)
  underWay.delete(pair)
}

function compareContents(before: JsonSchema, after: JsonSchema, place: Place): void {
  compareValues({ before, after }, place)
  compareObjects(before, after, place)
  compareItems(before, after, place)
  compareBranches(before, after, place)
}

const identities = new WeakMap<JsonSchema, number>()
let identitiesGiven = 0

function identityOf(schema: JsonSchema): number {
  const known = identities.get(schema)
  if (known !== undefined) return known
  identitiesGiven += 1
  identities.set(schema, identitiesGiven)
  return identitiesGiven
}

function compareObjects(before: JsonSchema, after: JsonSchema, place: Place): void {
  const { path, list } = place
  const old = schemasAt(before, 'properties')
  const now = schemasAt(after, 'properties')
  const [oldRequired, nowRequired] = [requiredOf(before), requiredOf(after)]
  for (const name of nowRequired) {
    if (oldRequired.has(name)) continue
    const what = Object.hasOwn(old, name) ? 'is required now' : 'is new and required'
    list.add(pathTo(path, name), what, ['backward'])
  }
  for (const name of oldRequired) {
    if (nowRequired.has(name)) continue
    list.add(pathTo(path, name), 'is no longer required', ['forward'])
  }
  for (const [name, schema] of Object.entries(old)) {
    const inside = { ...place, path: pathTo(path, name) }
    const other = now[name]
    if (other === undefined) compareGone(schema, after, inside)
    else compareSchemas(schema, other, inside)
  }
  for (const [name, schema] of Object.entries(now)) {
    if (old[name] !== undefined) continue
    compareNew(schema, before, {
      ...place,
      path: pathTo(path, name),
      isRequired: nowRequired.has(name),
    })
  }
  compareOthers(before, after, place)
}

function compareGone(schema: JsonSchema, after: JsonSchema, place: Place): void {
  const { additionalProperties } = after
  place.list.add(place.path, 'is gone', ['forward'])
  if (additionalProperties === false) place.list.add(place.path, 'is refused now', ['backward'])
  if (isSchema(additionalProperties)) compareSchemas(schema, additionalProperties, place)
}

function compareNew(
  schema: JsonSchema,
  before: JsonSchema,
  place: Place & { readonly isRequired: boolean },
): void {
  const { additionalProperties } = before
  const { list, path } = place
  if (!place.isRequired) list.add(path, 'is new')
  if (additionalProperties === false) list.add(path, 'was refused before', ['forward'])
  if (isSchema(additionalProperties)) compareSchemas(additionalProperties, schema, place)
}

/** Properties that are not named. */
function compareOthers(before: JsonSchema, after: JsonSchema, place: Place): void {
  const old = before['additionalProperties'] ?? true
  const now = after['additionalProperties'] ?? true
  const { list, path } = place
  if (old === now) return
  if (old === false) list.add(path, 'allows properties that are not named', ['forward'])
  else if (now === false) list.add(path, 'allows named properties only', ['backward'])
  else if (isSchema(old) && isSchema(now)) compareSchemas(old, now, { ...place, path: `${path}.*` })
  else if (isSchema(now)) list.add(`${path}.*`, 'allows certain values only', ['backward'])
  else list.add(`${path}.*`, 'allows any value', ['forward'])
}

function compareItems(before: JsonSchema, after: JsonSchema, place: Place): void {
  if (before['items'] === undefined && after['items'] === undefined) return
  const [old, now] = [before['items'] ?? {}, after['items'] ?? {}]
  const inside = { ...place, path: `${place.path}[]` }
  if (isSchema(old) && isSchema(now)) {
    compareSchemas(old, now, inside)
    return
  }
  const isSame = isSameJson([old, before['additionalItems']], [now, after['additionalItems']])
  if (!isSame) place.list.add(inside.path, 'a list of positions changed', BOTH)
}

function compareBranches(before: JsonSchema, after: JsonSchema, place: Place): void {
  for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const) {
    const old = branchesAt(before, keyword)
    const now = branchesAt(after, keyword)
    if (old.length === 0 && now.length === 0) continue
    const isSame = isSameJson(old, now) && !canonicalJson(old).includes('"$ref"')
    if (!isSame) compareBranchLists(keyword, { old, now }, place)
  }
}

interface Branches {
  readonly old: readonly JsonSchema[]
  readonly now: readonly JsonSchema[]
}

function compareBranchLists(
  keyword: 'allOf' | 'anyOf' | 'oneOf',
  { old, now }: Branches,
  place: Place,
): void {
  const { list, path } = place
  if (old.length === 0) {
    list.add(path, `\`${keyword}\` is asked now`, ['backward'])
    return
  }
  if (now.length === 0) {
    list.add(path, `\`${keyword}\` is no longer asked`, ['forward'])
    return
  }
  const allows =
    (direction: Direction) =>
    (before: JsonSchema, after: JsonSchema): boolean =>
      isAllowed({ before, after }, direction, place)
  const [backward, forward] = [allows('backward'), allows('forward')]
  if (keyword === 'allOf') {
    // What all of the old ones hold, each of the new ones must; and the other way round.
    addUnless(place, keyword, {
      isBackward: now.every((after) => old.some((before) => backward(before, after))),
      isForward: old.every((before) => now.some((after) => forward(before, after))),
    })
    return
  }
  // A value of two branches is refused by `oneOf`, so only branches that cannot meet are like those of `anyOf`.
  const isPlain = keyword === 'anyOf' || (areApart(old, place.before) && areApart(now, place.after))
  addUnless(place, keyword, {
    isBackward: isPlain && old.every((before) => now.some((after) => backward(before, after))),
    isForward: isPlain && now.every((after) => old.some((before) => forward(before, after))),
  })
}

function addUnless(
  { list, path }: Place,
  keyword: string,
  { isBackward, isForward }: { readonly isBackward: boolean; readonly isForward: boolean },
): void {
  const breaks = [
    ...(isBackward ? [] : ['backward' as const]),
    ...(isForward ? [] : ['forward' as const]),
  ]
  if (breaks.length > 0) list.add(path, `the alternatives of \`${keyword}\` changed`, breaks)
}

/** Whether going from a schema of before to one of after breaks nothing in a direction. */
function isAllowed({ before, after }: Sides, direction: Direction, place: Place): boolean {
  const list = new ChangeList()
  compareSchemas(before, after, { ...place, list })
  return !list.broken.has(direction)
}

/** Whether no value can be of two branches, as their types tell. */
function areApart(branches: readonly JsonSchema[], root: JsonSchema): boolean {
  if (branches.length > BRANCHES_MAX) return false
  const seen = new Set<JsonType>()
  for (const branch of branches) {
    const resolved = resolve(root, branch)
    const types = resolved === undefined ? undefined : typesOf(resolved)
    if (resolved === undefined || types === undefined) return false
    for (const type of expandTypes(resolved)) {
      if (seen.has(type)) return false
      seen.add(type)
    }
  }
  return true
}

function pathTo(path: string, name: string): string {
  return /^[\w$]+$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`
}
