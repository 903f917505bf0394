// The bulkhead: what one target of one rule has waiting and under way. Lanes share nothing, so that a target
// that hangs holds up only itself.

import type { Timer } from '../base/index.ts'
import type { Sink } from '../connect/index.ts'
import type { RoutedRule, Target } from '../model/index.ts'
import type { Breaker } from './breaker.ts'
import type { Job } from './job.ts'
import { SPILL_AGE_MS } from './limits.ts'
import { WaitingJobs } from './waiting-jobs.ts'

export class Lane {
  readonly key: string
  rule: RoutedRule
  target: Target
  readonly breaker: Breaker
  /** Undefined when no kind serves the target's address. */
  sink: Sink | undefined
  readonly waiting: WaitingJobs = new WaitingJobs()
  /** When the sends under way began, monotonic milliseconds, oldest first; one send may carry many jobs. */
  readonly #sends: number[] = []
  #sending = 0
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

  /** Jobs taken up and neither ended nor parked. */
  get sending(): number {
    return this.#sending
  }

  get isFull(): boolean {
    return this.#sends.length >= this.concurrencyMax
  }

  takeUp(job: Job): void {
    job.isSending = true
    this.#sending += 1
  }

  letGo(job: Job): void {
    if (!job.isSending) return
    job.isSending = false
    this.#sending -= 1
  }

  beginSend(startedAt: number): void {
    this.#sends.push(startedAt)
  }

  endSend(startedAt: number): void {
    this.#sends.splice(this.#sends.indexOf(startedAt), 1)
  }

  get concurrencyMax(): number {
    return this.sink?.concurrencyMax ?? 1
  }

  get batchMax(): number {
    return this.sink?.batchMax ?? 1
  }

  /** How long a send may take before it holds up the window. */
  get slowMs(): number {
    return this.sink?.slowMs ?? SPILL_AGE_MS
  }

  /** Jobs that may still be taken into memory from rows. */
  get capacity(): number {
    const room = this.concurrencyMax * this.batchMax - this.#sending - this.waiting.length
    return Math.min(Math.max(0, room), this.breaker.allowance)
  }

  /** All sends are busy, and the oldest for so long that waiting behind it would hold up the window. */
  isSlow(monotonic: number): boolean {
    return this.isFull && monotonic - this.#sends[0]! > this.slowMs
  }
}

export function laneKey(ruleKey: string, targetId: string): string {
  return `${ruleKey}/${targetId}`
}
