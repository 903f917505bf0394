// What our own API answers, as its OpenAPI document says.

export interface InfoView {
  readonly name: string
  readonly version: string
  readonly mode: 'dev' | 'start'
  readonly startedAt: number
}

export interface StatsView {
  readonly at: number
  readonly uptimeMs: number
  readonly totals: {
    readonly received: number
    readonly refused: number
    readonly matched: number
    readonly delivered: number
    readonly failed: number
    readonly retried: number
    readonly dead: number
    readonly breakersOpen: number
    readonly latencyMsP50?: number
    readonly latencyMsP99?: number
  }
  readonly state: {
    readonly pending: number
    readonly dead: number
    readonly lagRecords: number
    readonly logSizeBytes: number
    readonly logSegments: number
    readonly logQuarantined: number
    readonly storeSizeBytes: number
    readonly schedules: number
    readonly schedulesDue: number
  }
  readonly residentBytes: number
}

export interface TailEventView {
  /** Where in the log; a tail goes on behind it. */
  readonly position: string
  readonly timestamp: number
  readonly bus: string
  readonly account: string
  readonly region: string
  /** One event in this many is shown. */
  readonly oneIn: number
  readonly sizeBytes: number
  /** Null where it is too large to show. */
  readonly envelope: EnvelopeView | null
}

export interface EnvelopeView {
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly time: string
  readonly detail: unknown
}

export interface ScheduleView {
  readonly arn: string
  readonly kind: 'rule' | 'schedule'
  /** A rule's name, or `group/name`. */
  readonly name: string
  readonly account: string
  readonly region: string
  readonly state: 'ENABLED' | 'DISABLED'
  readonly expression: string
  readonly timezone: string
  /** The expression in English. */
  readonly meaning: string
  /** Milliseconds since the Unix epoch; absent when it is paused or has no occurrence left. */
  readonly nextAt?: number
}

/** A global endpoint. */
export interface EndpointView {
  readonly name: string
  readonly id: string
  readonly arn: string
  readonly account: string
  readonly buses: readonly string[]
  readonly activeRegion: string
  readonly isFailedOver: boolean
  readonly isReplicated: boolean
}
