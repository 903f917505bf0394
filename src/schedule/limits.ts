// Bounds of the schedule room.

/** Occurrences this late are all fired, each once; of what is later only the latest is. Milliseconds. */
export const CATCH_UP_ALL_MS = 300_000

/** An occurrence missed by more than this is not made up for: AWS's maximum age of an event. Milliseconds. */
export const CATCH_UP_WINDOW_MS = 86_400_000

/** Firings of one append. */
export const FIRINGS_PER_BATCH_MAX = 500

/** The longest time between two looks at the clock, milliseconds: it may be set, and machines sleep. */
export const RECHECK_MS = 15_000

/** How long a batch that could not be appended waits, milliseconds. */
export const RETRY_MS = 1000

/** Age at which a sample of clock and log becomes the watermark, milliseconds. */
export const SAMPLE_AGE_MS = 10_000

/** Log records after which a watermark is worth a write even though nothing fired. */
export const SAMPLE_RECORDS_MIN = 10_000
