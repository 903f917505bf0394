// How attempts are found by event id without an index on it, which would write a page per attempt: blocks of
// 32-bit hashes in order of sequence, a few megabytes per million attempts, scanned newest first.

/** Attempts whose hashes make one block. */
export const ATTEMPT_BLOCK_LENGTH = 4096

/** FNV-1a over UTF-16 units. */
export function hashEventId(eventId: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < eventId.length; index += 1) {
    hash = Math.imul(hash ^ eventId.charCodeAt(index), 0x01000193)
  }
  return hash | 0
}

/** Sequences, newest first, whose event id has this hash. */
export function* findInBlock(
  block: { readonly firstSeq: number; readonly hashes: Uint8Array },
  hash: number,
): Generator<number> {
  // A copy, because a blob need not lie at a multiple of four.
  const hashes = new Int32Array(new Uint8Array(block.hashes).buffer)
  for (let index = hashes.lastIndexOf(hash); index !== -1;) {
    yield block.firstSeq + index
    index = index === 0 ? -1 : hashes.lastIndexOf(hash, index - 1)
  }
}
