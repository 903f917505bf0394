// Bounds of this room.

/** A file is followed by the next one at this size. */
export const FILE_BYTES_MAX: number = 4 * 1024 * 1024

/** Records may wait this long for company before they are written, milliseconds. */
export const WRITE_DELAY_MS = 100

/** What waits to be written; beyond it records are lost, and counted. */
export const WAITING_RECORDS_MAX = 50_000

/** Characters of a text in a record; more is cut off. */
export const TEXT_LENGTH_MAX = 500

/** Lines that one page looks at, whether they are wanted or not. */
export const LINES_PER_PAGE_MAX = 20_000

/** How often what is too old is looked for, milliseconds. */
export const TEND_MS: number = 10 * 60_000
