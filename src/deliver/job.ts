// A delivery in memory: either it holds a place in the router's window (`settled` is there), or it lives in a
// row that this process has claimed, or both for the moment between spilling and ending.

import type { Linked } from '../base/index.ts'
import { type Delivery, deliveryId, type RoutedRule, type Target } from '../model/index.ts'
import type { AttemptRow, DeliveryRow } from '../store/index.ts'
import { decodeStoredEvent, type StoredEvent } from '../event/index.ts'
import type { SinkFailure } from '../connect/index.ts'
import { ERROR_MESSAGE_LENGTH_MAX } from './limits.ts'

export interface Job extends Linked<Job> {
  /** Of the target as it was when last attempted. */
  delivery: Delivery
  /** Gives the place in the window back; undefined once that has happened. */
  settled: ((delivery: Delivery) => void) | undefined
  /** Attempts that have ended. */
  attempts: number
  /** Wall milliseconds. */
  firstAttemptAt: number
  /** Monotonic: when it came into memory. */
  readonly takenAt: number
  /** Monotonic: when the attempt under way began; undefined while it waits. */
  startedAt: number | undefined
  /** Whether the store has, or will have with the next commit, a row of it. */
  hasRow: boolean
  /** Set when attempts are over and only the dead letter is still owed. */
  exhausted: Exhaustion | undefined
  /** Whether its lane counts it among those under way. */
  isSending: boolean
}

export interface Exhaustion {
  readonly condition: string | undefined
  readonly failure: SinkFailure
}

export function createJob(
  delivery: Delivery,
  now: { readonly wall: number; readonly monotonic: number },
  settled?: (delivery: Delivery) => void,
): Job {
  return {
    delivery,
    settled,
    attempts: 0,
    firstAttemptAt: now.wall,
    takenAt: now.monotonic,
    startedAt: undefined,
    hasRow: false,
    exhausted: undefined,
    isSending: false,
    next: undefined,
    previous: undefined,
    isLinked: false,
  }
}

/** What waited while its target changed goes to the target as it is now. */
export function aim(
  job: Job,
  { rule, target }: { readonly rule: RoutedRule; readonly target: Target },
): void {
  if (job.delivery.target !== target) job.delivery = { ...job.delivery, rule, target }
}

/** A claimed row as a job, for the target as it is now. */
export function jobFromRow(
  row: DeliveryRow & { readonly record: Uint8Array },
  current: { readonly rule: RoutedRule; readonly target: Target },
  takenAt: number,
): Job {
  const event: StoredEvent = decodeStoredEvent(row.record)
  const delivery = {
    partition: row.partition,
    offset: row.offset,
    timestamp: row.firstAttemptAt,
    record: row.record,
    event,
    rule: current.rule,
    target: current.target,
  }
  const failure = { code: row.errorCode, message: row.errorMessage }
  return {
    delivery,
    settled: undefined,
    attempts: row.attempts,
    firstAttemptAt: row.firstAttemptAt,
    takenAt,
    startedAt: undefined,
    hasRow: true,
    exhausted:
      row.exhausted === undefined
        ? undefined
        : { condition: row.exhausted === '' ? undefined : row.exhausted, failure },
    isSending: false,
    next: undefined,
    previous: undefined,
    isLinked: false,
  }
}

export interface RowState {
  readonly state: DeliveryRow['state']
  readonly dueAt: number
  readonly lastAttemptAt: number
  readonly failure: SinkFailure
  readonly exhausted?: string
}

export function rowOf(job: Job, state: RowState): DeliveryRow {
  const { delivery } = job
  return {
    id: deliveryId(delivery),
    partition: delivery.partition,
    offset: delivery.offset,
    busKey: delivery.event.busKey,
    ruleKey: delivery.rule.key,
    ruleName: delivery.rule.name,
    targetId: delivery.target.id,
    eventId: delivery.event.id,
    state: state.state,
    attempts: job.attempts,
    firstAttemptAt: job.firstAttemptAt,
    lastAttemptAt: state.lastAttemptAt,
    dueAt: Math.ceil(state.dueAt),
    errorCode: state.failure.code,
    errorMessage: state.failure.message.slice(0, ERROR_MESSAGE_LENGTH_MAX),
    record: delivery.record,
    ...(state.exhausted === undefined ? {} : { exhausted: state.exhausted }),
  }
}

export interface AttemptFacts {
  readonly at: number
  readonly durationMs: number
  readonly result: string
  readonly failure?: SinkFailure
}

export function attemptOf(job: Job, facts: AttemptFacts): AttemptRow {
  const { delivery } = job
  return {
    deliveryId: deliveryId(delivery),
    eventId: delivery.event.id,
    busKey: delivery.event.busKey,
    ruleName: delivery.rule.name,
    targetId: delivery.target.id,
    attempt: job.attempts,
    at: facts.at,
    durationMs: facts.durationMs,
    result: facts.result,
    ...(facts.failure === undefined
      ? {}
      : {
          errorCode: facts.failure.code,
          errorMessage: facts.failure.message.slice(0, ERROR_MESSAGE_LENGTH_MAX),
        }),
  }
}
