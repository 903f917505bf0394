// Bounds of this room.

/** What one step takes at most. */
export const STEP_MAX = 100

/** Operations that run at once, and those kept to be looked at, the oldest ended ones going first. */
export const RUNNING_MAX = 100
export const KEPT_MAX = 1000

/** A second. */
export const RATE_MAX = 10_000

/** How long after a step that failed the next is tried, and how often in a row before the operation has failed. */
export const RETRY_MS = 1000
/** The longest pause of one that is patient. */
export const RETRY_MS_MAX = 30_000
export const RETRIES_MAX = 5
