// Every bound of the Kubernetes dialect.

/** Of messages within each other; a pod's are eight deep. */
export const PROTOBUF_DEPTH_MAX = 32

/** How long a watch lasts that says nothing of it, at least, seconds; up to twice that, as the real server has it. */
export const WATCH_SECONDS_MIN = 1800

/** Of a watch that names a time itself. */
export const WATCH_SECONDS_MAX = 86_400

/** Of what a warning says, characters. */
export const WARNING_LENGTH_MAX = 1024

/** Warnings of one answer. */
export const WARNINGS_MAX = 50

/** Of a field manager's name, characters. */
export const MANAGER_LENGTH_MAX = 128

/** Objects that a `deletecollection` reads at once. */
export const DELETE_PAGE = 500
