// The delivery engine: sees every delivery through to exactly one outcome. A first attempt is made from
// memory; what fails, hangs or would hold up the window becomes a row, and rows are tried again when due.
//
//   window ─▶ waiting ─▶ sending ─▶ delivered
//               │           ├─ retry ─▶ row (pending, due later) ─▶ claimed ─▶ waiting …
//               └─ spill ───┘─ dead ──▶ dead letter ─▶ row (dead)
//
// Invariant: a job's place in the window is given back after its row (if any) is in the ledger.

import {
  backoffDelayMs,
  type Backoff,
  type Clock,
  type Logger,
  type Random,
} from '../base/index.ts'
import type { SinkFailure, SinkMessage, SinkResult } from '../connect/index.ts'
import { type Delivery, type RetryPolicy, type Target } from '../model/index.ts'
import type { DeliveryRow, DeliveryStore } from '../store/index.ts'
import { attempt, messageOf } from './attempt.ts'
import { type DeadLetterOptions, payDeadLetter } from './dead-letter.ts'
import { DisabledTargets, type DisabledTargetsOptions } from './disabled-targets.ts'
import { HeldJobs } from './held-jobs.ts'
import { aim, createJob, type Job, jobFromRow, rowOf } from './job.ts'
import type { Lane } from './lane.ts'
import { type CurrentTarget, Lanes, type LanesOptions, type LaneStatus } from './lanes.ts'
import { RETRY_BACKOFF, RETRY_DEFAULTS, SPILL_AGE_MS, SPILLED_DUE_MS } from './limits.ts'
import { PendingRows, type PendingRowsOptions, type RowTaker } from './pending-rows.ts'
import { Reports } from './reports.ts'
import { decideRetry, isExpired } from './retry.ts'

export interface DelivererOptions
  extends LanesOptions, PendingRowsOptions, DeadLetterOptions, DisabledTargetsOptions {
  readonly store: Pick<DeliveryStore, 'cursor' | 'due' | 'idsFrom' | 'pendingTargets'>
  /** Of a bus, for targets that have no dead-letter queue of their own. */
  readonly busDeadLetterArn?: (busKey: string) => string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly backoff?: Backoff
  /** The retry policy of targets that have none. */
  readonly defaults?: Required<RetryPolicy>
}

const SPILLED: SinkFailure = { code: 'PENDING', message: 'not attempted yet' }
const UNDER_WAY: SinkFailure = { code: 'PENDING', message: 'the attempt has not ended' }

export class Deliverer {
  readonly #options: DelivererOptions
  readonly #backoff: Backoff
  readonly #defaults: Required<RetryPolicy>
  readonly #lanes: Lanes
  readonly #disabled: DisabledTargets
  readonly #held: HeldJobs
  readonly #rows: PendingRows
  readonly #reports: Reports
  readonly #abort = new AbortController()
  #isClosing = false
  #idleWaiters: (() => void)[] = []

  constructor(options: DelivererOptions) {
    this.#options = options
    this.#backoff = options.backoff ?? RETRY_BACKOFF
    this.#defaults = options.defaults ?? RETRY_DEFAULTS
    this.#lanes = new Lanes(options)
    this.#reports = new Reports(options)
    this.#disabled = new DisabledTargets(options)
    this.#held = new HeldJobs(options.clock, (job) => this.#overdue(job))
    const taker: RowTaker = {
      take: (lane, rows, current) => this.#take(lane, rows, current),
      pump: (lane) => this.#pump(lane),
    }
    this.#rows = new PendingRows(options, taker)
  }

  /** Takes up what the last process left pending. Call before the router starts. */
  async start(): Promise<void> {
    const { store, findTarget } = this.#options
    this.#disabled.review()
    await this.#rows.load()
    for (const pending of await store.pendingTargets()) {
      const current = findTarget(pending.ruleKey, pending.targetId)
      const lane =
        current === undefined
          ? this.#lanes.openGone(pending)
          : this.#lanes.open(current.rule, current.target)
      lane.pendingRows = pending.pending
      lane.nextDueAt = pending.nextDueAt
      this.#rows.arm(lane)
    }
  }

  deliver(deliveries: readonly Delivery[], settled: (delivery: Delivery) => void): void {
    const now = this.#now()
    const touched = new Set<Lane>()
    for (const delivery of deliveries) {
      if (this.#rows.owns(delivery)) {
        settled(delivery)
        continue
      }
      const lane = this.#lanes.of(delivery)
      const job = createJob(delivery, now, settled)
      this.#held.add(job)
      if (this.#isClosing || lane.breaker.allowance === 0 || lane.isSlow(now.monotonic)) {
        this.#spill(lane, job)
      } else {
        lane.waiting.push(job)
        touched.add(lane)
      }
    }
    for (const lane of touched) this.#pump(lane)
    this.#held.arm()
  }

  /** The window is full: what has held its place for longer than a moment becomes rows. */
  spill(): void {
    const now = this.#options.clock.monotonic()
    this.#held.sweep(
      SPILL_AGE_MS,
      ({ takenAt, delivery }) => now - takenAt >= this.#lanes.of(delivery).slowMs,
    )
  }

  /** Deliveries that have neither ended nor died: in memory or in rows. */
  pending(): number {
    let count = this.#held.size
    for (const lane of this.#lanes) count += lane.pendingRows
    return count
  }

  lanes(): readonly LaneStatus[] {
    return this.#lanes.statuses()
  }

  /** The ruleset changed: targets take their new form; rows of those that are gone end now, not when due. */
  targetsChanged(): void {
    this.#disabled.review()
    for (const lane of this.#lanes) {
      const current = this.#options.findTarget(lane.rule.key, lane.target.id)
      if (current !== undefined) this.#lanes.open(current.rule, current.target)
      else if (lane.pendingRows > lane.claimed.size) {
        lane.nextDueAt = 0
        this.#rows.arm(lane)
      } else if (lane.pendingRows === 0 && lane.sending === 0 && lane.waiting.length === 0) {
        this.#lanes.delete(lane)
      }
    }
  }

  /** Waits for sends under way until the signal aborts; everything else becomes rows at once. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true
    this.#held.close()
    this.#rows.close()
    for (const lane of this.#lanes) {
      lane.timer?.cancel()
      for (const job of lane.waiting.takeAll()) this.#spill(lane, job)
    }
    signal.addEventListener('abort', () => this.#wakeIdle(), { once: true })
    while (this.#sendingCount() > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
    }
    this.#abort.abort()
    this.#held.sweep(0)
  }

  // ---- sending

  #pump(lane: Lane): void {
    while (lane.waiting.length > 0 && !lane.isFull) {
      const allowance = lane.breaker.allowance
      if (allowance === 0) {
        this.#spillWaiting(lane)
        return
      }
      void this.#send(lane, lane.waiting.take(Math.min(lane.batchMax, allowance)))
    }
  }

  async #send(lane: Lane, jobs: readonly Job[]): Promise<void> {
    const startedAt = this.#options.clock.monotonic()
    const sent: Job[] = []
    const messages: SinkMessage[] = []
    lane.beginSend(startedAt)
    for (const job of jobs) {
      job.startedAt = startedAt
      lane.takeUp(job)
      if (job.exhausted !== undefined) {
        void this.#bury(lane, job)
        continue
      }
      aim(job, lane)
      const disabled = this.#disabled.failureOf(lane)
      if (disabled !== undefined) {
        this.#die(lane, job, { failure: disabled, condition: undefined, startedAt })
        continue
      }
      const prepared = this.#options.prepare(job.delivery, job.attempts + 1)
      if (prepared.kind === 'failed') {
        job.attempts += 1
        const failure = { code: 'INVALID_INPUT', message: prepared.error.message }
        this.#die(lane, job, { failure, condition: undefined, startedAt })
        continue
      }
      lane.breaker.start()
      sent.push(job)
      const message = messageOf(job, prepared)
      messages.push(message)
      this.#reports.started(job, message)
    }
    const { logger } = this.#options
    const { signal } = this.#abort
    const results = messages.length === 0 ? [] : await attempt(lane, messages, { logger, signal })
    lane.endSend(startedAt)
    this.#finish(lane, sent, results, startedAt)
    if (this.#isClosing) return
    this.#pump(lane)
    if (lane.waiting.length === 0) this.#rows.arm(lane)
  }

  #finish(
    lane: Lane,
    jobs: readonly Job[],
    results: readonly SinkResult[],
    startedAt: number,
  ): void {
    const endedAt = this.#options.clock.monotonic()
    const delivered = countDelivered(results)
    // Before any of them moves the cursor.
    if (lane.sink?.isOwnStore !== true) this.#options.ledger.expose(delivered)
    let oldest = Number.POSITIVE_INFINITY
    for (let index = 0; index < jobs.length; index += 1) {
      const job = jobs[index]!
      const result = results[index]!
      job.attempts += 1
      this.#judge(lane, result, endedAt)
      if (result.kind === 'delivered') {
        oldest = Math.min(oldest, job.delivery.timestamp)
        this.#reports.succeeded(job, startedAt, endedAt)
        this.#end(lane, job)
      } else if (result.kind === 'dead') {
        if (result.isGone === true) {
          this.#disabled.disable(lane, job.delivery.target, result.failure)
        }
        this.#die(lane, job, { failure: result.failure, condition: undefined, startedAt })
      } else this.#retry(lane, job, result, startedAt)
    }
    if (delivered > 0) this.#reports.settled(lane, 'delivered', delivered, oldest)
  }

  #judge(lane: Lane, result: SinkResult, endedAt: number): void {
    const changed = lane.breaker.end(result.kind !== 'retry', endedAt)
    if (changed === undefined) return
    this.#reports.breakerChanged(lane, changed, result)
    if (changed === 'open') this.#spillWaiting(lane)
  }

  // ---- the ways an attempt ends

  #retry(
    lane: Lane,
    job: Job,
    { failure, afterMs }: Extract<SinkResult, { kind: 'retry' }>,
    startedAt: number,
  ): void {
    const facts = {
      policy: lane.target.retry,
      defaults: this.#defaults,
      backoff: this.#backoff,
      attempts: job.attempts,
      firstAttemptAt: job.firstAttemptAt,
      now: this.#options.clock.now(),
      afterMs,
    }
    const decision = decideRetry(facts, this.#options.random)
    if (decision.kind === 'exhausted') {
      this.#die(lane, job, { failure, condition: decision.condition, startedAt })
      return
    }
    this.#reports.attempted(job, { startedAt, result: 'retry', failure, retryAt: decision.at })
    this.#park(lane, job, decision.at, failure)
  }

  #die(
    lane: Lane,
    job: Job,
    death: { failure: SinkFailure; condition: string | undefined; startedAt: number },
  ): void {
    const { failure, condition, startedAt } = death
    job.exhausted = { failure, condition }
    this.#reports.attempted(job, { startedAt, result: 'dead', failure })
    void this.#bury(lane, job)
  }

  /** Pays the dead letter, then ends the job; a dead letter that cannot be paid now is owed in the row. */
  async #bury(lane: Lane, job: Job): Promise<void> {
    const { failure, condition } = job.exhausted!
    const queueArn = lane.target.deadLetterArn ?? this.#options.busDeadLetterArn?.(lane.rule.busKey)
    const payment = await payDeadLetter(job, queueArn, this.#options)
    const now = this.#options.clock.now()
    if (payment.kind === 'owed') {
      const delayMs = backoffDelayMs(this.#backoff, job.attempts, this.#options.random)
      this.#park(lane, job, now + delayMs, failure)
      return
    }
    this.#reports.buried(job, payment.note === '' ? queueArn : undefined)
    const row = rowOf(job, {
      state: 'dead',
      dueAt: now,
      lastAttemptAt: now,
      failure: { code: failure.code, message: failure.message + payment.note },
      exhausted: condition ?? '',
    })
    this.#end(lane, job, row)
    const outcome = condition === 'MaximumEventAgeInSeconds' ? 'expired' : 'dead'
    this.#reports.settled(lane, outcome, 1, job.delivery.timestamp)
    // While this one was being buried its lane may have found no room for rows that are due.
    this.#rows.arm(lane)
  }

  /** The job leaves memory as a pending row, to be claimed when due. */
  #park(lane: Lane, job: Job, dueAt: number, failure: SinkFailure): void {
    this.#leave(lane, job)
    this.#rows.put(lane, job, dueAt, failure)
    this.#rows.unclaim(lane, job)
    this.#held.giveBack(job)
    this.#rows.arm(lane)
  }

  /** The job is over: its row goes, or stays as the dead one. */
  #end(lane: Lane, job: Job, dead?: DeliveryRow): void {
    this.#leave(lane, job)
    this.#rows.end(lane, job, dead)
    this.#held.giveBack(job)
  }

  #leave(lane: Lane, job: Job): void {
    lane.letGo(job)
    if (this.#isClosing) this.#wakeIdle()
  }

  // ---- spilling

  /** A place in the window is given up: the row takes over, and if an attempt is under way it goes on. */
  #spill(lane: Lane, job: Job): void {
    const now = this.#options.clock.now()
    if (job.startedAt !== undefined) {
      this.#rows.claim(lane, job)
      this.#rows.put(lane, job, now + SPILLED_DUE_MS, UNDER_WAY)
      this.#held.giveBack(job)
      return
    }
    const waitMs = Math.max(SPILLED_DUE_MS, lane.breaker.waitMs)
    const failure = job.exhausted?.failure ?? SPILLED
    // A claimed row that goes unattempted keeps the row it came from.
    if (job.hasRow) this.#rows.unclaim(lane, job)
    else this.#rows.put(lane, job, now + waitMs, failure)
    this.#held.giveBack(job)
    this.#rows.arm(lane)
  }

  #spillWaiting(lane: Lane): void {
    for (const job of lane.waiting.takeAll()) this.#spill(lane, job)
    this.#rows.arm(lane)
  }

  #overdue(job: Job): void {
    const lane = this.#lanes.of(job.delivery)
    if (job.startedAt === undefined) this.#spillWaiting(lane)
    else this.#spill(lane, job)
  }

  // ---- dead rows

  /** They are owed again; answers how many were, since what has no target any more stays dead. */
  async redrive(dead: readonly DeliveryRow[]): Promise<number> {
    let count = 0
    for (const row of dead) {
      const current = this.#options.findTarget(row.ruleKey, row.targetId)
      if (current === undefined || row.record === undefined) continue
      const lane = this.#lanes.open(current.rule, current.target)
      if (this.#rows.revive(lane, row)) count += 1
    }
    await this.#rows.durable()
    return count
  }

  /** They are kept no longer. */
  async purge(dead: readonly DeliveryRow[]): Promise<number> {
    const count = dead.filter((row) => this.#rows.forget(row)).length
    await this.#rows.durable()
    return count
  }

  // ---- rows that are due

  #take(lane: Lane, rows: readonly DeliveryRow[], current: CurrentTarget | undefined): void {
    if (current !== undefined) this.#lanes.open(current.rule, current.target)
    for (const row of rows) this.#takeRow(lane, row, current)
  }

  #takeRow(lane: Lane, row: DeliveryRow, current: CurrentTarget | undefined): void {
    const { record } = row
    if (record === undefined) throw new Error(`pending row ${row.id} has no record`)
    const { monotonic } = this.#now()
    const job = jobFromRow({ ...row, record }, current ?? lane, monotonic)
    if (current === undefined) this.#cancel(lane, job)
    else if (job.exhausted === undefined && this.#isExpired(current.target, row.firstAttemptAt)) {
      const failure = { code: row.errorCode, message: row.errorMessage }
      const condition = 'MaximumEventAgeInSeconds'
      this.#die(lane, job, { failure, condition, startedAt: monotonic })
    } else lane.waiting.push(job)
  }

  #isExpired(target: Target, firstAttemptAt: number): boolean {
    const now = this.#options.clock.now()
    return isExpired({ policy: target.retry, defaults: this.#defaults, firstAttemptAt, now })
  }

  #cancel(lane: Lane, job: Job): void {
    this.#reports.cancelled(job)
    this.#end(lane, job)
    this.#reports.settled(lane, 'cancelled', 1, job.delivery.timestamp)
  }

  // ---- the end

  #sendingCount(): number {
    let count = 0
    for (const lane of this.#lanes) count += lane.sending
    return count
  }

  #wakeIdle(): void {
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const wake of waiters) wake()
  }

  #now(): { wall: number; monotonic: number } {
    return { wall: this.#options.clock.now(), monotonic: this.#options.clock.monotonic() }
  }
}

function countDelivered(results: readonly SinkResult[]): number {
  let count = 0
  for (const { kind } of results) if (kind === 'delivered') count += 1
  return count
}
