export { isRuleSchedule } from './rule-schedule.ts'
