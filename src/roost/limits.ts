// Bounds of the roost room.

import type { Backoff } from '../base/index.ts'

/** Bytes of a configuration text. */
export const SETTINGS_BYTES_MAX: number = 256 * 1024

/** Faults that are told of one configuration. */
export const SETTINGS_FAULTS_MAX = 100

/** Events of one roost that wait to be published; beyond them what happens is told as one change when they are out. */
export const PENDING_PER_ROOST_MAX = 100

/** Roosts whose events are on their way at once. */
export const PUBLISH_CONCURRENCY = 32

/** What is done for one trigger with a selector. */
export const TARGETS_MAX = 1000

/** Records of one batch of a consumer, and bytes. */
export const CONSUME_RECORDS_MAX = 100
export const CONSUME_BYTES_MAX: number = 4 * 1024 * 1024

/** How often a consumer says how far it is behind. */
export const LAG_POLL_MS = 5000

/** A consumer that lost its cluster, and a publisher that nobody takes letters from, come again after this. */
export const RECONNECT: Backoff = { delayMsMin: 500, delayMsMax: 15_000, jitter: 0.2 }

/** Dead letters that a list shows at once, and that one pass tries again. */
export const LETTERS_PER_CALL_MAX = 1000

/** What is sealed in one piece. */
export const SEALED_PIECE_CHARACTERS: number = 64 * 1024

/** Ids of events that were obeyed are remembered so long, and so many. */
export const OBEYED_AGE_MS: number = 7 * 24 * 3_600_000
export const OBEYED_MAX = 10_000

/** Event types that metrics tell apart; the rest are `other`. */
export const METRIC_TYPES_MAX = 64

/** How long a recording waits for company. */
export const RECORDING_LINGER_MS = 100

/** Handlers of one topic. */
export const SUBSCRIPTIONS_MAX = 64

/** How long stopping waits for what is on its way to the cluster. */
export const STOP_MS = 5000
