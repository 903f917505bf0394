// Every bound of this room. A bound that an operator may want to move is a default here and an option of
// the driver.

/** One record's payload; far above any event, so that only a bug meets it. */
export const RECORD_SIZE_BYTES_MAX: number = 16 * 1024 * 1024

/** A batch takes no further appends from this size on; one append larger than it is a batch of its own. */
export const BATCH_SIZE_BYTES_MAX: number = 4 * 1024 * 1024
export const BATCH_SIZE_BYTES_MIN = 4096

/** Appended but not yet durable; beyond it appends are refused. */
export const PENDING_SIZE_BYTES_MAX: number = 64 * 1024 * 1024

export const SEGMENT_SIZE_BYTES_MAX_DEFAULT: number = 64 * 1024 * 1024
/** Recovery holds one segment in memory, so a segment has a ceiling. */
export const SEGMENT_SIZE_BYTES_MAX_CEILING: number = 512 * 1024 * 1024

/** One entry of the sparse index for about so many bytes of records. */
export const INDEX_STEP_BYTES: number = 64 * 1024

/** Committed batches kept in memory for readers that keep up. */
export const TAIL_CACHE_SIZE_BYTES_DEFAULT: number = 16 * 1024 * 1024

/** One read answers about so many bytes at most, whatever `recordsMax` says. */
export const READ_SIZE_BYTES_MAX: number = 4 * 1024 * 1024
/** What a reader takes from the disk at a time; by how many records it wants, more for one that is larger. */
export const READ_CHUNK_BYTES_MIN: number = 128 * 1024
export const READ_CHUNK_BYTES_MAX: number = 1024 * 1024
export const READ_CHUNK_BYTES_PER_RECORD = 1024

/** Below the smaller of these two, appends are refused. */
export const FREE_BYTES_MIN_DEFAULT: number = 512 * 1024 * 1024
export const FREE_SHARE_MIN_DEFAULT = 0.05
/** How often a full disk is looked at again. */
export const FREE_CHECK_INTERVAL_MS = 1000

/** Candidates behind a damaged record that are looked at to tell one in place from a misdirected one. */
export const RESYNC_LOOKAHEAD = 64

/** Ranges that reading adds to `stats().quarantined`; more are only logged. */
export const QUARANTINED_RANGES_MAX = 10_000

/** Gathered bytes that are handed to the writer before the turn of the event loop ends. */
export const EARLY_WRITE_SIZE_BYTES: number = 128 * 1024

/** Batches that the writer may have before it. */
export const WRITES_OUTSTANDING_MAX = 4
