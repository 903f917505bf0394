// Bounds of the transform room; the first four are those of EventBridge.

export const PATHS_MAX = 100
export const PATH_LENGTH_MAX = 256
export const TEMPLATE_LENGTH_MAX = 8192
export const CONSTANT_LENGTH_MAX = 8192

/** What one transform may make of one event. */
export const BODY_SIZE_BYTES_MAX = 4_194_304

/** Levels of nesting in a constant, and in what a template makes. */
export const BODY_DEPTH_MAX = 1000
