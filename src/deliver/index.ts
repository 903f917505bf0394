export { Deliverer, type DelivererOptions, type Prepared } from './deliverer.ts'
export { BREAKER_DEFAULTS, type BreakerOptions, type BreakerSnapshot } from './breaker.ts'
export type { DeadLetterAttributes } from './dead-letter.ts'
export type { LaneStatus } from './lanes.ts'
