// Bounds of this room.

/** How long a write of a role or a binding waits until it is what questions are answered from, milliseconds. */
export const SEEN_MS_MAX = 5000
/** Rules of one role that count; what is beyond them grants nothing. */
export const RULES_MAX = 10_000
/** Characters of a token. */
export const TOKEN_LENGTH_MAX = 8192
/** How long a token of a service account is good, when nothing else is asked, and at least and most. */
export const TOKEN_AGE_SECONDS_DEFAULT = 3600
export const TOKEN_AGE_SECONDS_MIN = 600
export const TOKEN_AGE_SECONDS_MAX: number = 2 ** 32
/** What an address may show that is not good, within so many milliseconds, before it is told to stop. */
export const GUESSES_MAX = 10
export const GUESS_WINDOW_MS = 60_000
/** Addresses of which it is known; the oldest are forgotten. */
export const GUESSING_ADDRESSES_MAX = 10_000
