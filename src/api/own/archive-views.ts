// Archives and replays as our own API shows them, and what it asks of whoever keeps them.

export interface ArchiveStateView {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly bus: string
  readonly description?: string
  readonly pattern?: string
  /** 0 = for ever. */
  readonly retentionDays: number
  readonly events: number
  /** Of the events, before compression. */
  readonly sizeBytes: number
  /** Of the files. */
  readonly storedBytes: number
  /** Blocks of events that cannot be read. */
  readonly damaged: number
  /** Seconds since the epoch. */
  readonly createdAt: number
}

export interface ReplayStateView {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly archive: string
  readonly bus: string
  /** ARNs of the only rules that get the events. */
  readonly rules?: readonly string[]
  readonly description?: string
  readonly state: string
  readonly reason?: string
  /** Events brought back so far. */
  readonly events: number
  /** How much of the archive was gone through, 0 to 1. */
  readonly progress: number
  /** Event times, seconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly lastEventTime?: number
  /** Who asked for it, as the audit log calls them. */
  readonly who?: string
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
}

export interface ArchivedEventList {
  /** Envelopes, oldest first. */
  readonly items: readonly unknown[]
  /** Where to go on; absent when there is no more. */
  readonly after?: string
}

export interface ArchiveEventsRequest {
  readonly archive: string
  readonly from?: number
  readonly to?: number
  readonly limit: number
  readonly after?: string
}

export interface ReplayRequest {
  readonly archive: string
  readonly name?: string
  readonly from?: number
  readonly to?: number
  /** Absent = the archive's own. */
  readonly bus?: string
  /** Names or ARNs; none = all of the bus. */
  readonly rules: readonly string[]
  readonly ratePerSecond?: number
  /** Who asks for it. */
  readonly who: string
}

export interface ArchiveRequest {
  readonly name: string
  readonly bus: string
  readonly pattern?: string
  readonly description?: string
  readonly retentionDays?: number
}

/** `archive` and `replay` are names in the default account and region, or ARNs. */
export interface ArchiveDeps {
  list(archive?: string): Promise<readonly ArchiveStateView[]>
  create(request: ArchiveRequest): Promise<ArchiveStateView>
  delete(archive: string): Promise<void>
  events(request: ArchiveEventsRequest): Promise<ArchivedEventList>
  listReplays(replay?: string): Promise<readonly ReplayStateView[]>
  startReplay(request: ReplayRequest): Promise<ReplayStateView>
  cancelReplay(replay: string): Promise<ReplayStateView>
}
