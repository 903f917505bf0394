// Entries as 32 bytes each, so that many are one blob: 24 of the key, which are the ingress's own, and 8 of the time (a
// big-endian double).

export const DEDUPE_ENTRY_BYTES = 32
/** Where an entry's time lies, wall milliseconds. */
export const DEDUPE_TIME_AT = 24

export interface DedupeTimes {
  /** `MAX_SAFE_INTEGER` and 0 where there is no entry. */
  readonly firstAt: number
  readonly lastAt: number
}

export function dedupeTimes(entries: Uint8Array): DedupeTimes {
  let firstAt = Number.MAX_SAFE_INTEGER
  let lastAt = 0
  for (const { at } of eachEntry(entries)) {
    firstAt = Math.min(firstAt, at)
    lastAt = Math.max(lastAt, at)
  }
  return { firstAt, lastAt }
}

/** Those that are not older than `since`, in order. */
export function dedupeSince(entries: Uint8Array, since: number): Uint8Array {
  const kept: Uint8Array[] = []
  for (const { at, bytes } of eachEntry(entries)) if (at >= since) kept.push(bytes)
  return Buffer.concat(kept)
}

function* eachEntry(
  entries: Uint8Array,
): Generator<{ readonly at: number; readonly bytes: Uint8Array }> {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength)
  for (let start = 0; start < entries.length; start += DEDUPE_ENTRY_BYTES) {
    const bytes = entries.subarray(start, start + DEDUPE_ENTRY_BYTES)
    yield { at: view.getFloat64(start + DEDUPE_TIME_AT), bytes }
  }
}
