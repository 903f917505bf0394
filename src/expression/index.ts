export { parseRuleExpression, parseScheduleExpression } from './expression.ts'
export { createTimeline } from './timeline.ts'
export { findTimeZone } from './time-zone.ts'
