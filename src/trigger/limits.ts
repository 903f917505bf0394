// Bounds of the trigger room.

/** Records of the log that are looked at together. */
export const READ_RECORDS_MAX = 200

/** How often the place in the log is written at least, milliseconds. */
export const COMMIT_MS = 500

/** After an event could not be dealt with, or a profile failed, milliseconds. */
export const RETRY_MS = 1000

/** What could not be deployed is looked at again after, milliseconds. */
export const FAILED_LOOK_MS = 10_000

/** Where drift is mended, objects are looked at every so often, milliseconds. */
export const DRIFT_LOOK_MS = 30_000

/** An object that is on its way out is waited for, milliseconds per look and looks. */
export const GONE_LOOK_MS = 25
export const GONE_LOOKS_MAX = 400

/** Events that a trigger without `oneForEvent` has together. */
export const EVENTS_TOGETHER_MAX = 100

/** Objects that one profile deploys. */
export const DOCUMENTS_MAX = 500

/** Rendered manifests that are kept with a profile, characters. */
export const MANIFESTS_LENGTH_MAX = 524_288

/** How often one EventSource says that it received something, milliseconds. */
export const SAYING_MS = 1000

/** How long a trigger's status may lag behind its profiles, milliseconds. */
export const STATUS_MS = 100

/** Clusters in a status. */
export const STATUS_ENTRIES_MAX = 100

/** How often a write that somebody else was faster with is tried again. */
export const CONFLICTS_MAX = 10

/** What one evaluation of a rule or a script over one object may take, milliseconds; then it is stopped. */
export const EVALUATION_MS_MAX = 250

/** What all evaluations of one look at an EventSource may take, milliseconds. */
export const LOOK_MS_MAX = 1000

/** Nodes of a CEL expression, and how deep they may lie. */
export const RULE_NODES_MAX = 1000
export const RULE_DEPTH_MAX = 60

/** Rules and scripts that are kept ready. */
export const RULES_KEPT_MAX = 256
export const SCRIPTS_KEPT_MAX = 16

/** What one script's values may take. */
export const SCRIPT_MEMORY_BYTES_MAX = 16_777_216

/** Objects that one EventSource has matched. */
export const MATCHES_MAX = 1000

/** Patches that one trigger lays on what it deploys. */
export const PATCHES_MAX = 100
