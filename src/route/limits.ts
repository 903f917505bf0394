// Bounds of the route room.

/** Positions past the committed cursor that may be under way: the most that a crash can deliver twice. */
export const WINDOW_POSITIONS_MAX = 1000

/** Records one read of the log may answer. */
export const READ_RECORDS_MAX = 500

/** Settled positions that commit the cursor at once. */
export const COMMIT_POSITIONS = 250

/** How often a full window asks again for what holds it back to be spilled, milliseconds. */
export const SPILL_RETRY_MS = 50
