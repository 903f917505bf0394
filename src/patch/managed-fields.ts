// Who owns which field of an object, and what becomes of that when somebody applies or updates it.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/
//
// Invariant: an entry's time changes only when its fields do, so that what changes nothing writes nothing.

import { isDeepStrictEqual } from 'node:util'
import type { Json, Schema } from '../structure/index.ts'
import {
  common,
  type FieldSet,
  fieldsOf,
  formatPath,
  NO_FIELDS,
  pathsOf,
  removeAt,
  setOf,
  union,
  valueAt,
  without,
} from './field-set.ts'
import { mergeApplied } from './merge-applied.ts'
import { isEmpty, type JsonMap, mapOf, membersOf } from './tree.ts'

export interface ManagedFieldsEntry {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time?: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: Json
  readonly subresource?: string
}

export interface Writer {
  readonly manager: string
  readonly apiVersion: string
  /** RFC 3339, seconds. */
  readonly time: string
  readonly subresource?: string | undefined
}

/** A field that somebody else set to another value. */
export interface ApplyConflict {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time?: string
  readonly subresource?: string
  /** `.spec.size` */
  readonly path: string
}

export type ApplyResult =
  | { readonly kind: 'applied'; readonly value: JsonMap; readonly managers: Managers }
  | { readonly kind: 'conflict'; readonly conflicts: readonly ApplyConflict[] }

type Managers = readonly ManagedFieldsEntry[]

/** Members that nobody owns: they name the object, or are the server's. */
const UNOWNED: FieldSet = setOf([
  ['f:apiVersion'],
  ['f:kind'],
  ...[
    'name',
    'generateName',
    'namespace',
    'uid',
    'selfLink',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'managedFields',
  ].map((name) => ['f:metadata', `f:${name}`]),
])!

/** Makes an object what a manager wants it to be, in the fields that it names and named before. */
export function serverSideApply(options: {
  /** Empty when there is none yet. */
  readonly live: JsonMap
  readonly applied: JsonMap
  readonly schema: Schema
  readonly managers: Managers
  readonly writer: Writer
  readonly force: boolean
  /** What the same writer applied before in another way: what is still so may be taken from whoever owns it. */
  readonly appliedBefore?: JsonMap | undefined
}): ApplyResult {
  const { live, applied, schema, managers, writer, force, appliedBefore } = options
  const wanted = ownedFields(applied, schema)
  const mine = managers.find((entry) => isOf(entry, writer, 'Apply'))
  const others = managers.filter((entry) => entry !== mine)
  const lost = others.map((entry) => ({ entry, paths: disputed(entry, wanted, options) }))
  const isTheirs = (path: readonly string[]): boolean => {
    const before = appliedBefore === undefined ? undefined : valueAt(appliedBefore, path, schema)
    return before === undefined || !isDeepStrictEqual(before, valueAt(live, path, schema))
  }
  const conflicts = lost.flatMap(({ entry, paths }) =>
    paths.filter((path) => isTheirs(path)).map((path) => toConflict(entry, path)),
  )
  if (conflicts.length > 0 && !force) return { kind: 'conflict', conflicts }
  const kept = lost.flatMap(({ entry, paths }) => loseFields(entry, setOf(paths), writer.time))
  const dropped = fieldsDropped(mine, wanted, kept)
  let value = mergeApplied(live, applied, schema) as JsonMap
  for (const path of dropped) value = removeAt(value, path, schema) as JsonMap
  const own = ownEntry(mine, wanted, writer, 'Apply')
  return { kind: 'applied', value, managers: inPlace(managers, mine, { kept, own }) }
}

/** The entries after an update: what changed is the writer's, what went is nobody's. */
export function trackUpdate(options: {
  readonly before: JsonMap
  readonly after: JsonMap
  readonly schema: Schema
  readonly managers: Managers
  readonly writer: Writer
}): Managers {
  const { schema, managers, writer } = options
  const [before, after] = differing(options.before, options.after)
  const now = ownedFields(after, schema)
  const then = ownedFields(before, schema)
  const gone = pathsOf(then).filter((path) => valueAt(after, path, schema) === undefined)
  const changed = pathsOf(now).filter(
    (path) =>
      isLeafPath(now, path) &&
      !isDeepStrictEqual(valueAt(before, path, schema), valueAt(after, path, schema)),
  )
  const added = pathsOf(now).filter((path) => valueAt(before, path, schema) === undefined)
  const set = setOf([...changed, ...added])
  const mine = managers.find((entry) => isOf(entry, writer, 'Update'))
  const others = managers
    .filter((entry) => entry !== mine)
    .flatMap((entry) => loseFields(entry, setOf([...gone, ...changed]), writer.time))
  const left = mine === undefined ? [] : loseFields(mine, setOf(gone), writer.time)
  const [own] = left
  if (set === undefined) return inPlace(managers, mine, { kept: others, own })
  const fields = own === undefined ? set : union(own.fieldsV1 as FieldSet, set)
  const mineNow = ownEntry(own, fields, writer, 'Update')
  return inPlace(managers, mine, { kept: others, own: mineNow })
}

/** The members that are not the same in both: most writes touch one of a few, and the others may be large. */
function differing(before: JsonMap, after: JsonMap): readonly [JsonMap, JsonMap] {
  const isOther = ([name]: readonly [string, unknown]): boolean =>
    !isDeepStrictEqual(before[name], after[name])
  return [mapOf(membersOf(before).filter(isOther)), mapOf(membersOf(after).filter(isOther))]
}

/** The writer's entry stays where it was, so that what changes nothing changes no order either. */
function inPlace(
  before: Managers,
  mine: ManagedFieldsEntry | undefined,
  { kept, own }: { readonly kept: Managers; readonly own: ManagedFieldsEntry | undefined },
): Managers {
  if (own === undefined) return kept
  const ahead = mine === undefined ? before.length : before.indexOf(mine)
  const namesAhead = new Set(before.slice(0, ahead).map((entry) => nameOf(entry)))
  const isAhead = (entry: ManagedFieldsEntry): boolean => namesAhead.has(nameOf(entry))
  return [...kept.filter((one) => isAhead(one)), own, ...kept.filter((one) => !isAhead(one))]
}

function nameOf({ manager, operation, apiVersion, subresource = '' }: ManagedFieldsEntry): string {
  return JSON.stringify([manager, operation, apiVersion, subresource])
}

function ownedFields(value: JsonMap, schema: Schema): FieldSet {
  return without(fieldsOf(value, schema), UNOWNED) ?? NO_FIELDS
}

function isLeafPath(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet = set
  for (const edge of path) at = at[edge] as FieldSet
  return isEmpty(at)
}

/** What another owns, and the writer wants to be otherwise. */
function disputed(
  entry: ManagedFieldsEntry,
  wanted: FieldSet,
  { live, applied, schema }: Parameters<typeof serverSideApply>[0],
): readonly (readonly string[])[] {
  return common(entry.fieldsV1 as FieldSet, wanted).filter(
    (path) =>
      isLeafPath(wanted, path) &&
      !isDeepStrictEqual(valueAt(live, path, schema), valueAt(applied, path, schema)),
  )
}

/** What the writer applied before and no longer does, and nobody else owns. */
function fieldsDropped(
  mine: ManagedFieldsEntry | undefined,
  wanted: FieldSet,
  others: Managers,
): readonly (readonly string[])[] {
  if (mine === undefined) return []
  let left: FieldSet | undefined = without(mine.fieldsV1 as FieldSet, wanted)
  for (const { fieldsV1 } of others) {
    if (left === undefined) return []
    left = without(left, fieldsV1 as FieldSet)
  }
  if (left === undefined) return []
  // What was empty and has members now is not dropped, nor what others have members of.
  const isHeld = (path: readonly string[]): boolean =>
    path.at(-1)!.startsWith('f:') &&
    others.some(({ fieldsV1 }) => hasNode(fieldsV1 as FieldSet, path))
  return pathsOf(left).filter((path) => !hasNode(wanted, path) && !isHeld(path))
}

/** Whether the set has the path, or something below it. */
function hasNode(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = set
  for (const edge of path) {
    at = at[edge] as FieldSet | undefined
    if (at === undefined) return false
  }
  return true
}

function loseFields(entry: ManagedFieldsEntry, lost: FieldSet | undefined, time: string): Managers {
  if (lost === undefined) return [entry]
  const fieldsV1 = without(entry.fieldsV1 as FieldSet, lost)
  if (fieldsV1 === undefined) return []
  return [isDeepStrictEqual(fieldsV1, entry.fieldsV1) ? entry : { ...entry, fieldsV1, time }]
}

function ownEntry(
  old: ManagedFieldsEntry | undefined,
  fields: FieldSet,
  writer: Writer,
  operation: 'Apply' | 'Update',
): ManagedFieldsEntry {
  const fieldsV1 = sorted(fields)
  if (old !== undefined && isDeepStrictEqual(sorted(old.fieldsV1 as FieldSet), fieldsV1)) return old
  const { manager, apiVersion, time, subresource } = writer
  return {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource === undefined ? {} : { subresource }),
  }
}

function sorted(set: FieldSet): FieldSet {
  const edges = Array.from(membersOf(set)).sort(([one], [other]) => (one < other ? -1 : 1))
  return mapOf(edges.map(([edge, below]) => [edge, sorted(below as FieldSet)]))
}

function isOf(
  entry: ManagedFieldsEntry,
  { manager, subresource, apiVersion }: Writer,
  operation: 'Apply' | 'Update',
): boolean {
  return (
    entry.manager === manager &&
    entry.operation === operation &&
    entry.subresource === subresource &&
    (operation === 'Apply' || entry.apiVersion === apiVersion)
  )
}

function toConflict(entry: ManagedFieldsEntry, path: readonly string[]): ApplyConflict {
  const { manager, operation, apiVersion, time, subresource } = entry
  return {
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    ...(subresource === undefined ? {} : { subresource }),
    path: formatPath(path),
  }
}
