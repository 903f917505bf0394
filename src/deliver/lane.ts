// The bulkhead: what one target of one rule has waiting and under way. Lanes share nothing, so that a target
// that hangs holds up only itself.

import type { Timer } from '../base/index.ts'
import type { Sink } from '../connect/index.ts'
import type { RoutedRule, Target } from '../model/index.ts'
import type { Breaker } from './breaker.ts'
import type { Job } from './job.ts'
import { SPILL_AGE_MS } from './limits.ts'

export class Lane {
  readonly key: string
  rule: RoutedRule
  target: Target
  readonly breaker: Breaker
  /** Undefined when no kind serves the target's address. */
  sink: Sink | undefined
  waiting: Job[] = []
  readonly sending: Set<Job> = new Set()
  /** Sends under way; one send may carry many jobs. */
  sends = 0
  /** Pending rows in the store (or on their way there). */
  pendingRows = 0
  /** Ids of rows that this process is working on. */
  readonly claimed: Set<string> = new Set()
  /** Wall time at which a row is due, as far as known. */
  nextDueAt: number | undefined
  timer: Timer | undefined
  isRefilling = false

  constructor(rule: RoutedRule, target: Target, sink: Sink | undefined, breaker: Breaker) {
    this.key = laneKey(rule.key, target.id)
    this.rule = rule
    this.target = target
    this.sink = sink
    this.breaker = breaker
  }

  get concurrencyMax(): number {
    return this.sink?.concurrencyMax ?? 1
  }

  get batchMax(): number {
    return this.sink?.batchMax ?? 1
  }

  /** Jobs that may still be taken into memory from rows. */
  get capacity(): number {
    const room = this.concurrencyMax * this.batchMax - this.sending.size - this.waiting.length
    return Math.min(Math.max(0, room), this.breaker.allowance)
  }

  /** All sends are busy, and the oldest for so long that waiting behind it would hold up the window. */
  isSlow(monotonic: number): boolean {
    if (this.sends < this.concurrencyMax) return false
    const oldest = this.sending.values().next().value
    return monotonic - (oldest?.startedAt ?? monotonic) > SPILL_AGE_MS
  }
}

export function laneKey(ruleKey: string, targetId: string): string {
  return `${ruleKey}/${targetId}`
}
