// What is asked and answered of explanations.

import type { Explanation } from '../../control/index.ts'

export interface ExplainEventQuery {
  /** The event as JSON text; otherwise `eventId` finds it in the log. */
  readonly event?: string
  /** An id, or a position such as `0:42`. */
  readonly eventId?: string
  readonly bus?: string
  /** Name or ARN; all rules of the bus when absent. */
  readonly rule?: string
  /** In place of rules. */
  readonly pattern?: string
  readonly limit: number
  readonly signal: AbortSignal
}

export interface EventExplanation {
  readonly bus: string
  /** What of the event is known: all when it came from the log. */
  readonly event: Partial<ExplainedEvent>
  /** How many rules were asked, and how many of them match. */
  readonly rules: number
  readonly matched: number
  /** Nearest first; without a rule when a pattern was asked. */
  readonly items: readonly (Explanation & { readonly rule?: ExplainedRule })[]
}

export interface ExplainRuleQuery {
  /** Name or ARN. */
  readonly rule: string
  readonly bus?: string
  readonly limit: number
  readonly signal: AbortSignal
}

export interface RuleExplanation {
  readonly rule: ExplainedRule
  /** How many of the newest events of the bus were asked, and how many match. */
  readonly events: number
  readonly matched: number
  /** Nearest first, of equals the newest first. */
  readonly items: readonly (Explanation & { readonly event: ExplainedEvent })[]
}

export interface ExplainedRule {
  readonly name: string
  readonly bus: string
  readonly arn: string
  readonly state: string
  readonly targets: number
  /** Of them, those to which nothing is sent until they are changed. */
  readonly targetsDisabled: number
  /** The event was directed at other rules, by a replay for instance, and this one never saw it. */
  readonly isPassedOver?: boolean
  /** The rule asks for other schema versions than the event has, and never saw it. */
  readonly isOutOfRange?: boolean
}

export interface ExplainedEvent {
  readonly id: string
  readonly position: string
  readonly timestamp: number
  readonly source: string
  readonly 'detail-type': string
  /** It was directed at other rules than the one that is asked about, which never saw it. */
  readonly isPassedOver?: boolean
  /** It has other schema versions than the rule asks for, which never saw it. */
  readonly isOutOfRange?: boolean
}
