// A pattern as it was written: a tree with objects, `$or`s and leaves, where the matcher keeps only branches. The
// branches are made of the same leaves by the matcher's rules: every `$or` multiplies them, and of two fields of
// one name the later stands.

import { type Pattern } from './pattern.ts'
import { PatternReader } from './pattern-reader.ts'

export type PatternNode = PatternObject | PatternOr | PatternLeaf

export interface PatternObject {
  readonly kind: 'object'
  readonly key: string
  readonly members: readonly PatternNode[]
}

export interface PatternOr {
  readonly kind: 'or'
  readonly options: readonly (readonly PatternNode[])[]
}

/** A field and the values it may have. */
export interface PatternLeaf {
  readonly kind: 'leaf'
  /** The last of `keys`. */
  readonly key: string
  /** The keys that lead to it, as written: one may hold dots. */
  readonly keys: readonly string[]
  /** The keys joined with dots: fields of one path are the same field. */
  readonly path: string
  /** The array of alternatives as it was written. */
  readonly source: string
}

export interface PatternTree {
  readonly members: readonly PatternNode[]
  /** The ways to satisfy the pattern, in the order of its options: by path, the leaf that stands. */
  readonly branches: readonly LeafSet[]
}

export type LeafSet = ReadonlyMap<string, PatternLeaf>

const trees = new WeakMap<Pattern, PatternTree>()

/** The tree of a pattern, which `parsePattern` has checked. */
export function treeOf(pattern: Pattern): PatternTree {
  let tree = trees.get(pattern)
  if (tree === undefined) {
    const reader = new PatternReader(pattern.source)
    reader.next()
    const members = readMembers(reader, pattern.source, [])
    tree = { members, branches: joinMembers([], members) }
    trees.set(pattern, tree)
  }
  return tree
}

/** From behind an opening brace to the closing one. */
function readMembers(
  reader: PatternReader,
  source: string,
  keys: readonly string[],
): readonly PatternNode[] {
  const members: PatternNode[] = []
  while (reader.next() !== '}') {
    const key = reader.name
    if (key === '$or') {
      members.push({ kind: 'or', options: readOptions(reader, source, keys) })
      continue
    }
    const inner = [...keys, key]
    if (reader.next() === '{') {
      members.push({ kind: 'object', key, members: readMembers(reader, source, inner) })
      continue
    }
    const start = reader.offset - 1
    skipArray(reader)
    const path = inner.join('.')
    members.push({
      kind: 'leaf',
      key,
      keys: inner,
      path,
      source: source.slice(start, reader.offset),
    })
  }
  return members
}

function readOptions(
  reader: PatternReader,
  source: string,
  keys: readonly string[],
): readonly (readonly PatternNode[])[] {
  const options: (readonly PatternNode[])[] = []
  reader.next()
  while (reader.next() !== ']') options.push(readMembers(reader, source, keys))
  return options
}

function skipArray(reader: PatternReader): void {
  for (let depth = 1; depth > 0;) {
    const token = reader.next()
    if (token === '[' || token === '{') depth += 1
    else if (token === ']' || token === '}') depth -= 1
  }
}

function joinMembers(
  before: readonly LeafSet[],
  members: readonly PatternNode[],
): readonly LeafSet[] {
  let branches = before
  for (const member of members) branches = joinMember(branches, member)
  return branches
}

function joinMember(before: readonly LeafSet[], member: PatternNode): readonly LeafSet[] {
  // Nothing read yet is one branch without fields.
  const branches = before.length === 0 ? [new Map<string, PatternLeaf>()] : before
  if (member.kind === 'object') return joinMembers(branches, member.members)
  if (member.kind === 'or') {
    return member.options.flatMap((option) => joinMembers(branches, option))
  }
  return branches.map((branch) => new Map([...branch, [member.path, member]]))
}

/** The text of a pattern of these leaves alone. */
export function formatLeaves(leaves: Iterable<PatternLeaf>): string {
  return formatLevel([...leaves], 0)
}

function formatLevel(leaves: readonly PatternLeaf[], depth: number): string {
  const members: string[] = []
  const inner = Map.groupBy(leaves, ({ keys }) => keys[depth]!)
  for (const [key, group] of inner) {
    const name = JSON.stringify(key)
    const [here, below] = [
      group.filter(({ keys }) => keys.length === depth + 1),
      group.filter(({ keys }) => keys.length > depth + 1),
    ]
    for (const leaf of here) members.push(`${name}:${leaf.source}`)
    if (below.length > 0) members.push(`${name}:${formatLevel(below, depth + 1)}`)
  }
  return `{${members.join(',')}}`
}
