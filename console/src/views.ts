// What our own API sends; its OpenAPI document describes it.

export interface Stats {
  readonly at: number
  readonly uptimeMs: number
  readonly oneIn: number
  readonly totals: {
    readonly received: number
    readonly delivered: number
    readonly retried: number
    readonly failed: number
    readonly dead: number
    readonly breakersOpen: number
    readonly latencyMsP99?: number
  }
  readonly state: {
    readonly pending: number
    readonly dead: number
    readonly lagRecords: number
  }
}

export interface TailEvent {
  readonly position: string
  readonly timestamp: number
  readonly bus: string
  readonly account: string
  readonly region: string
  readonly oneIn: number
  readonly sizeBytes: number
  readonly envelope: Envelope | null
}

export interface Envelope {
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly detail: unknown
}

export interface Info {
  readonly version: string
  readonly mode: 'dev' | 'start'
}

export interface EventExplanation {
  readonly rules: number
  readonly matched: number
  readonly items: readonly ExplainedItem[]
}

export interface ExplainedItem {
  readonly rule: {
    readonly name: string
    readonly arn: string
    readonly state: string
    readonly targets: number
    readonly targetsDisabled: number
    readonly isPassedOver?: boolean
    readonly isOutOfRange?: boolean
  }
  readonly matches: boolean
  readonly nearness: number
  readonly leavesSatisfied: number
  readonly leaves: number
  readonly misses: readonly {
    readonly path: string
    readonly expected: string
    readonly found: string
  }[]
  readonly tree: readonly ExplainedNode[]
}

export type ExplainedNode =
  | {
      readonly kind: 'object'
      readonly key: string
      readonly isSatisfied: boolean
      readonly members: readonly ExplainedNode[]
    }
  | {
      readonly kind: 'or'
      readonly isSatisfied: boolean
      readonly options: readonly {
        readonly isSatisfied: boolean
        readonly isNearest: boolean
        readonly members: readonly ExplainedNode[]
      }[]
    }
  | {
      readonly kind: 'leaf'
      readonly key: string
      readonly verdict: 'satisfied' | 'missed' | 'apart' | 'hidden'
      readonly expected: string
      readonly found?: string
    }
