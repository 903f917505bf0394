// The state of deliveries that did not succeed at first: SQL rows, so that people can query, filter and
// redrive them; and the readers' cursors, which move in the same transaction.

export interface ReaderCursor {
  readonly reader: string
  /** Fencing: a commit with an older epoch than the stored one is refused. */
  readonly epoch: number
  /** One offset per partition: the next record to read. */
  readonly positions: readonly { readonly partition: number; readonly offset: number }[]
  /** The ruleset generation live at that place. */
  readonly generation: number
}

export type DeliveryState = 'pending' | 'dead'

/** event × rule × target, while it is pending or dead. */
export interface DeliveryRow {
  /** `partition:offset/ruleKey/targetId`: one row per delivery. */
  readonly id: string
  readonly partition: number
  readonly offset: number
  readonly busKey: string
  readonly ruleKey: string
  readonly ruleName: string
  readonly targetId: string
  readonly eventId: string
  readonly state: DeliveryState
  /** Attempts made so far. */
  readonly attempts: number
  /** Wall milliseconds. */
  readonly firstAttemptAt: number
  readonly lastAttemptAt: number
  /** When to try next; for a dead row, when it died. */
  readonly dueAt: number
  readonly errorCode: string
  readonly errorMessage: string
  /** The stored event record, byte for byte, when the row no longer leans on the log. */
  readonly record?: Uint8Array
  /** For a dead row: why no more is tried, such as `MaximumRetryAttempts`. */
  readonly exhausted?: string
}

/** One ended attempt, for the history. */
export interface AttemptRow {
  readonly deliveryId: string
  readonly eventId: string
  readonly busKey: string
  readonly ruleName: string
  readonly targetId: string
  readonly attempt: number
  readonly at: number
  readonly durationMs: number
  /** `delivered`, `retry`, `dead`, `expired` or `cancelled`. */
  readonly result: string
  readonly errorCode?: string
  readonly errorMessage?: string
}

export interface DeliveryCommit {
  readonly cursor?: ReaderCursor
  /** Rows made or replaced; one whose id is in `remove` too stays. */
  readonly put: readonly DeliveryRow[]
  /** Ids of rows whose delivery ended (delivered, cancelled, redriven). */
  readonly remove: readonly string[]
  readonly attempts: readonly AttemptRow[]
  /** Deliveries to the outside that this commit stands for; a power cut may repeat a few hundred of them. */
  readonly exposed?: number
}

export interface DueQuery {
  readonly ruleKey: string
  readonly targetId: string
  /** Rows due at or before this. */
  readonly dueBefore: number
  readonly limit: number
  /** Rows that are being attempted now. */
  readonly except: ReadonlySet<string>
}

export interface PendingTarget {
  readonly ruleKey: string
  readonly targetId: string
  readonly pending: number
  readonly nextDueAt: number
}

export interface DeliveryQuery {
  readonly state?: DeliveryState
  readonly busKey?: string
  readonly ruleName?: string
  readonly targetId?: string
  readonly limit: number
  /** The id after which to go on. */
  readonly after?: string
}

export interface DeliveryStore {
  /**
   * One transaction, which survives the process when it resolves. A power cut may take it back, together with
   * every later one and with deliveries into queues, for at most 50 ms: all of that follows from the log and is
   * done again. `RESOURCE_CONFLICT` when the cursor's epoch is fenced off.
   */
  commit(commit: DeliveryCommit): Promise<void>
  cursor(reader: string): Promise<ReaderCursor | undefined>
  cursors(): Promise<readonly ReaderCursor[]>
  /** Pending rows of one target that are due, earliest first. */
  due(query: DueQuery): Promise<readonly DeliveryRow[]>
  /** Every target with pending rows. */
  pendingTargets(): Promise<readonly PendingTarget[]>
  /** In order of id. */
  list(query: DeliveryQuery): Promise<readonly DeliveryRow[]>
  counts(): Promise<{ readonly pending: number; readonly dead: number }>
  /** Ids of all rows, pending or dead, whose event lies at or after this offset; a reader that starts over from there skips them. */
  idsFrom(partition: number, offset: number): Promise<readonly string[]>
  /** The newest attempts of an event, in the order they were committed. */
  attempts(eventId: string, limit: number): Promise<readonly AttemptRow[]>
  /** Drops attempt history older than this. */
  pruneAttempts(before: number): Promise<void>
}
