// Every bound of the queue room. Those that SQS states are its own numbers:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html

export const MESSAGE_SIZE_BYTES_MIN = 1024
/** SQS's ceiling since August 2025, and the default of a queue that sets none. */
export const MESSAGE_SIZE_BYTES_MAX: number = 1024 * 1024
export const BATCH_SIZE_BYTES_MAX: number = 1024 * 1024
export const RECEIVE_MESSAGES_MAX = 10
export const VISIBILITY_TIMEOUT_SECONDS_MAX = 43_200
export const DELAY_SECONDS_MAX = 900
export const WAIT_SECONDS_MAX = 20
export const RETENTION_SECONDS_MIN = 60
export const RETENTION_SECONDS_MAX = 1_209_600
export const RECEIVE_COUNT_MAX = 1000
export const MESSAGE_ATTRIBUTES_MAX = 10
export const ATTRIBUTE_NAME_LENGTH_MAX = 256
export const GROUP_ID_LENGTH_MAX = 128
export const DEDUPLICATION_WINDOW_MS: number = 5 * 60 * 1000

/** Long polls that may wait on one queue; one more is throttled. */
export const WAITERS_MAX = 10_000
/** How often expired messages and stale deduplication ids are dropped. */
export const EXPIRY_INTERVAL_MS = 60_000

/** Messages, and bytes of their bodies, that a pipe takes at once; Lambda's payload is the measure of the second. */
export const SOURCE_MESSAGES_MAX = 10_000
export const SOURCE_BATCH_SIZE_BYTES_MAX: number = 2 * 1024 * 1024
export const SOURCE_WINDOW_SECONDS_MAX = 300

/** Statements of one access policy, and actions of one statement. */
export const PERMISSIONS_MAX = 20
export const PERMISSION_ACTIONS_MAX = 7

/** Messages that a move task moves at once, how long they are hidden meanwhile, and how many a second at most. */
export const MOVE_BATCH_MAX = 10
export const MOVE_HIDDEN_MS = 60_000
export const MOVE_RATE_MAX = 500
/** Move tasks remembered, and shown at once. */
export const MOVE_TASKS_KEPT_MAX = 1000
export const MOVE_TASKS_LISTED_MAX = 10
