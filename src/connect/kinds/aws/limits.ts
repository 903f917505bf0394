// Bounds of AWS targets.

/** Calls to one target at once. */
export const AWS_CONCURRENCY_MAX = 64

/** Bytes of an answer that are read before the call is given up. */
export const AWS_ANSWER_BYTES_MAX: number = 1024 * 1024

/** The same of an answer with records: ten MiB of them (AWS), in Base64. */
export const STREAM_ANSWER_BYTES_MAX: number = 16 * 1024 * 1024

/** Open connections to one endpoint. */
export const AWS_CONNECTIONS_MAX = 64

/** SDK clients kept, one per service, region and account. */
export const AWS_CLIENTS_MAX = 200

/** Log streams known to exist. */
export const LOG_STREAMS_MAX = 1000

/** Characters of an error's message that a dead letter repeats. */
export const AWS_MESSAGE_LENGTH_MAX = 500

/** Shards of a stream that a pipe reads. */
export const STREAM_SHARDS_MAX = 1000

/** Records of one batch of a stream: AWS's default and bound. */
export const STREAM_RECORDS_DEFAULT = 100
export const STREAM_RECORDS_MAX = 10_000

/** Records that one call for those of a table may ask for (AWS). */
export const TABLE_RECORDS_MAX = 1000

/** Bytes after which a batch waits for no more. */
export const STREAM_BATCH_BYTES_MAX: number = 5 * 1024 * 1024

/** Seconds that a batch may wait for company (AWS). */
export const STREAM_WINDOW_SECONDS_MAX = 300

/** How often a shard without records is asked, milliseconds, as AWS does it. */
export const STREAM_POLL_MS = 1000

/** How often is looked for new shards, milliseconds. */
export const STREAM_SHARDS_MS = 30_000
