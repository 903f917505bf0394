// Bounds of the structure room.

/** How large and how deep a rule of a schema may be, nodes of its tree. */
export const RULE_NODES_MAX = 2000
export const RULE_DEPTH_MAX = 50

/** How long the rules of one object may run together, milliseconds. */
export const RULES_MS_MAX = 1000

/** What a `messageExpression` may say, characters. */
export const RULE_MESSAGE_LENGTH_MAX = 5120

/** How long a list a rule may make of nothing. */
export const RULE_RANGE_MAX = 10_000
