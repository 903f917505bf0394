export {
  createExplainer,
  explainMatch,
  type ExplainedLeaf,
  type ExplainedNode,
  type ExplainedObject,
  type ExplainedOption,
  type ExplainedOr,
  type Explainer,
  type Explanation,
  type Miss,
} from './explain.ts'
export {
  PATTERN_BRANCHES_MAX,
  PATTERN_DEPTH_MAX,
  PATTERN_FIELDS_MAX,
  PATTERN_LENGTH_MAX,
  WILDCARD_COMPLEXITY_MAX,
} from './limits.ts'
export { createMatcher, matchesPattern, type Matcher, type MatchOptions } from './matcher.ts'
export { parsePattern, type Pattern, patternFault } from './pattern.ts'
