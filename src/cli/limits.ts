// Bounds of this room.

export const EMIT_COUNT_MAX = 10_000_000
/** Events of one request, and requests at once, when many are sent. */
export const EMIT_BATCH_MAX = 50
export const EMIT_REQUESTS_MAX = 8
export const EMIT_RATE_MAX = 1_000_000
export const EVENT_TEXT_LENGTH_MAX: number = 16 * 1024 * 1024
/** Rules, and events of a rule, that one explanation lists. */
export const EXPLAINED_RULES_MAX = 1000
export const EXPLAINED_EVENTS_SHOWN_MAX = 10
export const RECONNECT_MS_MIN = 250
export const RECONNECT_MS_MAX = 5000
export const CONSOLE_BUILD_MS_MAX = 120_000
/** Below this much free space doctor warns. */
export const FREE_BYTES_MIN: number = 512 * 1024 * 1024
export const FSYNC_SLOW_MS = 50
export const FSYNC_TRIES = 10
export const CLOCK_SKEW_MS_MAX = 5000
/** Occurrences that `schedule next` shows when it is not told how many, and at most. */
export const PREVIEW_COUNT_DEFAULT = 10
export const PREVIEW_COUNT_MAX = 1000

/** Events of an archive that are shown when nothing else is asked; also those of one page. */
export const ARCHIVED_EVENTS_DEFAULT = 100

/** How often a replay that is watched is asked how far it came, milliseconds. */
export const REPLAY_WATCH_MS = 200
/** Types of events in one generated file. */
export const GENERATED_EVENTS_MAX = 2000

/** How often `types generate --watch` looks, milliseconds. */
export const TYPES_WATCH_MS = 1000

/** Records of the audit log that one call answers, and how often it is asked for more, milliseconds. */
export const AUDIT_PAGE = 500
export const AUDIT_FOLLOW_MS = 500

/** How often an operation that is watched is asked how far it came, milliseconds. */
export const OPERATION_WATCH_MS = 200

/** Dead deliveries a second that may be asked for. */
export const DEAD_RATE_MAX = 10_000

/** How often a workflow that is watched is looked at, milliseconds. */
export const FLOW_WATCH_MS = 300
