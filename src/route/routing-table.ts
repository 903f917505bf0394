// The compiled form of a ruleset: per bus one matcher whose keys are the rules themselves. A new ruleset is
// compiled beside the old table, touching only what changed; the caller swaps one reference.
//
// An event is for every rule of its bus whose pattern matches it; a directed one is for the rules it names.

import type { StoredEvent } from '../event/index.ts'
import { createMatcher, type Matcher, type MatchOptions, parsePattern } from '../match/index.ts'
import {
  type BusRules,
  isInRange,
  parseVersion,
  parseVersionRange,
  type RoutedRule,
  type Ruleset,
  type VersionRange,
} from '../model/index.ts'

interface BusTable {
  readonly source: BusRules
  readonly matcher: Matcher<RoutedRule>
  /** What rules ask of schema versions; undefined when none asks. */
  readonly ranges?: ReadonlyMap<RoutedRule, VersionRange>
  /** The rules by key; made when the first directed event asks. */
  byKey?: ReadonlyMap<string, RoutedRule>
}

export type RoutedEvent = Pick<
  StoredEvent,
  'busKey' | 'envelope' | 'hasPlainNames' | 'isDirected' | 'meta'
>

export interface RoutingTable {
  readonly generation: number
  /** The rules that get this event; none when its bus does not exist. */
  rulesFor(event: RoutedEvent): readonly RoutedRule[]
  /** The table for a later ruleset; what did not change is shared. */
  next(ruleset: Ruleset): RoutingTable
}

/** Compiles a ruleset from nothing. Throws `PATTERN_INVALID` for a pattern that control let through: a bug. */
export function compileRoutingTable(ruleset: Ruleset): RoutingTable {
  return new Table(ruleset.generation, new Map()).next(ruleset)
}

const PLAIN: MatchOptions = { names: 'plain' }
const ENVELOPE: MatchOptions = { names: 'envelope' }
const NO_RULES: readonly RoutedRule[] = []

class Table implements RoutingTable {
  readonly generation: number
  readonly #buses: ReadonlyMap<string, BusTable>

  constructor(generation: number, buses: ReadonlyMap<string, BusTable>) {
    this.generation = generation
    this.#buses = buses
  }

  rulesFor(event: RoutedEvent): readonly RoutedRule[] {
    const bus = this.#buses.get(event.busKey)
    if (bus === undefined) return NO_RULES
    if (event.isDirected) return directedRules(bus, event)
    return matchingRules(bus, event)
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

function matchingRules({ matcher, ranges }: BusTable, event: RoutedEvent): readonly RoutedRule[] {
  if (matcher.size === 0) return NO_RULES
  const rules = matcher.match(event.envelope, event.hasPlainNames ? PLAIN : ENVELOPE)
  return ranges === undefined
    ? rules
    : rules.filter((rule) => isCompatible(ranges.get(rule), event))
}

/** An event that was held against no schema has no version, and so is in no range. */
export function isCompatible(
  range: VersionRange | undefined,
  event: Pick<RoutedEvent, 'meta'>,
): boolean {
  if (range === undefined) return true
  const version = parseVersion(event.meta().schema?.version ?? '')
  return version !== undefined && isInRange(range, version)
}

function rangesOf({ rules }: BusRules): Pick<BusTable, 'ranges'> {
  const ranges = new Map<RoutedRule, VersionRange>()
  for (const rule of rules.values()) {
    const range =
      rule.schemaVersions === undefined ? undefined : parseVersionRange(rule.schemaVersions)
    if (range !== undefined) ranges.set(rule, range)
  }
  return ranges.size === 0 ? {} : { ranges }
}

/** Rules it names that are gone, or disabled, get nothing. */
function directedRules(bus: BusTable, event: RoutedEvent): readonly RoutedRule[] {
  const directed = event.meta().directed
  if (directed === undefined) return NO_RULES
  if (!directed.matched) {
    return matchingRules(bus, event).filter(({ key }) => directed.rules.includes(key))
  }
  bus.byKey ??= new Map(Array.from(bus.source.rules.values(), (rule) => [rule.key, rule]))
  return directed.rules.flatMap((key) => bus.byKey?.get(key) ?? [])
}

function compileBus(rules: BusRules, before: BusTable | undefined): BusTable {
  let matcher = before?.matcher ?? createMatcher<RoutedRule>()
  const known: ReadonlyMap<string, RoutedRule> = before?.source.rules ?? new Map()
  for (const [name, rule] of known) {
    if (rule.pattern === undefined || rules.rules.get(name) === rule) continue
    matcher = matcher.without(rule)
  }
  for (const [name, rule] of rules.rules) {
    if (rule.pattern === undefined || known.get(name) === rule) continue
    matcher = matcher.with(rule, parsePattern(rule.pattern))
  }
  return { source: rules, matcher, ...rangesOf(rules) }
}
