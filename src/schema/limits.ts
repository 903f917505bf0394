// Bounds of the schema room.

/** Characters of a schema's content (AWS). */
export const CONTENT_LENGTH_MAX = 100_000

/** Levels of a document that are walked; what AWS discovers is up to 255 levels deep, two of ours each. */
export const DOCUMENT_DEPTH_MAX = 600

/** Levels of an event that inference follows (AWS); below, anything is allowed. */
export const INFERENCE_DEPTH_MAX = 255

/** Properties that inference names of one object; an object with more is a map of one kind of value. */
export const INFERRED_PROPERTIES_MAX = 500

/** Faults of one event that are told. */
export const FAULTS_MAX = 20

/** Changes between two versions that are listed. */
export const CHANGES_MAX = 200

/** Compiled validators kept. */
export const VALIDATORS_MAX = 500

/** Characters of a `pattern`. */
export const PATTERN_LENGTH_MAX = 1000

/** Instructions of a compiled `pattern`; a test takes at most so many steps a character. */
export const PATTERN_PROGRAM_MAX = 1000

/** Characters of a text that a `pattern` is tried on; a longer one does not match. */
export const PATTERN_TEXT_LENGTH_MAX = 65_536

/** Alternatives of an `anyOf` whose pairs are compared. */
export const BRANCHES_MAX = 50

/** Keywords of one search. */
export const KEYWORDS_MAX = 20

/** Levels of the example that is made of a schema. */
export const EXAMPLE_DEPTH_MAX = 12

/** Comparisons of two schemas that one comparison of documents may take. */
export const COMPARISONS_MAX = 50_000
