// Bounds of the ingress room.

/** Bytes that may wait for the disk; past them ingress answers `OVERLOADED`. */
export const PENDING_BYTES_MAX: number = 64 * 1024 * 1024

/** Records that route may be behind before new events wait for it. */
export const BACKLOG_RECORDS_MAX = 4000

/** How long an accept waits for route to catch up before it is refused, milliseconds. */
export const BACKLOG_WAIT_MS_MAX = 2000

/** Accepts that may wait at once. */
export const BACKLOG_WAITERS_MAX = 4096

/** What a refused producer is told to wait, milliseconds. */
export const RETRY_AFTER_MS = 1000

/** Entries of one generation of the dedupe window kept in memory; a generation lasts a whole window. */
export const DEDUPE_ENTRIES_MAX = 4_000_000

/** New dedupe entries are written to the store at least this often, milliseconds. */
export const DEDUPE_FLUSH_MS = 1000

/** …and as soon as this many wait. */
export const DEDUPE_FLUSH_ENTRIES = 1000

/** Records without keys after which the watermark is saved: about what a start may have to read again. */
export const DEDUPE_REPLAY_RECORDS = 20_000

/** Records one read of that replay asks for. */
export const REPLAY_RECORDS_MAX = 500

/** Places of a table of keys that is empty; a power of two. */
export const SEEN_SLOTS_MIN = 1024
