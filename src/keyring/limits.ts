// Bounds of the keyring.

/** Keys of one file: the one that seals, and those that are still needed to open. */
export const KEYS_MAX = 16

/** Bytes of a key file. */
export const KEY_FILE_SIZE_BYTES_MAX: number = 16 * 1024

/** Bytes of one secret: an object of Kubernetes that holds as much as one may. */
export const SECRET_SIZE_BYTES_MAX: number = 3 * 1024 * 1024

/** Bytes of the file of one secret of our own. */
export const SECRET_FILE_SIZE_BYTES_MAX: number = 16 * 1024
