// Bounds of this room.

/** How long a write of a role or a binding waits until it is what questions are answered from, milliseconds. */
export const SEEN_MS_MAX = 5000
/** Rules of one role that count; what is beyond them grants nothing. */
export const RULES_MAX = 10_000
