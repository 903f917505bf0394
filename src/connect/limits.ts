// Bounds of the connect room.

/** For a connection to be made, TLS and name included. */
export const CONNECT_TIMEOUT_MS = 5_000

/** Addresses of one name that are looked at; a name with more is refused. */
export const ADDRESSES_MAX = 64

/** What is read of a target's answer before the connection is given up. */
export const ANSWER_BYTES_MAX: number = 64 * 1024

/** What an invocation takes as an answer; the payload of a function has the same maximum. */
export const INVOKE_ANSWER_BYTES_MAX: number = 6 * 1024 * 1024

/** What of it is kept to say why a delivery failed. */
export const ANSWER_BYTES_SHOWN = 256

export const ANSWER_HEADER_BYTES_MAX: number = 16 * 1024

/** Requests to one URL at once. */
export const HTTP_CONCURRENCY_MAX = 64

/** One attempt, from the first look-up to the last byte of the answer; API destinations of AWS have 5 s. */
export const HTTP_ATTEMPT_TIMEOUT_MS = 5_000

/** An idle connection is closed after this. */
export const HTTP_IDLE_MS = 10_000

/** Messages that one call of the log sink prints. */
export const LOG_BATCH_MAX = 100
