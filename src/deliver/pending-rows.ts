// The rows of deliveries that are pending: written through the ledger, claimed from the store when due.
//
//   put ─▶ in the ledger ─▶ in the store ─▶ due: claimed ─▶ unclaimed, once what became of it is durable
//
// Invariant: a row is claimed by at most one job, until the change that ended that job is durable.

import { type Clock, describeError, type Logger } from '../base/index.ts'
import type { SinkFailure } from '../connect/index.ts'
import { type Delivery, deliveryId } from '../model/index.ts'
import type { DeliveryRow, DeliveryStore, Ledger } from '../store/index.ts'
import { type Job, rowOf } from './job.ts'
import type { Lane } from './lane.ts'
import type { CurrentTarget } from './lanes.ts'
import { CLAIMED_ROWS_MAX, RECHECK_MS } from './limits.ts'

export interface PendingRowsOptions {
  readonly store: Pick<DeliveryStore, 'cursor' | 'due' | 'idsFrom'>
  /** The reader whose positions are delivered. */
  readonly reader: string
  readonly ledger: Ledger
  /** The rule and target as they are now; undefined when either is gone. */
  readonly findTarget: (ruleKey: string, targetId: string) => CurrentTarget | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** Who works on what was claimed. */
export interface RowTaker {
  /** These rows are claimed now. */
  take(lane: Lane, rows: readonly DeliveryRow[], current: CurrentTarget | undefined): void
  /** All were taken that could be. */
  pump(lane: Lane): void
}

interface TargetRows {
  readonly ruleKey: string
  readonly targetId: string
  readonly except: ReadonlySet<string>
}

export class PendingRows {
  readonly #options: PendingRowsOptions
  readonly #taker: RowTaker
  /** Ids of rows that lie ahead of the cursor this process began at. */
  readonly #owned = new Set<string>()
  /** Ids of dead rows that are owed again, until that is durable. */
  readonly #reviving = new Set<string>()
  #isClosed = false

  constructor(options: PendingRowsOptions, taker: RowTaker) {
    this.#options = options
    this.#taker = taker
  }

  /** Reads which rows lie ahead of the cursor: the router will come by their positions again. */
  async load(): Promise<void> {
    const { store, reader } = this.#options
    const cursor = await store.cursor(reader)
    for (const { partition, offset } of cursor?.positions ?? []) {
      for (const id of await store.idsFrom(partition, offset)) this.#owned.add(id)
    }
  }

  /** Whether a row had this delivery before the process began: then it is the row's. Answers so once. */
  owns(delivery: Delivery): boolean {
    return this.#owned.size > 0 && this.#owned.delete(deliveryId(delivery))
  }

  put(lane: Lane, job: Job, dueAt: number, failure: SinkFailure): void {
    const { clock, ledger } = this.#options
    const row = rowOf(job, {
      state: 'pending',
      dueAt,
      lastAttemptAt: clock.now(),
      failure,
      ...(job.exhausted === undefined ? {} : { exhausted: job.exhausted.condition ?? '' }),
    })
    ledger.put(row)
    if (!job.hasRow) {
      job.hasRow = true
      lane.pendingRows += 1
    }
    const noteDue = (): void => {
      lane.nextDueAt = Math.min(lane.nextDueAt ?? Number.POSITIVE_INFINITY, row.dueAt)
    }
    noteDue()
    // Who looks into the store before the row is there finds nothing due, and has to look again.
    ledger.afterCommit(() => {
      noteDue()
      this.arm(lane)
    })
  }

  /** A dead row is owed again, as if it had never been tried; false while that was asked for already. */
  revive(lane: Lane, dead: DeliveryRow): boolean {
    const { exhausted: _, ...row } = dead
    if (this.#reviving.has(row.id)) return false
    const { clock, ledger } = this.#options
    const now = clock.now()
    this.#reviving.add(row.id)
    ledger.put({
      ...row,
      state: 'pending',
      attempts: 0,
      firstAttemptAt: now,
      lastAttemptAt: now,
      dueAt: now,
      errorCode: 'PENDING',
      errorMessage: 'redriven and not attempted yet',
    })
    lane.pendingRows += 1
    ledger.afterCommit(() => {
      this.#reviving.delete(row.id)
      lane.nextDueAt = Math.min(lane.nextDueAt ?? Number.POSITIVE_INFINITY, now)
      this.arm(lane)
    })
    return true
  }

  /** A dead row is kept no longer. */
  forget({ id }: DeliveryRow): boolean {
    if (this.#reviving.has(id)) return false
    this.#options.ledger.remove(id)
    return true
  }

  /** Resolves when all that was said so far is durable. */
  durable(): Promise<void> {
    const { ledger } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    ledger.afterCommit(resolve)
    ledger.schedule()
    return promise
  }

  /** The delivery is over: its row goes, or has been replaced by the dead one. */
  end(lane: Lane, job: Job, dead: DeliveryRow | undefined): void {
    const { ledger } = this.#options
    if (job.hasRow) {
      lane.pendingRows -= 1
      if (dead === undefined) ledger.remove(deliveryId(job.delivery))
      this.unclaim(lane, job)
    }
    if (dead !== undefined) ledger.put(dead)
  }

  /** The job, which is under way, has a row now that nobody else may take. */
  claim(lane: Lane, job: Job): void {
    lane.claimed.add(deliveryId(job.delivery))
  }

  /** Until the change is durable the store still shows the row as it was: nobody may claim that. */
  unclaim(lane: Lane, job: Job): void {
    const id = deliveryId(job.delivery)
    if (!lane.claimed.has(id)) return
    const { ledger } = this.#options
    ledger.afterCommit(() => {
      lane.claimed.delete(id)
      this.arm(lane)
    })
    ledger.schedule()
  }

  /** Looks for due rows of this lane when the next one is due and its breaker lets something through. */
  arm(lane: Lane): void {
    lane.timer?.cancel()
    lane.timer = undefined
    if (this.#isClosed || lane.pendingRows <= lane.claimed.size) return
    const { clock } = this.#options
    const dueInMs = lane.nextDueAt === undefined ? RECHECK_MS : lane.nextDueAt - clock.now()
    const delayMs = Math.max(dueInMs, this.#barredMs(lane), 0)
    lane.timer = clock.setTimer(delayMs, () => {
      lane.timer = undefined
      void this.#refill(lane)
    })
  }

  /** Claims nothing more. */
  close(): void {
    this.#isClosed = true
  }

  /** How long the breaker holds the lane back; what only waits to be cancelled it does not hold. */
  #barredMs(lane: Lane): number {
    const { waitMs } = lane.breaker
    return waitMs > 0 && this.#find(lane) === undefined ? 0 : waitMs
  }

  #find(lane: Lane): CurrentTarget | undefined {
    return this.#options.findTarget(lane.rule.key, lane.target.id)
  }

  async #refill(lane: Lane): Promise<void> {
    if (lane.isRefilling || this.#isClosed) return
    const isGone = this.#find(lane) === undefined
    // Read before the capacity, or its time could be up between the two, and nobody would look again.
    const { waitMs } = lane.breaker
    const limit = isGone ? CLAIMED_ROWS_MAX : Math.min(lane.capacity, CLAIMED_ROWS_MAX)
    if (limit === 0) {
      // A busy lane arms again when a send ends. A timer may fire a moment before the breaker's time is up.
      if (waitMs > 0) this.arm(lane)
      return
    }
    lane.isRefilling = true
    try {
      await this.#claimDue(lane, isGone, limit)
    } catch (error) {
      const { logger, clock } = this.#options
      logger.error('pending deliveries could not be read', { error: describeError(error) })
      lane.nextDueAt = clock.now() + RECHECK_MS
    } finally {
      lane.isRefilling = false
    }
    if (this.#isClosed) return
    this.#taker.pump(lane)
    this.arm(lane)
  }

  async #claimDue(lane: Lane, isGone: boolean, limit: number): Promise<void> {
    const { store, clock } = this.#options
    const base = { ruleKey: lane.rule.key, targetId: lane.target.id, except: lane.claimed }
    // What is owed to a target that is gone is over at once, due or not.
    const dueBefore = isGone ? Number.MAX_SAFE_INTEGER : clock.now() + 1
    const rows = await store.due({ ...base, dueBefore, limit })
    if (this.#isClosed) return
    for (const row of rows) lane.claimed.add(row.id)
    // The target may have changed while the store was asked.
    this.#taker.take(lane, rows, this.#find(lane))
    if (rows.length === limit) lane.nextDueAt = clock.now()
    else await this.#findNextDue(lane, base)
  }

  async #findNextDue(lane: Lane, base: TargetRows): Promise<void> {
    lane.nextDueAt = undefined
    const query = { ...base, dueBefore: Number.MAX_SAFE_INTEGER, limit: 1 }
    const [next] = await this.#options.store.due(query)
    if (next !== undefined) {
      lane.nextDueAt = Math.min(lane.nextDueAt ?? Number.POSITIVE_INFINITY, next.dueAt)
    }
  }
}
