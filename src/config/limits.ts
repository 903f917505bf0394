// Bounds of this room.

export const CONFIG_FILE_SIZE_BYTES_MAX: number = 1024 * 1024
export const CONFIG_FAULTS_MAX = 100
export const FUNCTIONS_MAX = 1000
export const CONNECTORS_MAX = 1000
export const PROGRAMS_MAX = 1000
export const ACCESS_KEYS_MAX = 10_000
/** An unknown name this many edits away from a known one is taken for a slip. */
export const SUGGESTION_DISTANCE_MAX = 3
