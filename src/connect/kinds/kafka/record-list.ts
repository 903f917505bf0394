// Records on their way to a cluster, many at a time: what is bytes of them is written once, into the batch that leaves,
// and until then nothing has to exist of each.

export interface RecordList {
  readonly length: number
  topicOf(index: number): string
  keyOf(index: number): Buffer | undefined
  partitionOf(index: number): number | undefined
  /** Wall milliseconds; when it is sent, where undefined. */
  timestampOf(index: number): number | undefined
  /** Of key and value: what a record takes up beside them is not much. */
  sizeOf(index: number): number
  /** Of key, value and headers as they stand in a batch. */
  tailSizeOf(index: number): number
  /** Writes these, and answers where they end. */
  writeTail(index: number, batch: Buffer, at: number): number
}

/** Some that follow each other, the one at `to` not among them. */
export interface RecordRange {
  readonly records: RecordList
  readonly from: number
  readonly to: number
}

/** Some in their order, but not all. */
export interface PickedRecords {
  readonly records: RecordList
  readonly indexes: readonly number[]
}
