export { ScheduleClock } from './schedule-clock.ts'
export type { FiringContent, Plan } from './plan.ts'
export type { LogPlace } from './watermark.ts'
