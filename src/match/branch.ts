// One way to satisfy a rule: needs that must all be met, each by its probe, or by one of several probes or the absence
// of the field. Most needs are one probe, and most rules one branch; there are as many as rules, so they are kept small.

import type { Condition } from './condition.ts'
import type { Field } from './field.ts'
import { Probe } from './probe.ts'

export interface Rule<Key> {
  readonly key: Key
  /** Rules are answered in this order. */
  readonly order: number
  branches: Branch | readonly Branch[]
  /** The event it was last matched in, by its run. */
  matchedIn: number
}

const NO_NEEDS: readonly Need[] = Object.freeze([])

/** Its first two needs lie in it and not in a list, because most have no more and each list is two places in memory. */
export class Branch {
  verifiedIn = 0
  /** It waits at the probes of this one, unless that may be absent, as then all may. */
  readonly first: Need
  readonly second: Need | undefined
  readonly rest: readonly Need[]
  readonly rule: Rule<unknown>

  /** Of one need or more. */
  constructor(rule: Rule<unknown>, needs: readonly Need[]) {
    const first = needs[0]!
    const second = needs[1]
    this.first = first
    this.second = second
    this.rest = needs.length > 2 ? needs.slice(2) : NO_NEEDS
    this.rule = rule
  }

  get needs(): readonly Need[] {
    const { first, second, rest } = this
    return second === undefined ? [first] : [first, second, ...rest]
  }
}

export type Need = Probe | Choice

/** A field whose value may be one of several things, or not be there. */
export class Choice {
  readonly field: Field
  readonly probes: readonly Probe[]
  readonly isAbsentAllowed: boolean

  constructor(field: Field, probes: readonly Probe[], isAbsentAllowed: boolean) {
    this.field = field
    this.probes = probes
    this.isAbsentAllowed = isAbsentAllowed
  }
}

export function branchesOf({ branches }: Rule<unknown>): readonly Branch[] {
  return branches instanceof Branch ? [branches] : branches
}

export function probesOf(need: Need): readonly Probe[] {
  return need instanceof Probe ? [need] : need.probes
}

/** The need at whose probes the branch waits; none when absent fields alone satisfy it. */
export function anchorOf({ first }: Branch): Need | undefined {
  return canAnchor(first) ? first : undefined
}

export function canAnchor(need: Need): boolean {
  return need instanceof Probe || (!need.isAbsentAllowed && need.probes.length > 0)
}

/** How well conditions tell events apart: exact values, parts of texts, ranges, and what most values satisfy. */
export type Rank = 0 | 1 | 2 | 3

export const EXACT: Rank = 0
export const WORST: Rank = 3

const RANKS: Readonly<Record<Condition['kind'], Rank>> = {
  string: 0,
  ip: 0,
  number: 0,
  literal: 0,
  prefix: 1,
  suffix: 1,
  folded: 1,
  wildcard: 1,
  cidr: 2,
  range: 2,
  but: 3,
  exists: 3,
  absent: 3,
}

/** The worst of the conditions decides. */
export function rankOf(need: Need): Rank {
  if (need instanceof Probe) return RANKS[need.kind]
  let rank: Rank = EXACT
  for (const { kind } of need.probes) if (RANKS[kind] > rank) rank = RANKS[kind]
  return rank
}
