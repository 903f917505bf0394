// Bounds of Go templates: whatever a template says, making its text ends, soon and in bounded memory.

/** Characters of one template. */
export const TEMPLATE_TEXT_MAX = 1_048_576

/** Blocks and parentheses inside one another. */
export const NESTING_MAX = 200

/** Templates that call templates. */
export const CALL_DEPTH_MAX = 200

/** Levels of a value that is printed, copied or compared; a value may be made to hold itself. */
export const VALUE_DEPTH_MAX = 500

/** Characters of one text, and of all that is put out. */
export const TEXT_LENGTH_MAX = 4_194_304

/** Items of one list. */
export const LIST_LENGTH_MAX = 100_000

/** Nodes walked, values touched and characters made, for one text: a second's work at most. */
export const COST_MAX = 4_000_000

/** What Go's `fmt` takes for a width or a precision. */
export const WIDTH_MAX = 1_000_000

/** Instructions of one regular expression. */
export const EXPRESSION_PROGRAM_MAX = 10_000

/** Regular expressions that are kept compiled. */
export const EXPRESSIONS_KEPT_MAX = 256
