// What travels from route to deliver: one event for one target of one rule. A value; neither room calls the
// other, app.ts hands route the function that takes these.

import type { StoredEvent } from '../event/index.ts'
import type { Target } from './kinds.ts'
import type { RoutedRule } from './ruleset.ts'

export interface Delivery {
  readonly partition: number
  readonly offset: number
  /** When the event was appended, wall milliseconds. */
  readonly timestamp: number
  /** The log record, byte for byte. */
  readonly record: Uint8Array
  readonly event: StoredEvent
  readonly rule: RoutedRule
  readonly target: Target
}

/** The one name of a delivery, stable over attempts and restarts. */
export function deliveryId(delivery: Delivery): string {
  return `${delivery.partition}:${delivery.offset}/${delivery.rule.key}/${delivery.target.id}`
}
