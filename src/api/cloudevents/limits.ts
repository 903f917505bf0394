// Bounds of the CloudEvents dialect.

/** Of one event as it lies in the log. */
export const EVENT_BYTES_MAX: number = 1024 * 1024
