// Archives and replays as our own API shows them.

export interface ArchiveView {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly bus: string
  readonly description?: string
  readonly pattern?: string
  readonly retentionDays: number
  readonly events: number
  readonly sizeBytes: number
  readonly storedBytes: number
  readonly damaged: number
  /** Seconds since the epoch. */
  readonly createdAt: number
}

export interface ArchivedEventsView {
  readonly items: readonly {
    readonly id: string
    readonly time: string
    readonly source: string
    readonly 'detail-type': string
    readonly detail: unknown
  }[]
  /** Where to go on; absent when there is no more. */
  readonly after?: string
}

export interface ReplayView {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly archive: string
  readonly bus: string
  readonly rules?: readonly string[]
  readonly description?: string
  readonly state: string
  readonly reason?: string
  readonly events: number
  /** 0 to 1. */
  readonly progress: number
  /** Event times, seconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly lastEventTime?: number
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
}
