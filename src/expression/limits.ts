// Bounds of the expression room.

/** Characters of an expression (AWS). */
export const EXPRESSION_LENGTH_MAX = 256

/** The years that a cron expression can name (AWS). */
export const YEAR_MIN = 1970
export const YEAR_MAX = 2199

/** Months that one search for an occurrence looks at: every one that an expression can name. */
export const SEARCH_MONTHS_MAX: number = (YEAR_MAX - YEAR_MIN + 1) * 12

/** Years of offsets kept of one time zone. */
export const OFFSET_YEARS_MAX = 32

/** Time zones kept open; there are about 600 names. */
export const TIME_ZONES_MAX = 1024
