// Bounds and defaults of the deliver room.

import type { Backoff } from '../base/index.ts'
import type { RetryPolicy } from '../model/index.ts'

/** Retries, and how long after its first attempt, where a target does not say: AWS's defaults and maxima. */
export const RETRY_DEFAULTS: Required<RetryPolicy> = { attemptsMax: 185, ageSecondsMax: 86_400 }

/** Delay before retry n: 1 s doubling to 480 s, ±20 %; 185 of them fill just under 24 hours. */
export const RETRY_BACKOFF: Backoff = { delayMsMin: 1000, delayMsMax: 480_000, jitter: 0.2 }

/** The longest that a target's Retry-After is believed, milliseconds. */
export const RETRY_AFTER_MS_MAX = 3_600_000

/** A delivery that has not ended after this long gives up its place in the window for a row, milliseconds. */
export const UNSETTLED_MS_MAX = 1000

/** When the window is full, what has held its place this long is spilled, milliseconds. */
export const SPILL_AGE_MS = 100

/** How long a spilled delivery that was not attempted yet waits in its row, milliseconds. */
export const SPILLED_DUE_MS = 500

/** Rows of one target claimed into memory at once. */
export const CLAIMED_ROWS_MAX = 500

/** How often a target with pending rows is looked at even when no timer says so, milliseconds. */
export const RECHECK_MS = 5000

/** First-try successes recorded in the attempt history per second; failures always are. */
export const SUCCESSES_RECORDED_PER_SECOND = 100

/** Characters of a target's error text that are kept. */
export const ERROR_MESSAGE_LENGTH_MAX = 1024
