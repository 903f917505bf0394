// One way to satisfy a rule: needs that must all be met, each by one of its probes, or by the absence of its field.

import type { Condition } from './condition.ts'
import type { Field } from './field.ts'
import type { Probe } from './probe.ts'

export interface Rule<Key> {
  readonly key: Key
  /** Rules are answered in this order. */
  readonly order: number
  branches: readonly Branch[]
  /** The event it was last matched in, by its run. */
  matchedIn: number
}

export class Branch {
  readonly kind = 'branch'
  readonly rule: Rule<unknown>
  readonly needs: readonly Need[]
  /** The need whose probes it waits at; none when absent fields alone satisfy it. */
  anchor: Need | undefined
  verifiedIn = 0

  constructor(rule: Rule<unknown>, needs: readonly Need[]) {
    this.rule = rule
    this.needs = needs
  }
}

export interface Need {
  readonly field: Field
  readonly probes: readonly Probe[]
  readonly isAbsentAllowed: boolean
  readonly rank: Rank
}

/** How well conditions tell events apart: exact values, parts of texts, ranges, and what most values satisfy. */
export type Rank = 0 | 1 | 2 | 3

export const EXACT: Rank = 0

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
export function rankOf(conditions: readonly Condition[]): Rank {
  let rank: Rank = EXACT
  for (const { kind } of conditions) if (RANKS[kind] > rank) rank = RANKS[kind]
  return rank
}
