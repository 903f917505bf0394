// Bounds of this room.

export const CONNECTIONS_MAX = 16
/** An answer that is not a stream. */
export const ANSWER_SIZE_BYTES_MAX: number = 64 * 1024 * 1024
export const REQUEST_TIMEOUT_MS = 30_000
/** A stream beats every ten seconds; this long without a byte means that nobody is there. */
export const STREAM_SILENCE_MS = 35_000
/** One message of a stream. */
export const MESSAGE_LENGTH_MAX: number = 4 * 1024 * 1024
