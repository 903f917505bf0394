// Bounds of the page.

/** Rows kept; older ones go. The log has them all. */
export const ROWS_MAX = 500
/** Seconds that the sparkline shows. */
export const RATE_SECONDS_MAX = 60
export const PAYLOAD_LENGTH_MAX = 200_000
