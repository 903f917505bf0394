// The bounds of the store. What does not fit is refused with a code, never silently cut.

/** One `rows.write`. */
export const ROW_WRITES_MAX = 10_000
/** The JSON text of one row. */
export const ROW_VALUE_SIZE_BYTES_MAX: number = 8 * 1024 * 1024
/** Kind, namespace or name. */
export const ROW_KEY_LENGTH_MAX = 512
/** The largest page a caller may ask for; a list without a limit answers everything. */
export const ROW_PAGE_LIMIT_MAX = 10_000
/** Rows that a list takes from the database together. */
export const CHUNK_ROWS_MAX = 1000
/** Changes read from the store at a time, for a watcher that is behind. */
export const WATCH_PAGE_LIMIT = 500
/** Changes kept in memory for one watcher before it is served from the store again. */
export const WATCH_BUFFER_LENGTH_MAX = 1_000
/** Requests handed to a worker and not yet answered. */
export const REQUESTS_PENDING_MAX = 20_000
/** Requests that share one transaction. */
export const TRANSACTION_REQUESTS_MAX = 1_000
/** Bytes of blobs that share one transaction: bounds the memory and the time of one commit. */
export const TRANSACTION_SIZE_BYTES_MAX: number = 16 * 1024 * 1024
/** Rows that one transaction of a purge, prune or expiry deletes, so that others are not kept waiting. */
export const DELETE_SLICE_ROWS = 2_000
/** Messages that one receive moves to the dead-letter queue before it answers. */
export const RECEIVE_MOVES_MAX = 1_000

/** How long a commit that follows from the log alone may wait for an fsync, milliseconds. */
export const DEFERRED_MS_MAX = 50

/** Deliveries to the outside that such commits may stand for: a power cut would repeat them. */
export const DEFERRED_EXPOSED_MAX = 250

/** Rows one page asks for when everything of a kind is read. */
export const LIST_ALL_PAGE_LIMIT = 1000
