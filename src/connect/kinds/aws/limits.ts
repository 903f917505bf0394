// Bounds of AWS targets.

/** Calls to one target at once. */
export const AWS_CONCURRENCY_MAX = 64

/** Bytes of an answer that are read before the call is given up. */
export const AWS_ANSWER_BYTES_MAX: number = 1024 * 1024

/** Open connections to one endpoint. */
export const AWS_CONNECTIONS_MAX = 64

/** SDK clients kept, one per service, region and account. */
export const AWS_CLIENTS_MAX = 200

/** Log streams known to exist. */
export const LOG_STREAMS_MAX = 1000

/** Characters of an error's message that a dead letter repeats. */
export const AWS_MESSAGE_LENGTH_MAX = 500
