// What the engine tells: one line, one row of history and one message on a channel per attempt; and what became
// of deliveries and breakers.

import {
  channels,
  type Clock,
  type DeliveryStep,
  type Logger,
  type Outcome,
} from '../base/index.ts'
import type { SinkFailure, SinkMessage, SinkResult } from '../connect/index.ts'
import { deliveryId, type RoutedRule, type Target } from '../model/index.ts'
import type { AttemptRow } from '../store/index.ts'
import type { BreakerState } from './breaker.ts'
import { attemptOf, type Job } from './job.ts'
import type { Lane } from './lane.ts'
import type { BreakerMemory } from './lanes.ts'
import { SUCCESSES_RECORDED_PER_SECOND } from './limits.ts'

export interface ReportsOptions {
  readonly ledger: { attempt(row: AttemptRow): void }
  readonly breakers?: BreakerMemory
  readonly clock: Clock
  readonly logger: Logger
}

export interface AttemptEnd {
  /** Monotonic. */
  readonly startedAt: number
  readonly result: 'delivered' | 'retry' | 'dead' | 'cancelled'
  readonly failure?: SinkFailure
  readonly retryAt?: number
}

export class Reports {
  readonly #options: ReportsOptions
  #successesRecorded = 0
  #successesSecond = 0

  constructor(options: ReportsOptions) {
    this.#options = options
  }

  started(job: Job, { body }: SinkMessage): void {
    if (!channels.deliverySteps.hasSubscribers) return
    tellStep(job, { kind: 'started', attempt: job.attempts + 1, body })
  }

  /** A success at the first try: told for the first few of each second. Times are monotonic. */
  succeeded(job: Job, startedAt: number, endedAt: number): void {
    if (channels.deliverySteps.hasSubscribers) {
      const durationMs = endedAt - startedAt
      tellStep(job, { kind: 'delivered', attempt: job.attempts, durationMs })
    }
    if (job.attempts > 1 || this.#isSampled(endedAt)) {
      this.attempted(job, { startedAt, result: 'delivered' })
    }
  }

  attempted(job: Job, { startedAt, result, failure, retryAt }: AttemptEnd): void {
    const { clock, ledger, logger } = this.#options
    const durationMs = clock.monotonic() - startedAt
    const at = clock.now()
    ledger.attempt(
      attemptOf(job, { at, durationMs, result, ...(failure === undefined ? {} : { failure }) }),
    )
    const { event, rule, target } = job.delivery
    const line = {
      busKey: event.busKey,
      rule: rule.name,
      targetId: target.id,
      kind: kindOf(target.address),
      eventId: event.id,
      attempt: job.attempts,
      durationMs,
      ...(failure === undefined ? {} : { errorCode: failure.code, error: failure.message }),
      ...(retryAt === undefined ? {} : { retryAt }),
    }
    const isLeading = isFirstTarget(rule, target)
    if (failure !== undefined && channels.deliverySteps.hasSubscribers) {
      const { code: errorCode, message: error } = failure
      const isFinal = result === 'dead'
      tellStep(job, {
        kind: 'failed',
        attempt: job.attempts,
        durationMs,
        errorCode,
        error,
        isFinal,
      })
    }
    if (failure !== undefined) logger.warn('a delivery attempt failed', { ...line, result })
    else logger.debug('a delivery attempt ended', { ...line, result })
    if (channels.deliveryAttempted.hasSubscribers && result !== 'cancelled') {
      channels.deliveryAttempted.publish({ ...line, result, isLeading })
    }
  }

  /** Given up; `deadLetterArn` is the queue that has it now. */
  buried(job: Job, deadLetterArn: string | undefined): void {
    if (!channels.deliverySteps.hasSubscribers) return
    const { failure } = job.exhausted ?? {}
    tellStep(job, {
      kind: 'buried',
      attempt: job.attempts,
      ...(failure === undefined ? {} : { errorCode: failure.code, error: failure.message }),
      ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    })
  }

  cancelled(job: Job): void {
    const { event, rule, target } = job.delivery
    this.#options.logger.info('a delivery was cancelled because its target is gone', {
      event: event.id,
      rule: rule.key,
      target: target.id,
    })
    this.attempted(job, { startedAt: this.#options.clock.monotonic(), result: 'cancelled' })
  }

  /** `oldest` is when the oldest of these deliveries' events was appended. */
  settled(lane: Lane, outcome: Outcome, count: number, oldest: number): void {
    if (!channels.deliveriesSettled.hasSubscribers) return
    const latencyMs = Math.max(0, this.#options.clock.now() - oldest)
    const kind = kindOf(lane.target.address)
    const { rule, target } = lane
    const isLeading = isFirstTarget(rule, target)
    const { busKey, name } = rule
    channels.deliveriesSettled.publish({
      busKey,
      rule: name,
      isLeading,
      outcome,
      kind,
      count,
      latencyMs,
    })
  }

  breakerChanged(lane: Lane, state: BreakerState, result: SinkResult): void {
    const reason = result.kind === 'delivered' ? 'an attempt succeeded' : result.failure.message
    const fields = { target: lane.key, address: lane.target.address, state, reason }
    this.#options.logger.warn('a breaker changed', fields)
    this.#options.breakers?.save(lane.key, lane.breaker.snapshot)
    if (channels.breakerChanged.hasSubscribers) {
      channels.breakerChanged.publish({ targetKey: lane.key, state, reason })
    }
  }

  #isSampled(endedAt: number): boolean {
    const second = Math.floor(endedAt / 1000)
    if (second !== this.#successesSecond) {
      this.#successesSecond = second
      this.#successesRecorded = 0
    }
    this.#successesRecorded += 1
    return this.#successesRecorded <= SUCCESSES_RECORDED_PER_SECOND
  }
}

function isFirstTarget(rule: RoutedRule, target: Target): boolean {
  return rule.targets[0]?.id === target.id
}

type StepFacts = Omit<DeliveryStep, 'busKey' | 'eventId' | 'deliveryId' | 'rule' | 'targetAddress'>

function tellStep({ delivery }: Job, facts: StepFacts): void {
  const { event, rule, target } = delivery
  channels.deliverySteps.publish({
    ...facts,
    busKey: rule.busKey,
    eventId: event.id,
    deliveryId: deliveryId(delivery),
    rule,
    targetAddress: target.address,
  })
}

/** `http`, `sqs`, `lambda` …: the address's service, for metrics. */
function kindOf(address: string): string {
  return address.startsWith('arn:')
    ? (address.split(':', 3)[2] ?? 'arn')
    : (address.split(':', 1)[0] ?? '')
}
