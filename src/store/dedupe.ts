// What ingress remembers of de-duplication keys across restarts: hashes, not keys, 32 bytes each.

export interface DedupeStore {
  /**
   * Entries as in dedupe-codec.ts. Durable when it resolves; `watermark` is the log offset up to which entries
   * are complete.
   */
  append(entries: Uint8Array, watermark: number): Promise<void>
  load(since: number): Promise<{ readonly entries: Uint8Array; readonly watermark: number }>
  prune(before: number): Promise<void>
}
