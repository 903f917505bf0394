// Every bound of the job room.

const SECOND_MS = 1000
const MIB = 1024 * 1024

/** Before the pod of a failed one is made again: doubled with each failure in a row. */
export const POD_BACKOFF_MS_MIN: number = 10 * SECOND_MS
export const POD_BACKOFF_MS_MAX: number = 600 * SECOND_MS

/** Before a container is started again in the same pod. */
export const CRASH_BACKOFF_MS_MIN: number = 10 * SECOND_MS
export const CRASH_BACKOFF_MS_MAX: number = 300 * SECOND_MS

/** Before an image that cannot be had, or a variable that cannot be made, is tried again. */
export const PREPARE_BACKOFF_MS_MIN: number = SECOND_MS
export const PREPARE_BACKOFF_MS_MAX: number = 300 * SECOND_MS

/** Pods that one look at a job makes. */
export const PODS_CREATED_MAX = 50

/** Jobs looked at at once. */
export const JOB_WORKERS = 4

/** Pods that run at once; more wait until one has ended. */
export const PODS_RUNNING_MAX = 110

/** Pods looked at at once. */
export const POD_WORKERS = 8

/** Of what one run of a container has said; what was said first goes when there is more. */
export const LOG_SIZE_BYTES_MAX: number = 10 * MIB

/** Of one line; a longer one is told in parts. */
export const LOG_LINE_BYTES_MAX: number = 16 * 1024

/** Runs of a container whose logs are kept: the present one, and the one before. */
export const LOG_RUNS_MAX = 2

/** How long podman may take to answer whether it can run anything, and for a short command. */
export const PODMAN_PROBE_MS: number = 20 * SECOND_MS
export const PODMAN_COMMAND_MS: number = 30 * SECOND_MS
export const PODMAN_PULL_MS: number = 600 * SECOND_MS
