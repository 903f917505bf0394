// Bounds of the match room.

/** Characters of a pattern's text; dialects may allow less (AWS: 4,096). */
export const PATTERN_LENGTH_MAX = 65_536

/** Levels of nesting in a pattern, as the JSON parser that AWS uses bounds them. */
export const PATTERN_DEPTH_MAX = 1000

/** Ways to satisfy one pattern once its `$or`s are multiplied out. */
export const PATTERN_BRANCHES_MAX = 1024

/** Fields in all branches of one pattern; with the branches it bounds what one rule may hold. */
export const PATTERN_FIELDS_MAX = 32_768

/**
 * How many places of a field's wildcards one value may keep in play at once. AWS publishes no number; of its
 * known answers the simplest refusal scores 13 here and the most complex acceptance 8.
 */
export const WILDCARD_COMPLEXITY_MAX = 10

/** Sets of places looked at while judging wildcards; beyond it they count as too complex. */
export const WILDCARD_SETS_MAX = 20_000

/** Arrays and objects on the way to a value; what lies deeper is not looked at. */
export const EVENT_DEPTH_MAX = 1000

/** Combinations of fields that one array element may leave open while array consistency is settled. */
export const ARRAY_CHOICES_MAX = 1024

/** Values of one field that an explanation looks at, and that it shows. */
export const EXPLAINED_VALUES_MAX = 1000
export const EXPLAINED_VALUES_SHOWN_MAX = 5

/** Keys of an object among which one that was meant is guessed. */
export const EXPLAINED_KEYS_MAX = 200

/** Alternatives of one field, and characters of one value, that an explanation writes out. */
export const EXPLAINED_ALTERNATIVES_MAX = 8
export const EXPLAINED_TEXT_LENGTH_MAX = 120

/** Ways to satisfy a pattern that an explanation weighs against each other by array consistency. */
export const EXPLAINED_BRANCHES_MAX = 8

/** Fields among which an explanation looks for those that no one element satisfies. */
export const EXPLAINED_FIELDS_MAX = 32

/** Branches in one list before the next are split off by their other exact values. */
export const WAITING_UNSPLIT_MAX = 2

/** Classes of one field's values, and conditions that no index finds that are tried to tell them apart. */
export const CLASSES_MAX = 256
export const UNINDEXED_TESTS_MAX = 8

/** Texts of one field whose class is kept, and those that may be listed as the only ones that matter. */
export const KNOWN_TEXTS_MAX = 512
export const LISTED_TEXTS_MAX = 128

/** Halves of words in the automaton of one field's texts, and different bytes that it tells apart. */
export const AUTOMATON_SIZE_MAX = 4096
export const AUTOMATON_SYMBOLS_MAX = 64

/** Bytes and stars of all conditions on one field's texts, for an automaton to be tried at all. */
export const AUTOMATON_STEPS_MAX = 400

/** Numbers of one field that conditions may tell from others, for a number's class to be found without an index. */
export const NUMBER_BOUNDS_MAX = 31

/** Branches of all rules, and pairs of fields that stand in one, up to which the classes of values are told. */
export const CLASSED_BRANCHES_MAX = 4096
export const CLASSED_PAIRS_MAX = 65_536

/** Keys of an answer that is kept. */
export const ANSWER_KEYS_MAX = 64
