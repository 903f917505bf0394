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

/** An API destination's request, as on AWS; the token request of its connection has as long. */
export const DESTINATION_TIMEOUT_MS = 5_000

/** What a token endpoint may answer. */
export const TOKEN_ANSWER_BYTES_MAX: number = 64 * 1024

/** Characters of a token. */
export const TOKEN_LENGTH_MAX: number = 16 * 1024

/** Tokens that are kept. */
export const TOKENS_MAX = 10_000

/** How long a token is kept that does not say how long it is good. */
export const TOKEN_LIFE_MS = 3_600_000

/** A token is renewed when this part of its life is left, or this long before its end, whichever is later. */
export const TOKEN_RENEWAL_PART = 0.1
export const TOKEN_RENEWAL_MS = 60_000

/** The largest record of a broker that becomes an event; a larger one is rejected. */
export const SOURCE_EVENT_BYTES_MAX: number = 1024 * 1024

/** What of a rejected record stands in the event that says so. */
export const REJECTED_DATA_BYTES_MAX: number = 256 * 1024

/** How long a source waits for a server that has no room and does not say how long. */
export const SOURCE_RETRY_MS = 1000

/** How long a source that lost its broker waits before it tries again. */
export const SOURCE_BACKOFF = { delayMsMin: 500, delayMsMax: 15_000, jitter: 0.2 } as const

/** A source that read this long begins again with the shortest pause. */
export const SOURCE_STEADY_MS = 60_000

/** How often secrets of a broker are looked at. */
export const SECRET_POLL_MS = 2000

/** One request to a bucket. */
export const BLOB_REQUEST_TIMEOUT_MS = 15_000

/** A schema registry's answer, from the first look-up to its last byte. */
export const REGISTRY_TIMEOUT_MS = 5_000

/** What is read of one object of a bucket. */
export const BLOB_BYTES_MAX: number = 64 * 1024 * 1024

/** Hundreds of events in one request to a cluster take longer than a moment. */
export const BROKER_SLOW_MS = 500

/**
 * Of one thread that speaks to brokers, in MB, beside the bytes of events: a small space for what is young keeps it from
 * growing to a hundred. The other bound is far above what a thread holds: the nearer it is, the sooner V8 marks the whole
 * heap again, and near it that cost more than all the work of the thread. A thread that needs more dies, and another goes on.
 */
export const THREAD_MEMORY = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 2048 } as const

/** Slabs that are kept for the next batches: about as many as are under way at once; and bytes of the largest. */
export const SLABS_KEPT = 16
export const SLAB_BYTES_KEPT: number = 8 * 1024 * 1024
