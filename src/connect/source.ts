// The Source contract: a place that pipes take batches of records from. A source knows how to read and how to let
// go of what was read; what is done in between, how often and how many at once is the pipe's.
//
// Invariant: what is not acknowledged comes again, by the source's own rule (visibility, offset, redelivery).

export interface SourceRecord {
  /** Names the record to whoever reports it as failed; no other record in hand has it. */
  readonly id: string
  /** JSON, as AWS hands records of this sort to pipes. */
  readonly received: Uint8Array
  /** The same with the payload parsed, where that is JSON: what filters and templates look into. */
  readonly decoded: Uint8Array
  /** Records of one group are taken in order: when one fails, those behind it wait. */
  readonly group?: string
  readonly traceHeader?: string
}

export interface SourceBatch {
  /** Empty when there was nothing before the signal aborted. */
  readonly records: readonly SourceRecord[]
  /** These records of the batch were taken and never come again. Durable when it resolves. */
  acknowledge(records: readonly SourceRecord[]): Promise<void>
}

export interface Source {
  /** What AWS calls this sort of source, `aws:sqs`. */
  readonly eventSource: string
  /** Why nothing can be read just now; undefined when all is well. */
  problem(): string | undefined
  /** Waits for the next batch. Rejects when the source cannot be read; reading again later may help. */
  read(signal: AbortSignal): Promise<SourceBatch>
  close(): Promise<void>
}

export interface SourceKind {
  readonly name: string
  serves(address: string): boolean
  /**
   * `parameters` are a pipe's SourceParameters; the kind reads its own member of them. `reader` is the pipe's ARN, for
   * sources that keep apart who reads them.
   */
  open(address: string, parameters: Readonly<Record<string, unknown>>, reader: string): Source
}

/** The first kind in the list that serves an address opens its source; `undefined` when none does. */
export function findSourceKind(
  kinds: readonly SourceKind[],
  address: string,
): SourceKind | undefined {
  return kinds.find((kind) => kind.serves(address))
}
