// Why an event matches a pattern or does not, for people: the pattern's tree with a verdict on every leaf, what
// was expected and what was there, and how near the event came. Verdicts are the matcher's, see
// `explain-judge.ts`; this room only finds words for them.

import { AppError } from '../base/index.ts'
import { checkJson, EVENT_DEPTH_MAX } from '../event/index.ts'
import { type Content, EventReader } from './explain-event.ts'
import { type ApartLeaf, type Judgement, judgePatterns } from './explain-judge.ts'
import {
  type PatternLeaf,
  type PatternNode,
  type PatternObject,
  treeOf,
} from './explain-pattern.ts'
import { describeAlternatives, describeContent } from './explain-words.ts'
import { EXPLAINED_VALUES_SHOWN_MAX } from './limits.ts'
import { matchesPattern } from './matcher.ts'
import { parsePattern, type Pattern } from './pattern.ts'

export interface Explanation {
  readonly matches: boolean
  /** The share of leaves that are satisfied, of the alternatives that come nearest; 1 exactly when it matches. */
  readonly nearness: number
  readonly leavesSatisfied: number
  readonly leaves: number
  /** What stands between the event and the nearest way to match; empty when it matches. */
  readonly misses: readonly Miss[]
  /** The pattern as it was written, with verdicts. */
  readonly tree: readonly ExplainedNode[]
}

export interface Miss {
  /** Keys joined with dots. */
  readonly path: string
  /**
   * `value`: nothing at the path is what was expected. `apart`: something is, but not in the same array element as
   * what other leaves found.
   */
  readonly kind: 'value' | 'apart'
  readonly expected: string
  readonly found: string
}

export type ExplainedNode = ExplainedObject | ExplainedOr | ExplainedLeaf

export interface ExplainedObject {
  readonly kind: 'object'
  readonly key: string
  readonly isSatisfied: boolean
  readonly members: readonly ExplainedNode[]
}

/** `$or`: one option is enough. */
export interface ExplainedOr {
  readonly kind: 'or'
  readonly isSatisfied: boolean
  readonly options: readonly ExplainedOption[]
}

export interface ExplainedOption {
  readonly isSatisfied: boolean
  /** Whether it is part of the way that matches or comes nearest. */
  readonly isNearest: boolean
  readonly members: readonly ExplainedNode[]
}

export interface ExplainedLeaf {
  readonly kind: 'leaf'
  readonly key: string
  readonly path: string
  /** `hidden`: a later field of the same path stands in its place. */
  readonly verdict: 'satisfied' | 'missed' | 'apart' | 'hidden'
  readonly expected: string
  /** What was there; absent for leaves that are hidden. */
  readonly found?: string
}

/** An event that is asked about many patterns. */
export interface Explainer {
  explain(pattern: Pattern): Explanation
  /** How near each pattern is, in their order: the `nearness` that `explain` would answer, for much less. */
  measure(patterns: readonly Pattern[]): readonly number[]
}

/**
 * An explainer for the JSON object in `event`; what is none throws `EVENT_INVALID`.
 *
 * @example
 * const explainer = createExplainer(Buffer.from('{"source":"shop","detail":{"total":7}}'))
 * explainer.explain(parsePattern('{"detail":{"total":[{"numeric":[">",100]}]}}')).misses
 * // [{ path: 'detail.total', kind: 'value', expected: 'a number > 100', found: '7' }]
 */
export function createExplainer(event: Uint8Array): Explainer {
  const check = checkJson(event, { depthMax: EVENT_DEPTH_MAX })
  if (check.kind === 'fault') {
    throw new AppError('EVENT_INVALID', `expected the event to be JSON: ${check.reason}`)
  }
  if (check.kind !== 'object') {
    throw new AppError('EVENT_INVALID', `expected the event to be a JSON object, got ${check.kind}`)
  }
  const bytes = Buffer.from(event.buffer, event.byteOffset, event.byteLength)
  const reader = new EventReader(bytes)
  return {
    explain: (pattern) => describe(judgePatterns([pattern], bytes)[0]!, reader),
    measure: (patterns) => judgePatterns(patterns, bytes).map(({ nearness }) => nearness),
  }
}

/** Why an event matches one pattern or does not. */
export function explainMatch(pattern: Pattern, event: Uint8Array): Explanation {
  return createExplainer(event).explain(pattern)
}

/** The verdicts of one judgement, and where their words come from. */
interface Picture {
  readonly judgement: Judgement
  readonly apart: ReadonlyMap<PatternLeaf, ApartLeaf>
  read(path: string): Content
}

function describe(judgement: Judgement, reader: EventReader): Explanation {
  const apart = new Map(judgement.apart.map((each) => [each.leaf, each]))
  const picture: Picture = { judgement, apart, read: (path) => reader.read(path) }
  const leaves = [...judgement.branch.values()]
  const misses = leaves.flatMap((leaf) => missOf(picture, leaf) ?? [])
  return {
    matches: judgement.matches,
    nearness: judgement.nearness,
    leavesSatisfied: leaves.length - misses.length,
    leaves: leaves.length,
    misses,
    tree: treeOf(judgement.pattern).members.map((member) => describeNode(picture, member)),
  }
}

function missOf(picture: Picture, leaf: PatternLeaf): Miss | undefined {
  const { path } = leaf
  const expected = describeAlternatives(leaf.source)
  const apart = picture.apart.get(leaf)
  if (apart !== undefined) {
    return { path, kind: 'apart', expected, found: describeApart(picture, apart) }
  }
  if (picture.judgement.satisfied.has(leaf)) return undefined
  return { path, kind: 'value', expected, found: describeContent(picture.read(path), leaf.source) }
}

function describeNode(picture: Picture, node: PatternNode): ExplainedNode {
  switch (node.kind) {
    case 'object':
      return describeObject(picture, node)
    case 'or': {
      const options = node.options.map((option) => describeOption(picture, option))
      return { kind: 'or', isSatisfied: options.some((each) => each.isSatisfied), options }
    }
    case 'leaf':
      return describeLeaf(picture, node)
  }
}

function describeObject(picture: Picture, { key, members }: PatternObject): ExplainedObject {
  const described = members.map((member) => describeNode(picture, member))
  return { kind: 'object', key, isSatisfied: described.every(isSatisfied), members: described }
}

function describeOption(picture: Picture, members: readonly PatternNode[]): ExplainedOption {
  const described = members.map((member) => describeNode(picture, member))
  return {
    isSatisfied: described.every(isSatisfied),
    isNearest: members.some((member) => isInBranch(picture, member)),
    members: described,
  }
}

function isSatisfied(node: ExplainedNode): boolean {
  if (node.kind === 'leaf') return node.verdict === 'satisfied' || node.verdict === 'hidden'
  return node.isSatisfied
}

function isInBranch(picture: Picture, node: PatternNode): boolean {
  switch (node.kind) {
    case 'object':
      return node.members.some((member) => isInBranch(picture, member))
    case 'or':
      return node.options.some((option) => option.some((member) => isInBranch(picture, member)))
    case 'leaf':
      return picture.judgement.branch.get(node.path) === node
  }
}

function describeLeaf(picture: Picture, leaf: PatternLeaf): ExplainedLeaf {
  const { key, path } = leaf
  const expected = describeAlternatives(leaf.source)
  if (isHidden(picture, leaf)) return { kind: 'leaf', key, path, verdict: 'hidden', expected }
  const miss = missOf(picture, leaf)
  if (miss === undefined) {
    const found = describeContent(picture.read(path))
    return { kind: 'leaf', key, path, verdict: 'satisfied', expected, found }
  }
  const verdict = miss.kind === 'apart' ? 'apart' : 'missed'
  return { kind: 'leaf', key, path, verdict, expected, found: miss.found }
}

/** Whether another leaf stands in its place, wherever it could stand. */
function isHidden({ judgement }: Picture, leaf: PatternLeaf): boolean {
  if (judgement.branch.get(leaf.path) === leaf) return false
  const { branches } = treeOf(judgement.pattern)
  return !branches.some((branch) => branch.get(leaf.path) === leaf)
}

/** Where each of the leaves that exclude one another is satisfied. */
function describeApart(picture: Picture, { leaf, others }: ApartLeaf): string {
  const places = [leaf, ...others].map((each) => {
    const at = placesOf(picture, each)
    return `\`${each.path}\` fits ${at.length === 0 ? 'elsewhere' : `at ${at.join(', ')}`}`
  })
  return `in another array element: ${places.join('; ')}`
}

function placesOf(picture: Picture, { path, source }: PatternLeaf): readonly string[] {
  const content = picture.read(path)
  if (content.kind !== 'values') return []
  const pattern = parsePattern(`{"value":${source}}`)
  const fitting = content.values
    .filter(({ json }) => matchesPattern(pattern, Buffer.from(`{"value":${json}}`)))
    .map(({ at }) => `\`${at}\``)
  const shown = fitting.slice(0, EXPLAINED_VALUES_SHOWN_MAX)
  return fitting.length > shown.length ? [...shown, '…'] : shown
}
