// Why a rule matches an event or does not, asked of the rules in the store and the events in the log. Rules and
// events are judged a few at a time, so that what is routed meanwhile does not wait.

import { AppError } from './base/index.ts'
import { findEvent, type FoundEvent, newestEvents } from './app-event-search.ts'
import { type RuleSources, viewRules } from './app-own-api.ts'
import type {
  EventExplanation,
  ExplainedEvent,
  ExplainedRule,
  ExplainEventQuery,
  ExplainRuleQuery,
  RuleExplanation,
  RuleView,
} from './api/index.ts'
import { formatBusKey, type StoredEvent } from './event/index.ts'
import type { Log } from './log/index.ts'
import { createExplainer, type Explainer, parsePattern, type Pattern } from './match/index.ts'
import { DEFAULT_BUS, parseVersionRange } from './model/index.ts'
import { isCompatible } from './route/index.ts'

/** Judged without a pause. */
const BATCH_LENGTH = 50
/** The newest events of its bus that a rule is held against. */
const EVENTS_MAX = 1000

export interface ExplainSources extends RuleSources {
  readonly log: Log
}

export async function explainEvent(
  sources: ExplainSources,
  query: ExplainEventQuery,
): Promise<EventExplanation> {
  const pattern = query.pattern === undefined ? undefined : parsePattern(query.pattern)
  const found =
    query.eventId === undefined
      ? undefined
      : await findEvent(sources.log, query.eventId, query.signal)
  const explainer = createExplainer(found?.event.envelope ?? Buffer.from(query.event ?? ''))
  const bus = query.bus ?? found?.event.busKey ?? DEFAULT_BUS
  const event = found === undefined ? {} : viewEvent(found)
  if (pattern !== undefined) {
    const explanation = explainer.explain(pattern)
    const matched = explanation.matches ? 1 : 0
    return { bus, event, rules: 0, matched, items: [explanation] }
  }
  const ranked = await rankAll(explainer, await rulesOf(sources, { bus, rule: query.rule }))
  const items = ranked.slice(0, query.limit).map(({ view, pattern: parsed }) => ({
    rule: viewRule(view, found?.event),
    ...explainer.explain(parsed),
  }))
  return { bus, event, rules: ranked.length, matched: countMatched(ranked), items }
}

interface Ranked {
  readonly nearness: number
}

interface RankedRule extends Ranked {
  readonly view: RuleView
  readonly pattern: Pattern
}

/** Nearest first. */
async function rankAll(explainer: Explainer, views: readonly RuleView[]): Promise<RankedRule[]> {
  const ranked: RankedRule[] = []
  for await (const batch of batchesOf(views)) ranked.push(...rankRules(explainer, batch))
  return ranked.sort(byNearness)
}

/** Rules that have a schedule alone match nothing and are left out. */
function rankRules(explainer: Explainer, views: readonly RuleView[]): RankedRule[] {
  const rules = views.flatMap((view) =>
    view.pattern === undefined ? [] : [{ view, pattern: parsePattern(view.pattern) }],
  )
  const nearness = explainer.measure(rules.map(({ pattern }) => pattern))
  return rules.map((each, index) => ({ ...each, nearness: nearness[index]! }))
}

function byNearness(left: Ranked, right: Ranked): number {
  return right.nearness - left.nearness
}

function countMatched(ranked: readonly Ranked[]): number {
  return ranked.filter(({ nearness }) => nearness === 1).length
}

export async function explainRule(
  sources: ExplainSources,
  query: ExplainRuleQuery,
): Promise<RuleExplanation> {
  const [found] = await rulesOf(sources, { bus: query.bus, rule: query.rule })
  const view = found!
  if (view.pattern === undefined) {
    throw new AppError('REQUEST_INVALID', `rule \`${view.name}\` has a schedule and no pattern`)
  }
  const pattern = parsePattern(view.pattern)
  const busKey = formatBusKey({ ...view, name: view.bus })
  const options = { busKey, eventsMax: EVENTS_MAX, signal: query.signal }
  const events = await newestEvents(sources.log, options)
  const ranked: (Ranked & { readonly found: FoundEvent })[] = []
  for await (const batch of batchesOf(events)) {
    for (const each of batch) {
      const [nearness] = createExplainer(each.event.envelope).measure([pattern])
      ranked.push({ found: each, nearness: nearness! })
    }
  }
  ranked.sort(byNearness)
  return {
    rule: viewRule(view),
    events: ranked.length,
    matched: countMatched(ranked),
    items: ranked.slice(0, query.limit).map((each) => ({
      event: { ...viewEvent(each.found), ...unseenOf(view, each.found.event) },
      ...createExplainer(each.found.event.envelope).explain(pattern),
    })),
  }
}

/** The rules of a bus, or the one that is named, on any bus when an ARN names it. */
async function rulesOf(
  sources: ExplainSources,
  { bus, rule }: { readonly bus: string | undefined; readonly rule: string | undefined },
): Promise<readonly RuleView[]> {
  const isArn = rule?.startsWith('arn:') === true
  const rules = await viewRules(sources, isArn ? {} : { bus: bus ?? DEFAULT_BUS })
  if (rule === undefined) return rules
  const named = rules.filter((each) => (isArn ? each.arn : each.name) === rule)
  if (named.length > 0) return named
  const where = isArn ? '' : ` on bus \`${bus ?? DEFAULT_BUS}\``
  throw new AppError('RULE_NOT_FOUND', `there is no rule \`${rule}\`${where}`)
}

async function* batchesOf<T>(items: readonly T[]): AsyncGenerator<readonly T[], void, undefined> {
  for (let start = 0; start < items.length; start += BATCH_LENGTH) {
    if (start > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    yield items.slice(start, start + BATCH_LENGTH)
  }
}

function viewRule(view: RuleView, event?: StoredEvent): ExplainedRule {
  const { name, bus, arn, state, targets } = view
  const targetsDisabled = targets.filter(({ disabled }) => disabled !== undefined).length
  return {
    name,
    bus,
    arn,
    state,
    targets: targets.length,
    targetsDisabled,
    ...(event === undefined ? {} : unseenOf(view, event)),
  }
}

/** Why a rule never saw an event that its pattern may match. */
function unseenOf(
  { uid, schemaVersions }: RuleView,
  event: StoredEvent,
): { readonly isPassedOver?: true; readonly isOutOfRange?: true } {
  const isPassedOver = event.meta().directed?.rules.includes(uid) === false
  const range = schemaVersions === undefined ? undefined : parseVersionRange(schemaVersions)
  const isOutOfRange = !isCompatible(range, event)
  return {
    ...(isPassedOver ? { isPassedOver } : {}),
    ...(isOutOfRange ? { isOutOfRange } : {}),
  }
}

function viewEvent({ position, timestamp, event }: FoundEvent): ExplainedEvent {
  const { id, source, type } = event.toEvent()
  const at = `${position.partition}:${position.offset}`
  return { id, position: at, timestamp, source, 'detail-type': type }
}
