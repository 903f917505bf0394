// Bounds of the kafka kind.

/** Bytes of one answer to a fetch, and of one partition in it. */
export const FETCH_BYTES_MAX: number = 8 * 1024 * 1024
export const FETCH_PARTITION_BYTES_MAX: number = 2 * 1024 * 1024

/** How long a broker that has nothing waits before it says so. */
export const FETCH_WAIT_MS = 500

/** Records of a source that are under way into the log at once: what may come twice after a crash. */
export const SOURCE_RECORDS_MAX = 1000
export const SOURCE_BYTES_MAX: number = 4 * 1024 * 1024

/** Records read ahead that wait to be taken, and their bytes. */
export const READ_AHEAD_RECORDS_MAX = 2000
/** Of a group's members, who read batches: many may be of a single record. */
export const READ_AHEAD_BATCHES_MAX = 200
export const READ_AHEAD_BYTES_MAX: number = 16 * 1024 * 1024

/** How often a source asks how far it is behind. */
export const LAG_POLL_MS = 2000

/** A member of a group that says nothing for so long is taken for gone. */
export const SESSION_TIMEOUT_MS = 10_000
export const REBALANCE_TIMEOUT_MS = 30_000
export const HEARTBEAT_MS = 3000

export const REQUEST_TIMEOUT_MS = 15_000

/** Records that wait for a producer; beyond them a send is told to come back. */
export const PRODUCER_RECORDS_MAX = 50_000
export const PRODUCER_BYTES_MAX: number = 64 * 1024 * 1024

/** Bytes of one produce request, where nothing else is said. */
export const BATCH_BYTES: number = 512 * 1024
export const LINGER_MS = 0

/**
 * Messages that deliver hands over in one send, and how many sends at once: most are smaller, and with few of them the
 * next batch waited for the cluster's answer while the producer had nothing to gather.
 */
export const SEND_RECORDS_MAX = 500
export const SEND_CONCURRENCY = 12

/** Records of one batch of a pipe, and bytes, as on AWS. */
export const PIPE_RECORDS_DEFAULT = 100
export const PIPE_RECORDS_MAX = 10_000
export const PIPE_BYTES_MAX: number = 6 * 1024 * 1024
export const PIPE_WINDOW_SECONDS_MAX = 300

/** Topics and groups that are shown of a cluster. */
export const TOPICS_SHOWN_MAX = 1000
export const GROUPS_SHOWN_MAX = 500

/** How long the newest records of a topic are read at most. */
export const PEEK_MS_MAX = 5000
