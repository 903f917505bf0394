// The compiled form of a ruleset: per bus one matcher whose keys are the rules themselves. A new ruleset is
// compiled beside the old table, touching only what changed; the caller swaps one reference.

import { createMatcher, type Matcher, type MatchOptions, parsePattern } from '../match/index.ts'
import type { BusRules, RoutedRule, Ruleset } from '../model/index.ts'

interface BusTable {
  readonly source: BusRules
  readonly matcher: Matcher<RoutedRule>
}

export interface RoutingTable {
  readonly generation: number
  /** The rules of a bus that match this envelope; none when the bus does not exist. */
  match(busKey: string, envelope: Uint8Array): readonly RoutedRule[]
  /** The table for a later ruleset; what did not change is shared. */
  next(ruleset: Ruleset): RoutingTable
}

/** Compiles a ruleset from nothing. Throws `PATTERN_INVALID` for a pattern that control let through: a bug. */
export function compileRoutingTable(ruleset: Ruleset): RoutingTable {
  return new Table(ruleset.generation, new Map()).next(ruleset)
}

const ENVELOPE: MatchOptions = { isEnvelope: true }
const NO_RULES: readonly RoutedRule[] = []

class Table implements RoutingTable {
  readonly generation: number
  readonly #buses: ReadonlyMap<string, BusTable>

  constructor(generation: number, buses: ReadonlyMap<string, BusTable>) {
    this.generation = generation
    this.#buses = buses
  }

  match(busKey: string, envelope: Uint8Array): readonly RoutedRule[] {
    const bus = this.#buses.get(busKey)
    if (bus === undefined || bus.matcher.size === 0) return NO_RULES
    return bus.matcher.match(envelope, ENVELOPE)
  }

  next(ruleset: Ruleset): RoutingTable {
    const buses = new Map<string, BusTable>()
    for (const [busKey, rules] of ruleset.buses) {
      const before = this.#buses.get(busKey)
      buses.set(busKey, before?.source === rules ? before : compileBus(rules, before))
    }
    return new Table(ruleset.generation, buses)
  }
}

function compileBus(rules: BusRules, before: BusTable | undefined): BusTable {
  let matcher = before?.matcher ?? createMatcher<RoutedRule>()
  const known: ReadonlyMap<string, RoutedRule> = before?.source.rules ?? new Map()
  for (const [name, rule] of known) {
    if (rules.rules.get(name) !== rule) matcher = matcher.without(rule)
  }
  for (const [name, rule] of rules.rules) {
    if (known.get(name) !== rule) matcher = matcher.with(rule, parsePattern(rule.pattern))
  }
  return { source: rules, matcher }
}
