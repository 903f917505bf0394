// Bounds of the NATS listener.

/** Of one message, headers and payload together; clients are told so. */
export const PAYLOAD_BYTES_MAX: number = 1024 * 1024

/** Of the line that begins an operation. */
export const CONTROL_LINE_BYTES_MAX = 4096

export const CONNECTIONS_MAX = 256

/** Of one connection. */
export const SUBSCRIPTIONS_MAX = 10_000

/** What may wait to be written to one connection; past it the subscriber is too slow and is cut off. */
export const PENDING_BYTES_MAX: number = 4 * 1024 * 1024

/** Messages of one connection that go to the log together. */
export const BATCH_MESSAGES_MAX = 1000

/** How long a client that must say who it is may take. */
export const AUTH_TIMEOUT_MS = 2000

/** How often a silent client is asked whether it is there, and how many times in vain. */
export const PING_INTERVAL_MS = 120_000
export const PINGS_OUTSTANDING_MAX = 2
