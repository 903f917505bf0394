// Sets of fields, in the form that managedFields keep them: a tree whose edges are `f:name`, `k:{"name":"x"}` and
// `v:"x"`; `.` marks a node that is in the set and has others below it, a node without children is in the set.
// https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/serialize-pe.go

import { isDeepStrictEqual } from 'node:util'
import type { Json, Schema } from '../structure/index.ts'
import {
  isEmpty,
  isList,
  isMap,
  itemKey,
  type JsonMap,
  mapOf,
  memberSchema,
  membersOf,
} from './tree.ts'

export type FieldSet = JsonMap

export const NO_FIELDS: FieldSet = {}

/** Every field of a value, down to what is owned as one. */
export function fieldsOf(value: Json, schema: Schema | undefined): FieldSet {
  if (isMap(value) && isGranular(schema))
    return mapOf(
      membersOf(value).map(([name, member]) => [
        `f:${name}`,
        fieldsOf(member, memberSchema(schema, name)),
      ]),
    )
  if (!isList(value)) return NO_FIELDS
  const type = schema?.['x-kubernetes-list-type']
  if (type === 'set') return mapOf(value.map((item) => [`v:${JSON.stringify(item)}`, NO_FIELDS]))
  if (type !== 'map') return NO_FIELDS
  return mapOf(
    value.map((item) => {
      const inside = fieldsOf(item, schema?.items)
      return [`k:${JSON.stringify(itemKey(item, schema) ?? {})}`, { '.': {}, ...inside }]
    }),
  )
}

/** Undefined when nothing is left. */
export function without(set: FieldSet, gone: FieldSet): FieldSet | undefined {
  if (isLeaf(gone)) return isLeaf(set) ? undefined : strip(set)
  if (isLeaf(set)) return '.' in gone ? undefined : set
  const left: [string, Json][] = []
  for (const [edge, below] of membersOf(set)) {
    const goneBelow = gone[edge]
    if (edge === '.') {
      if (!('.' in gone)) left.push([edge, below])
    } else if (goneBelow === undefined) left.push([edge, below])
    else {
      const rest = without(below as FieldSet, goneBelow as FieldSet)
      if (rest !== undefined) left.push([edge, rest])
    }
  }
  return left.length === 0 ? undefined : mapOf(left)
}

/** A node that is no longer in the set itself, with what is below it. */
function strip(set: FieldSet): FieldSet | undefined {
  const left = membersOf(set).filter(([edge]) => edge !== '.')
  return left.length === 0 ? undefined : mapOf(left)
}

export function union(one: FieldSet, other: FieldSet): FieldSet {
  if (isLeaf(one)) return isLeaf(other) ? one : { '.': {}, ...other }
  if (isLeaf(other)) return { '.': {}, ...one }
  const merged = new Map(membersOf(one))
  for (const [edge, below] of membersOf(other)) {
    const mine = merged.get(edge)
    merged.set(edge, mine === undefined ? below : union(mine as FieldSet, below as FieldSet))
  }
  return mapOf(merged)
}

/** The paths that both have, each a list of edges. */
export function common(one: FieldSet, other: FieldSet): readonly (readonly string[])[] {
  const paths: string[][] = []
  walk(one, other, [], paths)
  return paths
}

function walk(one: FieldSet, other: FieldSet, at: readonly string[], paths: string[][]): void {
  const isOne = isLeaf(one) || '.' in one
  const isOther = isLeaf(other) || '.' in other
  if (at.length > 0 && isOne && isOther) paths.push([...at])
  for (const [edge, below] of membersOf(one)) {
    const otherBelow = edge === '.' ? undefined : other[edge]
    if (otherBelow !== undefined)
      walk(below as FieldSet, otherBelow as FieldSet, [...at, edge], paths)
  }
}

/** Every path that is in the set. */
export function pathsOf(set: FieldSet): readonly (readonly string[])[] {
  return common(set, set)
}

export function setOf(paths: readonly (readonly string[])[]): FieldSet | undefined {
  if (paths.length === 0) return undefined
  const root = createNode()
  for (const path of paths) {
    let node = root
    for (const edge of path) {
      const next = node.below.get(edge) ?? createNode()
      node.below.set(edge, next)
      node = next
    }
    node.isIn = true
  }
  return setOfNode(root)
}

interface Node {
  isIn: boolean
  readonly below: Map<string, Node>
}

function createNode(): Node {
  return { isIn: false, below: new Map() }
}

function setOfNode({ isIn, below }: Node): FieldSet {
  const edges = Array.from(below, ([edge, node]): [string, Json] => [edge, setOfNode(node)])
  return mapOf(isIn && edges.length > 0 ? [['.', NO_FIELDS], ...edges] : edges)
}

/** What lies at a path; undefined when nothing does. */
export function valueAt(
  value: Json | undefined,
  path: readonly string[],
  schema: Schema | undefined,
): Json | undefined {
  const [edge, ...rest] = path
  if (edge === undefined || value === undefined) return value
  const text = edge.slice(2)
  if (edge.startsWith('f:'))
    return isMap(value) && Object.hasOwn(value, text)
      ? valueAt(value[text], rest, memberSchema(schema, text))
      : undefined
  if (!isList(value)) return undefined
  return valueAt(value[indexOfEdge(value, edge, schema)], rest, schema?.items)
}

/** The value without what lies at a path. */
export function removeAt(value: Json, path: readonly string[], schema: Schema | undefined): Json {
  const [edge, ...rest] = path
  if (edge === undefined) return value
  const text = edge.slice(2)
  if (edge.startsWith('f:')) {
    if (!isMap(value) || !Object.hasOwn(value, text)) return value
    const others = membersOf(value).filter(([name]) => name !== text)
    if (rest.length === 0) return mapOf(others)
    const of = memberSchema(schema, text)
    return mapOf(
      membersOf(value).map(([name, member]) => [
        name,
        name === text ? removeAt(member, rest, of) : member,
      ]),
    )
  }
  if (!isList(value)) return value
  const index = indexOfEdge(value, edge, schema)
  if (index < 0) return value
  if (rest.length === 0) return value.toSpliced(index, 1)
  return value.with(index, removeAt(value[index]!, rest, schema?.items))
}

/** `.spec.items[name="x"].v`, as conflicts name it. */
export function formatPath(path: readonly string[]): string {
  return path
    .map((edge) => {
      const text = edge.slice(2)
      if (edge.startsWith('f:')) return `.${text}`
      if (edge.startsWith('v:')) return `[=${text}]`
      const keys = Object.entries(JSON.parse(text) as Readonly<Record<string, Json>>)
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
    })
    .join('')
}

function indexOfEdge(list: readonly Json[], edge: string, schema: Schema | undefined): number {
  const wanted = JSON.parse(edge.slice(2)) as Json
  return list.findIndex((item) =>
    isDeepStrictEqual(edge.startsWith('k:') ? itemKey(item, schema) : item, wanted),
  )
}

function isGranular(schema: Schema | undefined): boolean {
  return schema?.['x-kubernetes-map-type'] !== 'atomic'
}

function isLeaf(set: FieldSet): boolean {
  return isEmpty(set)
}
