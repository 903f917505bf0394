// What our own API answers when it is asked why; its OpenAPI document describes it.

export interface ExplanationView {
  readonly matches: boolean
  readonly nearness: number
  readonly leavesSatisfied: number
  readonly leaves: number
  readonly misses: readonly {
    readonly path: string
    readonly kind: 'value' | 'apart'
    readonly expected: string
    readonly found: string
  }[]
  readonly tree: readonly ExplainedNodeView[]
}

export type ExplainedNodeView =
  | {
      readonly kind: 'object'
      readonly key: string
      readonly isSatisfied: boolean
      readonly members: readonly ExplainedNodeView[]
    }
  | {
      readonly kind: 'or'
      readonly isSatisfied: boolean
      readonly options: readonly {
        readonly isSatisfied: boolean
        readonly isNearest: boolean
        readonly members: readonly ExplainedNodeView[]
      }[]
    }
  | {
      readonly kind: 'leaf'
      readonly key: string
      readonly path: string
      readonly verdict: 'satisfied' | 'missed' | 'apart' | 'hidden'
      readonly expected: string
      readonly found?: string
    }

export interface ExplainedRuleView {
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

export interface ExplainedEventView {
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

export interface EventExplanationView {
  readonly bus: string
  readonly event: Partial<ExplainedEventView>
  readonly rules: number
  readonly matched: number
  readonly items: readonly (ExplanationView & { readonly rule?: ExplainedRuleView })[]
}

export interface RuleExplanationView {
  readonly rule: ExplainedRuleView
  readonly events: number
  readonly matched: number
  readonly items: readonly (ExplanationView & { readonly event: ExplainedEventView })[]
}
