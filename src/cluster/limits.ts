// Bounds of the cluster room.

/** Bytes of a kubeconfig, and of each file that it names. */
export const KUBECONFIG_BYTES_MAX: number = 1024 * 1024

/** Bytes of one answer, and of one line of a watch. */
export const ANSWER_BYTES_MAX: number = 64 * 1024 * 1024

/** How long a call may take in all, milliseconds. */
export const CALL_MS_MAX = 30_000

/** How long a connection may take to be there, milliseconds. */
export const CONNECT_MS_MAX = 10_000

/** Connections at once to one cluster; a watch keeps one to itself. */
export const CONNECTIONS_MAX = 128

/** Objects asked for at a time; longer lists come in pages. */
export const PAGE_LIMIT = 500

/** How long a watch may last before it is begun anew where it was, seconds. */
export const WATCH_SECONDS = 300

/** A watch that the server did not end this long after its time is dead, milliseconds. */
export const WATCH_GRACE_MS = 30_000

/** Between two attempts to go on with a watch, milliseconds. */
export const WATCH_RETRY_MS_MIN = 200
export const WATCH_RETRY_MS_MAX = 10_000

/** Kinds that a cluster does not serve are asked for again after this, milliseconds. */
export const UNKNOWN_KIND_MS = 1000

/** What a cluster serves is asked for again after this, milliseconds. */
export const KNOWN_KIND_MS = 600_000

/** How long a token from a file counts, milliseconds: clusters put a new one there long before the old one ends. */
export const TOKEN_FILE_MS = 60_000

/** How long a program that makes credentials may take, milliseconds, and bytes that it may print. */
export const PROGRAM_MS_MAX = 60_000
export const PROGRAM_BYTES_MAX: number = 1024 * 1024

/** A connection on which nothing comes is asked whether it is still there after this, milliseconds. */
export const KEEP_ALIVE_MS = 30_000

/** What a program made counts at least so long, milliseconds, whatever it says. */
export const PROGRAM_MS_MIN = 1000
