// How near an event comes to each of many patterns. Every verdict is the matcher's own: it is asked for each leaf
// by itself, for each pattern as a whole, and for leaves together where array consistency may part them.
//
// Invariant: nearness is 1 exactly when the matcher says that the pattern matches.

import { createMatcher, matchesPattern, type Matcher } from './matcher.ts'
import { formatLeaves, type LeafSet, type PatternLeaf, treeOf } from './explain-pattern.ts'
import { EXPLAINED_BRANCHES_MAX, EXPLAINED_FIELDS_MAX } from './limits.ts'
import { parsePattern, type Pattern } from './pattern.ts'

export interface Judgement {
  readonly pattern: Pattern
  readonly matches: boolean
  /** The share of the nearest branch's leaves that the event satisfies, all at once. */
  readonly nearness: number
  /** The branch that matches, or comes nearest. */
  readonly branch: LeafSet
  /** Leaves of any branch that are satisfied by themselves. */
  readonly satisfied: ReadonlySet<PatternLeaf>
  /** Leaves of the nearest branch that are satisfied by themselves, but in no element together with the others. */
  readonly apart: readonly ApartLeaf[]
}

/** A leaf, and the fewest others with which no choice of array elements satisfies it. */
export interface ApartLeaf {
  readonly leaf: PatternLeaf
  readonly others: readonly PatternLeaf[]
}

/** One judgement for each pattern, in their order. `event` must be a JSON object. */
export function judgePatterns(patterns: readonly Pattern[], event: Uint8Array): Judgement[] {
  let matcher: Matcher<string | Pattern> = createMatcher()
  const isJoined = new Set<string>()
  const texts = new Map<PatternLeaf, string>()
  for (const pattern of patterns) {
    matcher = matcher.with(pattern, pattern)
    for (const leaf of leavesOf(treeOf(pattern).branches)) {
      const text = formatLeaves([leaf])
      texts.set(leaf, text)
      if (isJoined.has(text)) continue
      isJoined.add(text)
      matcher = matcher.with(text, parsePattern(text))
    }
  }
  const matched = new Set(matcher.match(event))
  const isSatisfied = (leaf: PatternLeaf): boolean => matched.has(texts.get(leaf)!)
  return patterns.map((pattern) => {
    const verdicts = { matches: matched.has(pattern), isSatisfied }
    return judge(pattern, event, verdicts)
  })
}

function leavesOf(branches: readonly LeafSet[]): Set<PatternLeaf> {
  return new Set(branches.flatMap((branch) => [...branch.values()]))
}

interface Verdicts {
  readonly matches: boolean
  isSatisfied(leaf: PatternLeaf): boolean
}

/** A branch with the leaves that are satisfied by themselves, and how those that are not at once lie apart. */
interface Candidate {
  readonly branch: LeafSet
  readonly satisfied: readonly PatternLeaf[]
  readonly apart: readonly ApartLeaf[]
}

function judge(pattern: Pattern, event: Uint8Array, verdicts: Verdicts): Judgement {
  const { branches } = treeOf(pattern)
  const candidates = branches
    .map((branch): Candidate => {
      const satisfied = [...branch.values()].filter((leaf) => verdicts.isSatisfied(leaf))
      return { branch, satisfied, apart: [] }
    })
    .sort((left, right) => nearnessOf(right) - nearnessOf(left))
  const nearest = verdicts.matches
    ? findMatching(candidates, event)
    : findNearest(candidates, event)
  return {
    pattern,
    matches: verdicts.matches,
    nearness: verdicts.matches ? 1 : nearnessOf(nearest),
    branch: nearest.branch,
    satisfied: new Set([...leavesOf(branches)].filter((leaf) => verdicts.isSatisfied(leaf))),
    apart: nearest.apart,
  }
}

function nearnessOf({ branch, satisfied, apart }: Candidate): number {
  return (satisfied.length - apart.length) / branch.size
}

/** The first branch that matches by itself; there is one. */
function findMatching(candidates: readonly Candidate[], event: Uint8Array): Candidate {
  if (candidates.length === 1) return candidates[0]!
  const matching = candidates.find(
    ({ branch, satisfied }) => satisfied.length === branch.size && areTogether(satisfied, event),
  )
  return matching ?? candidates[0]!
}

// Candidates come with the most promising first; leaves that lie apart can only take from the promise.
function findNearest(candidates: readonly Candidate[], event: Uint8Array): Candidate {
  let nearest: Candidate | undefined
  for (const candidate of candidates.slice(0, EXPLAINED_BRANCHES_MAX)) {
    if (nearest !== undefined && nearnessOf(nearest) >= nearnessOf(candidate)) break
    const weighed = { ...candidate, apart: findApart(candidate.satisfied, event) }
    if (nearest === undefined || nearnessOf(weighed) > nearnessOf(nearest)) nearest = weighed
  }
  return nearest!
}

/** The leaves that must go until the rest can be satisfied at once. */
function findApart(satisfied: readonly PatternLeaf[], event: Uint8Array): readonly ApartLeaf[] {
  const apart: ApartLeaf[] = []
  let rest = satisfied
  if (rest.length > EXPLAINED_FIELDS_MAX) {
    return areTogether(rest, event) ? [] : [{ leaf: rest.at(-1)!, others: [] }]
  }
  while (rest.length > 1 && !areTogether(rest, event)) {
    const conflict = shrink(rest, event)
    const leaf = conflict.at(-1)!
    apart.push({ leaf, others: conflict.slice(0, -1) })
    rest = rest.filter((each) => each !== leaf)
  }
  return apart
}

/** The fewest of the leaves, none to spare, that are not satisfied at once. */
function shrink(leaves: readonly PatternLeaf[], event: Uint8Array): readonly PatternLeaf[] {
  let conflict = leaves
  for (const leaf of leaves) {
    const without = conflict.filter((each) => each !== leaf)
    if (!areTogether(without, event)) conflict = without
  }
  return conflict
}

function areTogether(leaves: readonly PatternLeaf[], event: Uint8Array): boolean {
  return matchesPattern(parsePattern(formatLeaves(leaves)), event)
}
