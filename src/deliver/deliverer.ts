// The delivery engine: sees every delivery through to exactly one outcome. A first attempt is made from
// memory; what fails, hangs or would hold up the window becomes a row, and rows are tried again when due.
//
//   window ─▶ waiting ─▶ sending ─▶ delivered
//               │           ├─ retry ─▶ row (pending, due later) ─▶ claimed ─▶ waiting …
//               └─ spill ───┘─ dead ──▶ dead letter ─▶ row (dead)
//
// Invariant: a job gives its place in the window back exactly once, after its row (if any) is in the ledger.
// Invariant: a row is claimed by at most one job, until the change that ended that job is durable.

import {
  backoffDelayMs,
  type Backoff,
  channels,
  type Clock,
  describeError,
  type Logger,
  type Outcome,
  type Random,
  type Timer,
} from '../base/index.ts'
import type { Sink, SinkFailure, SinkMessage, SinkResult } from '../connect/index.ts'
import {
  type Delivery,
  deliveryId,
  type RetryPolicy,
  type RoutedRule,
  type Target,
} from '../model/index.ts'
import type { DeliveryRow, DeliveryStore, Ledger } from '../store/index.ts'
import { Breaker, BREAKER_DEFAULTS, type BreakerOptions, type BreakerSnapshot } from './breaker.ts'
import { type DeadLetterAttributes, deadLetterAttributes } from './dead-letter.ts'
import { attemptOf, createJob, type Job, jobFromRow, rowOf } from './job.ts'
import { Lane, laneKey } from './lane.ts'
import {
  CLAIMED_ROWS_MAX,
  RECHECK_MS,
  RETRY_BACKOFF,
  RETRY_DEFAULTS,
  SPILL_AGE_MS,
  SPILLED_DUE_MS,
  SUCCESSES_RECORDED_PER_SECOND,
  UNSETTLED_MS_MAX,
} from './limits.ts'
import { decideRetry, isExpired } from './retry.ts'

export type Prepared =
  | { readonly kind: 'input'; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly error: Error }

export interface DelivererOptions {
  readonly store: Pick<DeliveryStore, 'cursor' | 'due' | 'idsFrom' | 'pendingTargets'>
  /** The reader whose positions are delivered. */
  readonly reader: string
  readonly ledger: Ledger
  /** The sink at an address, shared by all targets there; undefined when nothing serves it. */
  readonly openSink: (address: string) => Sink | undefined
  /** The bytes to send: the envelope or the target's transformed input. */
  readonly prepare: (delivery: Delivery) => Prepared
  /** The rule and target as they are now; undefined when either is gone. */
  readonly findTarget: (
    ruleKey: string,
    targetId: string,
  ) => { readonly rule: RoutedRule; readonly target: Target } | undefined
  /** Puts a dead letter into a queue, durably. Answers false when there is no such queue. */
  readonly sendDeadLetter: (
    queueArn: string,
    body: Uint8Array,
    attributes: DeadLetterAttributes,
  ) => Promise<boolean>
  /** Breakers that were not closed when the process last ended, and where to keep them. */
  readonly breakers?: BreakerMemory
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly backoff?: Backoff
  /** The retry policy of targets that have none. */
  readonly defaults?: Required<RetryPolicy>
  readonly breakerOptions?: BreakerOptions
}

export interface BreakerMemory {
  readonly snapshots: ReadonlyMap<string, BreakerSnapshot>
  save(laneKey: string, snapshot: BreakerSnapshot | undefined): void
}

export interface LaneStatus {
  readonly key: string
  readonly rule: string
  readonly targetId: string
  readonly address: string
  readonly breaker: 'closed' | 'open' | 'half-open'
  readonly waiting: number
  readonly sending: number
  readonly pendingRows: number
}

const SPILLED: SinkFailure = { code: 'PENDING', message: 'not attempted yet' }
const UNDER_WAY: SinkFailure = { code: 'PENDING', message: 'the attempt has not ended' }

export class Deliverer {
  readonly #options: DelivererOptions
  readonly #backoff: Backoff
  readonly #defaults: Required<RetryPolicy>
  readonly #lanes = new Map<string, Lane>()
  readonly #laneOfTarget = new WeakMap<Target, Lane>()
  /** Jobs that hold a place in the window, oldest first. */
  readonly #held = new Set<Job>()
  /** Ids of rows that lie ahead of the cursor this process began at. */
  readonly #owned = new Set<string>()
  readonly #abort = new AbortController()
  #sweepTimer: Timer | undefined
  #isClosing = false
  #idleWaiters: (() => void)[] = []
  #successesRecorded = 0
  #successesSecond = 0

  constructor(options: DelivererOptions) {
    this.#options = options
    this.#backoff = options.backoff ?? RETRY_BACKOFF
    this.#defaults = options.defaults ?? RETRY_DEFAULTS
  }

  /** Takes up what the last process left pending. Call before the router starts. */
  async start(): Promise<void> {
    await this.#loadOwned()
    for (const pending of await this.#options.store.pendingTargets()) {
      const current = this.#options.findTarget(pending.ruleKey, pending.targetId)
      const lane = this.#openLane(
        current?.rule ?? goneRule(pending),
        current?.target ?? goneTarget(pending),
      )
      lane.pendingRows = pending.pending
      lane.nextDueAt = pending.nextDueAt
      this.#arm(lane)
    }
  }

  deliver(deliveries: readonly Delivery[], settled: (delivery: Delivery) => void): void {
    const now = this.#now()
    const touched = new Set<Lane>()
    for (const delivery of deliveries) {
      if (this.#isOwned(delivery)) {
        settled(delivery)
        continue
      }
      const lane = this.#laneOf(delivery)
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
    this.#armSweep()
  }

  // Rows committed ahead of the cursor: the router will come by their positions again.
  async #loadOwned(): Promise<void> {
    const cursor = await this.#options.store.cursor(this.#options.reader)
    for (const { partition, offset } of cursor?.positions ?? []) {
      for (const id of await this.#options.store.idsFrom(partition, offset)) this.#owned.add(id)
    }
  }

  /** Whether a row had this delivery before the process began: then it is the row's. */
  #isOwned(delivery: Delivery): boolean {
    return this.#owned.size > 0 && this.#owned.delete(deliveryId(delivery))
  }

  /** The window is full: what has held its place for longer than a moment becomes rows. */
  spill(): void {
    this.#sweep(SPILL_AGE_MS)
  }

  /** Deliveries that have neither ended nor died: in memory or in rows. */
  pending(): number {
    let count = this.#held.size
    for (const lane of this.#lanes.values()) count += lane.pendingRows
    return count
  }

  lanes(): readonly LaneStatus[] {
    return Array.from(this.#lanes.values(), (lane) => ({
      key: lane.key,
      rule: lane.rule.name,
      targetId: lane.target.id,
      address: lane.target.address,
      breaker: lane.breaker.state,
      waiting: lane.waiting.length,
      sending: lane.sending.size,
      pendingRows: lane.pendingRows,
    }))
  }

  /** The ruleset changed: rows of targets that are gone end now, not when they fall due. */
  targetsChanged(): void {
    for (const lane of this.#lanes.values()) {
      if (this.#options.findTarget(lane.rule.key, lane.target.id) !== undefined) continue
      if (lane.pendingRows > lane.claimed.size) {
        lane.nextDueAt = 0
        this.#arm(lane)
      } else if (lane.pendingRows === 0 && lane.sending.size === 0 && lane.waiting.length === 0) {
        this.#lanes.delete(lane.key)
      }
    }
  }

  /** Waits for sends under way until the signal aborts; everything else becomes rows at once. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true
    this.#sweepTimer?.cancel()
    for (const lane of this.#lanes.values()) {
      lane.timer?.cancel()
      const waiting = lane.waiting
      lane.waiting = []
      for (const job of waiting) this.#spill(lane, job)
    }
    signal.addEventListener('abort', () => this.#wakeIdle(), { once: true })
    while (this.#sendingCount() > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
    }
    this.#abort.abort()
    this.#sweep(0)
  }

  // ---- lanes

  #laneOf(delivery: Delivery): Lane {
    const known = this.#laneOfTarget.get(delivery.target)
    if (known !== undefined && this.#lanes.get(known.key) === known) return known
    const lane = this.#openLane(delivery.rule, delivery.target)
    this.#laneOfTarget.set(delivery.target, lane)
    return lane
  }

  #openLane(rule: RoutedRule, target: Target): Lane {
    const key = laneKey(rule.key, target.id)
    const known = this.#lanes.get(key)
    if (known !== undefined) {
      if (known.target !== target) {
        known.sink = this.#options.openSink(target.address)
        known.rule = rule
        known.target = target
      }
      return known
    }
    const breaker = new Breaker(
      this.#options.clock,
      this.#options.breakerOptions ?? BREAKER_DEFAULTS,
      this.#options.breakers?.snapshots.get(key),
    )
    const lane = new Lane(rule, target, this.#options.openSink(target.address), breaker)
    this.#lanes.set(key, lane)
    return lane
  }

  // ---- sending

  #pump(lane: Lane): void {
    while (lane.waiting.length > 0 && lane.sends < lane.concurrencyMax) {
      const allowance = lane.breaker.allowance
      if (allowance === 0) {
        this.#spillWaiting(lane)
        return
      }
      const size = Math.min(lane.batchMax, allowance, lane.waiting.length)
      const batch = size === lane.waiting.length ? lane.waiting : lane.waiting.slice(0, size)
      lane.waiting = size === lane.waiting.length ? [] : lane.waiting.slice(size)
      void this.#send(lane, batch)
    }
  }

  async #send(lane: Lane, jobs: readonly Job[]): Promise<void> {
    const startedAt = this.#options.clock.monotonic()
    const sent: Job[] = []
    const messages: SinkMessage[] = []
    lane.sends += 1
    for (const job of jobs) {
      job.startedAt = startedAt
      lane.sending.add(job)
      if (job.exhausted !== undefined) {
        void this.#bury(lane, job)
        continue
      }
      const prepared = this.#options.prepare(job.delivery)
      if (prepared.kind === 'failed') {
        job.attempts += 1
        const failure = { code: 'INVALID_INPUT', message: prepared.error.message }
        this.#die(lane, job, { failure, condition: undefined, startedAt })
        continue
      }
      lane.breaker.start()
      sent.push(job)
      messages.push(messageOf(job, prepared.body))
    }
    const results = messages.length === 0 ? [] : await this.#attempt(lane, messages)
    lane.sends -= 1
    this.#finish(lane, sent, results, startedAt)
    if (this.#isClosing) this.#wakeIdle()
    else {
      this.#pump(lane)
      if (lane.waiting.length === 0) this.#arm(lane)
    }
  }

  async #attempt(lane: Lane, messages: readonly SinkMessage[]): Promise<readonly SinkResult[]> {
    if (lane.sink === undefined) {
      const message = `no sink serves the address \`${lane.target.address}\``
      return messages.map(() => ({ kind: 'dead', failure: { code: 'NO_RESOURCE', message } }))
    }
    try {
      return await lane.sink.send(messages, this.#abort.signal)
    } catch (error) {
      const message = describeError(error)
      this.#options.logger.error('a sink rejected', {
        address: lane.target.address,
        error: message,
      })
      return messages.map(() => ({ kind: 'retry', failure: { code: 'SDK_CLIENT_ERROR', message } }))
    }
  }

  #finish(
    lane: Lane,
    jobs: readonly Job[],
    results: readonly SinkResult[],
    startedAt: number,
  ): void {
    let delivered = 0
    let oldest = Number.POSITIVE_INFINITY
    for (const [index, job] of jobs.entries()) {
      const result = results[index] ?? LOST_RESULT
      job.attempts += 1
      const changed = lane.breaker.end(result.kind !== 'retry')
      if (changed !== undefined) this.#breakerChanged(lane, changed, result)
      if (result.kind === 'delivered') {
        delivered += 1
        oldest = Math.min(oldest, job.delivery.timestamp)
        this.#succeed(lane, job, startedAt)
      } else if (result.kind === 'dead') {
        this.#die(lane, job, { failure: result.failure, condition: undefined, startedAt })
      } else this.#retry(lane, job, result, startedAt)
    }
    if (delivered > 0) this.#publishSettled(lane, 'delivered', delivered, oldest)
  }

  // ---- the ways an attempt ends

  #succeed(lane: Lane, job: Job, startedAt: number): void {
    if (job.attempts > 1 || this.#isSampled()) {
      this.#record(lane, job, { startedAt, result: 'delivered' })
    }
    this.#end(lane, job)
  }

  #retry(
    lane: Lane,
    job: Job,
    result: Extract<SinkResult, { kind: 'retry' }>,
    startedAt: number,
  ): void {
    const now = this.#options.clock.now()
    const facts = {
      policy: lane.target.retry,
      defaults: this.#defaults,
      backoff: this.#backoff,
      attempts: job.attempts,
      firstAttemptAt: job.firstAttemptAt,
      now,
      afterMs: result.afterMs,
    }
    const decision = decideRetry(facts, this.#options.random)
    if (decision.kind === 'exhausted') {
      this.#die(lane, job, { failure: result.failure, condition: decision.condition, startedAt })
      return
    }
    this.#record(lane, job, {
      startedAt,
      result: 'retry',
      failure: result.failure,
      retryAt: decision.at,
    })
    this.#park(lane, job, decision.at, result.failure)
  }

  #die(
    lane: Lane,
    job: Job,
    death: { failure: SinkFailure; condition: string | undefined; startedAt: number },
  ): void {
    job.exhausted = { failure: death.failure, condition: death.condition }
    this.#record(lane, job, { startedAt: death.startedAt, result: 'dead', failure: death.failure })
    void this.#bury(lane, job)
  }

  /** Pays the dead letter, then ends the job; a dead letter that cannot be paid now is owed in the row. */
  async #bury(lane: Lane, job: Job): Promise<void> {
    const { failure, condition } = job.exhausted!
    const queueArn = lane.target.deadLetterArn
    let note = ''
    if (queueArn !== undefined) {
      try {
        const attributes = deadLetterAttributes(job)
        const envelope = job.delivery.event.envelope
        if (!(await this.#options.sendDeadLetter(queueArn, envelope, attributes))) {
          note = `; its dead-letter queue \`${queueArn}\` does not exist`
        }
      } catch (error) {
        const delayMs = backoffDelayMs(this.#backoff, job.attempts, this.#options.random)
        const fields = { queue: queueArn, error: describeError(error) }
        this.#options.logger.warn('a dead letter could not be sent', fields)
        this.#park(lane, job, this.#options.clock.now() + delayMs, failure)
        return
      }
    }
    const now = this.#options.clock.now()
    const row = rowOf(job, {
      state: 'dead',
      dueAt: now,
      lastAttemptAt: now,
      failure: { code: failure.code, message: failure.message + note },
      exhausted: condition ?? '',
    })
    this.#end(lane, job, row)
    const outcome = condition === 'MaximumEventAgeInSeconds' ? 'expired' : 'dead'
    this.#publishSettled(lane, outcome, 1, job.delivery.timestamp)
    // While this one was being buried its lane may have found no room for rows that are due.
    this.#arm(lane)
  }

  /** The job leaves memory as a pending row, to be claimed when due. */
  #park(lane: Lane, job: Job, dueAt: number, failure: SinkFailure): void {
    lane.sending.delete(job)
    this.#putPending(lane, job, dueAt, failure)
    this.#unclaim(lane, job)
    this.#giveBack(job)
    this.#arm(lane)
  }

  /** The job is over: its row goes, or stays as the dead one. */
  #end(lane: Lane, job: Job, dead?: DeliveryRow): void {
    lane.sending.delete(job)
    if (job.hasRow) {
      lane.pendingRows -= 1
      if (dead === undefined) this.#options.ledger.remove(deliveryId(job.delivery))
      this.#unclaim(lane, job)
    }
    if (dead !== undefined) this.#options.ledger.put(dead)
    this.#giveBack(job)
  }

  #giveBack(job: Job): void {
    const { settled } = job
    if (settled === undefined) return
    job.settled = undefined
    this.#held.delete(job)
    settled(job.delivery)
  }

  // ---- rows

  /** A place in the window is given up: the row takes over, and if an attempt is under way it goes on. */
  #spill(lane: Lane, job: Job): void {
    const isUnderWay = job.startedAt !== undefined
    const now = this.#options.clock.now()
    if (isUnderWay) {
      lane.claimed.add(deliveryId(job.delivery))
      this.#putPending(lane, job, now + SPILLED_DUE_MS, UNDER_WAY)
      this.#giveBack(job)
    } else {
      const waitMs = Math.max(SPILLED_DUE_MS, lane.breaker.waitMs)
      const failure = job.exhausted?.failure ?? SPILLED
      // A claimed row that goes unattempted keeps the row it came from.
      if (job.hasRow) this.#unclaim(lane, job)
      else this.#putPending(lane, job, now + waitMs, failure)
      this.#giveBack(job)
      this.#arm(lane)
    }
  }

  #spillWaiting(lane: Lane): void {
    const { waiting } = lane
    lane.waiting = []
    for (const job of waiting) this.#spill(lane, job)
    this.#arm(lane)
  }

  #putPending(lane: Lane, job: Job, dueAt: number, failure: SinkFailure): void {
    const row = rowOf(job, {
      state: 'pending',
      dueAt,
      lastAttemptAt: this.#options.clock.now(),
      failure,
      ...(job.exhausted === undefined ? {} : { exhausted: job.exhausted.condition ?? '' }),
    })
    this.#options.ledger.put(row)
    if (!job.hasRow) {
      job.hasRow = true
      lane.pendingRows += 1
    }
    const noteDue = (): void => {
      lane.nextDueAt = Math.min(lane.nextDueAt ?? Number.POSITIVE_INFINITY, row.dueAt)
    }
    noteDue()
    // Who looks into the store before the row is there finds nothing due, and has to look again.
    this.#options.ledger.afterCommit(() => {
      noteDue()
      this.#arm(lane)
    })
  }

  /** Until the change is durable the store still shows the row as it was: nobody may claim that. */
  #unclaim(lane: Lane, job: Job): void {
    const id = deliveryId(job.delivery)
    if (!lane.claimed.has(id)) return
    this.#options.ledger.afterCommit(() => {
      lane.claimed.delete(id)
      this.#arm(lane)
    })
    this.#options.ledger.schedule()
  }

  #arm(lane: Lane): void {
    lane.timer?.cancel()
    lane.timer = undefined
    if (this.#isClosing || lane.pendingRows <= lane.claimed.size) return
    const now = this.#options.clock.now()
    const dueInMs = lane.nextDueAt === undefined ? RECHECK_MS : lane.nextDueAt - now
    const delayMs = Math.max(dueInMs, lane.breaker.waitMs, 0)
    lane.timer = this.#options.clock.setTimer(delayMs, () => {
      lane.timer = undefined
      void this.#refill(lane)
    })
  }

  async #refill(lane: Lane): Promise<void> {
    const limit = Math.min(lane.capacity, CLAIMED_ROWS_MAX)
    if (lane.isRefilling || this.#isClosing) return
    if (limit === 0) {
      // A busy lane arms again when a send ends. A timer may fire a moment before the breaker's time is up.
      if (lane.breaker.waitMs > 0) this.#arm(lane)
      return
    }
    lane.isRefilling = true
    try {
      const base = { ruleKey: lane.rule.key, targetId: lane.target.id, except: lane.claimed }
      const dueBefore = this.#options.clock.now() + 1
      const current = this.#options.findTarget(lane.rule.key, lane.target.id)
      const rows = await this.#options.store.due({
        ...base,
        // What is owed to a target that is gone is over at once, due or not.
        dueBefore: current === undefined ? Number.MAX_SAFE_INTEGER : dueBefore,
        limit: current === undefined ? CLAIMED_ROWS_MAX : limit,
      })
      if (this.#isClosing) return
      if (current !== undefined) this.#openLane(current.rule, current.target)
      for (const row of rows) this.#claim(lane, row, current)
      if (rows.length === limit) lane.nextDueAt = this.#options.clock.now()
      else await this.#findNextDue(lane, base)
    } catch (error) {
      this.#options.logger.error('pending deliveries could not be read', {
        error: describeError(error),
      })
      lane.nextDueAt = this.#options.clock.now() + RECHECK_MS
    } finally {
      lane.isRefilling = false
    }
    this.#pump(lane)
    this.#arm(lane)
  }

  async #findNextDue(
    lane: Lane,
    base: { ruleKey: string; targetId: string; except: ReadonlySet<string> },
  ): Promise<void> {
    lane.nextDueAt = undefined
    const [next] = await this.#options.store.due({
      ...base,
      dueBefore: Number.MAX_SAFE_INTEGER,
      limit: 1,
    })
    if (next !== undefined) {
      lane.nextDueAt = Math.min(lane.nextDueAt ?? Number.POSITIVE_INFINITY, next.dueAt)
    }
  }

  #claim(
    lane: Lane,
    row: DeliveryRow,
    current: { rule: RoutedRule; target: Target } | undefined,
  ): void {
    lane.claimed.add(row.id)
    const { record } = row
    const now = this.#now()
    if (record === undefined) throw new Error(`pending row ${row.id} has no record`)
    const job = jobFromRow(
      { ...row, record },
      current ?? { rule: lane.rule, target: lane.target },
      now.monotonic,
    )
    if (current === undefined) this.#cancel(lane, job)
    else if (job.exhausted === undefined && this.#isExpired(current.target, row.firstAttemptAt)) {
      const failure = { code: row.errorCode, message: row.errorMessage }
      const condition = 'MaximumEventAgeInSeconds'
      this.#die(lane, job, { failure, condition, startedAt: now.monotonic })
    } else lane.waiting.push(job)
  }

  #isExpired(target: Target, firstAttemptAt: number): boolean {
    const now = this.#options.clock.now()
    return isExpired({ policy: target.retry, defaults: this.#defaults, firstAttemptAt, now })
  }

  #cancel(lane: Lane, job: Job): void {
    const { delivery } = job
    this.#options.logger.info('a delivery was cancelled because its target is gone', {
      event: delivery.event.id,
      rule: delivery.rule.key,
      target: delivery.target.id,
    })
    this.#record(lane, job, { startedAt: this.#options.clock.monotonic(), result: 'cancelled' })
    this.#end(lane, job)
    this.#publishSettled(lane, 'cancelled', 1, delivery.timestamp)
  }

  // ---- the window

  #armSweep(): void {
    if (this.#sweepTimer !== undefined || this.#held.size === 0 || this.#isClosing) return
    this.#sweepTimer = this.#options.clock.setTimer(UNSETTLED_MS_MAX / 4, () => {
      this.#sweepTimer = undefined
      this.#sweep(UNSETTLED_MS_MAX)
      this.#armSweep()
    })
  }

  #sweep(ageMs: number): void {
    const before = this.#options.clock.monotonic() - ageMs
    for (const job of this.#held) {
      if (job.takenAt > before) return
      const lane = this.#laneOf(job.delivery)
      if (job.startedAt === undefined) this.#spillWaiting(lane)
      else this.#spill(lane, job)
    }
  }

  // ---- telling

  #record(
    lane: Lane,
    job: Job,
    facts: {
      startedAt: number
      result: 'delivered' | 'retry' | 'dead' | 'cancelled'
      failure?: SinkFailure
      retryAt?: number
    },
  ): void {
    const durationMs = this.#options.clock.monotonic() - facts.startedAt
    const at = this.#options.clock.now()
    const { result, failure } = facts
    this.#options.ledger.attempt(
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
      ...(facts.retryAt === undefined ? {} : { retryAt: facts.retryAt }),
    }
    if (failure !== undefined)
      this.#options.logger.warn('a delivery attempt failed', { ...line, result })
    else this.#options.logger.debug('a delivery attempt ended', { ...line, result })
    if (channels.deliveryAttempted.hasSubscribers && result !== 'cancelled') {
      channels.deliveryAttempted.publish({ ...line, result })
    }
  }

  #publishSettled(lane: Lane, outcome: Outcome, count: number, oldest: number): void {
    if (!channels.deliveriesSettled.hasSubscribers) return
    const latencyMs = Math.max(0, this.#options.clock.now() - oldest)
    channels.deliveriesSettled.publish({
      outcome,
      kind: kindOf(lane.target.address),
      count,
      latencyMs,
    })
  }

  #breakerChanged(lane: Lane, state: 'closed' | 'open' | 'half-open', result: SinkResult): void {
    const reason = result.kind === 'delivered' ? 'an attempt succeeded' : result.failure.message
    const fields = { target: lane.key, address: lane.target.address, state, reason }
    this.#options.logger.warn('a breaker changed', fields)
    this.#options.breakers?.save(lane.key, lane.breaker.snapshot)
    if (channels.breakerChanged.hasSubscribers) {
      channels.breakerChanged.publish({ targetKey: lane.key, state, reason })
    }
    if (state === 'open') this.#spillWaiting(lane)
  }

  #isSampled(): boolean {
    const second = Math.floor(this.#options.clock.monotonic() / 1000)
    if (second !== this.#successesSecond) {
      this.#successesSecond = second
      this.#successesRecorded = 0
    }
    this.#successesRecorded += 1
    return this.#successesRecorded <= SUCCESSES_RECORDED_PER_SECOND
  }

  #sendingCount(): number {
    let count = 0
    for (const lane of this.#lanes.values()) count += lane.sending.size
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

const LOST_RESULT: SinkResult = {
  kind: 'retry',
  failure: { code: 'SDK_CLIENT_ERROR', message: 'the sink gave no result for this message' },
}

/** A message whose names are worked out only for sinks that send them. */
function messageOf(job: Job, body: Uint8Array): SinkMessage {
  const { delivery } = job
  return {
    get deliveryId() {
      return deliveryId(delivery)
    },
    get eventId() {
      return delivery.event.id
    },
    event: delivery.event,
    body,
    target: delivery.target,
    attempt: job.attempts + 1,
  }
}

/** `http`, `sqs`, `lambda` …: the address's service, for metrics. */
function kindOf(address: string): string {
  return address.startsWith('arn:')
    ? (address.split(':', 3)[2] ?? 'arn')
    : (address.split(':', 1)[0] ?? '')
}

function goneRule(pending: { readonly ruleKey: string }): RoutedRule {
  return { key: pending.ruleKey, name: '', arn: '', busKey: '', pattern: '', targets: [] }
}

function goneTarget(pending: { readonly targetId: string }): Target {
  return { id: pending.targetId, address: '' }
}
