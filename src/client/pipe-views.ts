// Pipes as our own API shows them.

export interface PipeStateView {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly desiredState: string
  readonly state: string
  /** Why it does not run though it should. */
  readonly reason?: string
  readonly description?: string
  readonly source: string
  readonly sourceParameters?: unknown
  readonly enrichment?: string
  readonly enrichmentParameters?: unknown
  readonly target: string
  readonly targetParameters?: unknown
  /** Seconds since the epoch. */
  readonly createdAt: number
}
