// Bounds of the discovery room.

/** Types of events whose shape is kept in memory; the least recently seen is forgotten, and read again. */
export const TYPES_MAX = 2000

/** Records one read of the log asks for. */
export const READ_RECORDS_MAX = 500

/** Events a second that are looked at; of a busier bus some are passed over. */
export const EVENTS_PER_SECOND_MAX = 2000

/** Records that discovery may be behind before it goes on at the end of the log. */
export const LAG_RECORDS_MAX = 20_000

/** How often its place in the log is kept, milliseconds. */
export const COMMIT_MS = 1000

/** A larger event is not learnt from. */
export const EVENT_SIZE_BYTES_MAX: number = 256 * 1024
