export { parseRuleExpression, parseScheduleExpression } from './expression.ts'
export { createTimeline, nextOccurrences, type Timeline } from './timeline.ts'
export { findTimeZone } from './time-zone.ts'
export { describeExpression } from './describe.ts'
