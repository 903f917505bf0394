// What ingress remembers of de-duplication keys across restarts: hashes, not keys, at most 64 bytes each.

export interface DedupeEntry {
  /** 128 bits of a hash of bus and key, hex. */
  readonly keyHash: string
  /** 64 bits of a hash of the event, hex: tells a repetition from a clash. */
  readonly contentHash: string
  readonly at: number
}

export interface DedupeStore {
  /** Durable when it resolves; `watermark` is the log offset up to which entries are complete. */
  append(entries: readonly DedupeEntry[], watermark: number): Promise<void>
  load(
    since: number,
  ): Promise<{ readonly entries: readonly DedupeEntry[]; readonly watermark: number }>
  prune(before: number): Promise<void>
}
