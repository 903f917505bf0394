// Every bound of the object machinery.

/** How often a change that named no version is planned again when another writer was faster. */
export const CONFLICT_RETRIES_MAX: number = 20
/** Objects of one apply. */
export const APPLY_WRITES_MAX: number = 5_000
/** A page when none is asked for. */
export const LIST_LIMIT_DEFAULT: number = 500

/** Objects that a whole list reads at once when it only passes them on. */
export const TEXTS_TOGETHER_MAX = 1000
/** And passes on at once. */
export const TEXTS_PIECE = 100
/** Labels, finalizers or owners of one object. */
export const METADATA_ENTRIES_MAX: number = 100
/** All annotations of one object together, as Kubernetes bounds them. */
export const ANNOTATIONS_SIZE_BYTES_MAX: number = 256 * 1024
/** A label or field selector, characters and terms. */
export const SELECTOR_LENGTH_MAX = 8192
export const SELECTOR_TERMS_MAX = 100
/** How often another name is drawn for a `generateName` that met a taken one. */
export const GENERATED_NAME_TRIES_MAX = 8
/** A watch that was asked for bookmarks and has nothing to tell sends one this often, milliseconds. */
export const BOOKMARK_MS = 60_000
/** How long a controller waits before it looks again at an object on which it failed, milliseconds. */
export const RETRY_DELAY_MS_MIN = 50
export const RETRY_DELAY_MS_MAX = 60_000
/** How long a follower waits before it lists again after its watch broke, milliseconds. */
export const RELIST_DELAY_MS = 1000
/** How often that is doubled while nothing can be listed. */
export const RELIST_DOUBLINGS_MAX = 4
/** How often a namespace that is going is looked at, milliseconds. */
export const NAMESPACE_LOOK_MS = 200
/** How long core Events are kept after they were last said, and how often old ones are looked for, milliseconds. */
export const EVENT_AGE_MS_MAX = 3_600_000
export const EVENT_EXPIRY_MS = 60_000
/** How deep the schema of a CRD may be. */
export const SCHEMA_DEPTH_MAX = 64
/** How long kinds that a room brings are waited for between two looks, milliseconds. */
export const ESTABLISH_LOOK_MS = 5
