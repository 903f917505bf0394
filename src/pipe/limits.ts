// Bounds of the pipe room.

/** Batches of one pipe that are under way at once; the next is read when one of them has ended. */
export const EXECUTIONS_MAX = 5

/** Bytes of one call that takes a whole batch; a function takes 6 MiB. A larger batch goes in several calls. */
export const CALL_SIZE_BYTES_MAX: number = 5 * 1024 * 1024

/** Calls of one batch that are under way at once, where each event is a call. */
export const CALLS_MAX = 8

/** What a pipe waits after batches of which nothing was taken, and while its source cannot be read. */
export const BACKOFF: {
  readonly delayMsMin: number
  readonly delayMsMax: number
  readonly jitter: number
} = {
  delayMsMin: 200,
  delayMsMax: 10_000,
  jitter: 0.2,
}

/** Characters of an execution's data in a log line. */
export const LOGGED_LENGTH_MAX = 4096
