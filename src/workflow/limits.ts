// Every bound of the workflow room.

/** Characters of a template's text, and of what becomes of it. */
export const TEMPLATE_LENGTH_MAX: number = 1024 * 1024
export const STEPS_MAX = 200
/** Of all steps of one workflow. */
export const RESOURCES_MAX = 1000
/** Where a path may point in a list. */
export const LIST_INDEX_MAX = 1000
/** Entries of one run's history that are kept; the oldest go. */
export const HISTORY_MAX = 500
/** Runs of a workflow that are kept in short, beside the current one. */
export const RUNS_MAX = 10
/** How long the resources of one step may take when the step does not say, milliseconds. */
export const RESOURCES_TIMEOUT_MS: number = 30 * 60_000
/** How long a Job may take when the step does not say, milliseconds. */
export const JOB_TIMEOUT_MS: number = 60 * 60_000
/** How long a call may take when the step does not say, milliseconds. */
export const CALL_TIMEOUT_MS = 30_000
/** What of a step's output is kept, characters of JSON. */
export const OUTPUT_LENGTH_MAX: number = 16 * 1024
/** Objects of which it is known that they are as they were applied. */
export const HELD_MAX = 100_000
/** A message in a status. */
export const MESSAGE_LENGTH_MAX = 2048
/** How many objects of one kind are brought into agreement at once. */
export const WORKFLOW_WORKERS = 16
export const EVENT_WORKERS = 16
export const MANAGED_WORKERS = 8
/** How long to wait before an object that was refused is applied again, milliseconds. */
export const REFUSED_RETRY_MS_MIN = 1000
export const REFUSED_RETRY_MS_MAX = 60_000
/** How often what is being deleted is looked at, milliseconds. */
export const GOING_LOOK_MS = 1000
/** How often a claim's own core Event is said again, before it would be forgotten, milliseconds. */
export const POINTER_MS: number = 20 * 60_000
/** Workflows of a scheduled Event that are kept. */
export const SCHEDULED_RUNS_MAX = 10
/** How long one call of a provider may take, milliseconds. */
export const PROVIDER_TIMEOUT_MS = 30_000
/** How often a thing that is on its way is looked at, and one that is there, milliseconds. */
export const PENDING_LOOK_MS = 2000
export const READY_LOOK_MS: number = 10 * 60_000
/** How long to wait after a provider failed, milliseconds: the longer the more often. */
export const PROVIDER_RETRY_MS_MIN = 1000
export const PROVIDER_RETRY_MS_MAX = 60_000
