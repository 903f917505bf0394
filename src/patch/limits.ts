// Bounds of patches.

/** Operations of one JSON patch, as the real server bounds them. */
export const OPERATIONS_MAX = 10_000
