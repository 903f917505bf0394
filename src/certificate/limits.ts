// Bounds of certificates, all times in milliseconds.

const DAY_MS = 86_400_000

export const AUTHORITY_AGE_MS: number = 3650 * DAY_MS
/** An authority with less left than this is made anew at the next start. */
export const AUTHORITY_LEFT_MS_MIN: number = 365 * DAY_MS
export const SERVER_AGE_MS: number = 90 * DAY_MS
/** How long a certificate of the server is used before the next one is made; a timer can wait for 24 days. */
export const SERVER_RENEWAL_MS: number = 20 * DAY_MS
export const CLIENT_AGE_MS_MAX: number = 3650 * DAY_MS
export const SIGNER_AGE_MS: number = 730 * DAY_MS
/** With less left than this another is made; what was signed is to be verified for as long. */
export const SIGNER_LEFT_MS_MIN: number = 365 * DAY_MS
/** Certificates of before that are shown. */
export const SIGNING_CERTIFICATES_MAX = 100
/** Of the last texts that were signed. */
export const SIGNATURES_KEPT = 256
/** How much slower a clock may be that looks at a new certificate. */
export const SKEW_MS: number = 3_600_000
/** A file of this room. */
export const FILE_SIZE_BYTES_MAX: number = 64 * 1024
/** Names and addresses of one server. */
export const HOSTS_MAX = 100
