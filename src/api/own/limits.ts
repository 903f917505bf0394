// Bounds of our own API and of the metrics.

/** Label combinations of one metric; what comes after them is counted under `other`. */
export const SERIES_MAX = 500
export const LABEL_LENGTH_MAX = 200

/** Live tails open at once; each reads the log. */
export const TAILS_MAX = 64
/** Items a second that one tail sends before it begins to sample. */
export const TAIL_ITEMS_PER_SECOND_MAX = 200
/** Items that wait for a slow reader of a tail. */
export const TAIL_QUEUE_LENGTH_MAX = 500
/** A larger envelope is announced by its size alone. */
export const TAIL_ENVELOPE_SIZE_BYTES_MAX: number = 256 * 1024
export const TAIL_HEARTBEAT_MS = 10_000
export const TAIL_STATS_MS = 1000

export const PAGE_LENGTH_DEFAULT = 100
export const PAGE_LENGTH_MAX = 1000
export const PATTERN_LENGTH_MAX = 8192

/** Dead deliveries of one call; each is held in memory with its event. */
export const DEAD_PER_CALL_MAX = 100

/** Messages of a queue that are looked at in one call, and characters of each body that a list shows. */
export const QUEUE_MESSAGES_PER_CALL_MAX = 100
export const QUEUE_BODY_CHARACTERS_SHOWN = 2000

/** How long a token or a certificate may be good, days. */
export const TOKEN_DAYS_MAX = 3650
