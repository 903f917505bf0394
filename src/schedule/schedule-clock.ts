// The clock of schedules: a heap of what is due next of each plan, fired in order of time.
//
//   put ─▶ waiting (heap) ─▶ due ─▶ firing (append) ─▶ fired ─▶ waiting for the next occurrence
//                                      └─ no room ─▶ due again a second later
//
// Invariant: an occurrence is fired at most once, also over crashes: what the log holds is never fired again.
// Invariant: the next occurrence of a plan waits only once the one before is durable.

import {
  AppError,
  channels,
  type Clock,
  createUuid,
  describeError,
  isAppError,
  type Logger,
  type Random,
  type Timer,
} from '../base/index.ts'
import type { Ingress } from '../ingress/index.ts'
import { type DueEntry, DueHeap } from './due-heap.ts'
import { encodeFiring } from './firing.ts'
import { CATCH_UP_ALL_MS, FIRINGS_PER_BATCH_MAX, RECHECK_MS, RETRY_MS } from './limits.ts'
import { firstOccurrence, latestMissed } from './missed.ts'
import { fireTime, type Firing, firingId, type Plan } from './plan.ts'
import { type FiredBefore, Watermark, type WatermarkOptions } from './watermark.ts'

export interface ScheduleClockOptions extends Omit<WatermarkOptions, 'hasFiredUpTo'> {
  readonly ingress: Pick<Ingress, 'accept'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The last occurrence of a plan has fired, and is durable. */
  readonly onCompleted: (plan: Plan) => void
  readonly onFatal: (error: unknown) => void
}

interface Waiting extends DueEntry {
  readonly plan: Plan
  readonly nominalMs: number
}

interface Known {
  readonly plan: Plan
  /** Occurrences up to here have fired, are on their way to the log, or were passed over. */
  doneMs: number
}

export class ScheduleClock {
  readonly #options: ScheduleClockOptions
  readonly #watermark: Watermark
  readonly #known = new Map<string, Known>()
  readonly #heap = new DueHeap<Waiting>()
  #firing: readonly Waiting[] = []
  /** Of the process before; plans that are put once this one runs are new. */
  #before: FiredBefore | undefined
  #timer: Timer | undefined
  #turn: Promise<void> | undefined
  #isRunning = false
  #isClosed = false

  constructor(options: ScheduleClockOptions) {
    this.#options = options
    const hasFiredUpTo = (timeMs: number): boolean => this.#hasFiredUpTo(timeMs)
    this.#watermark = new Watermark({ ...options, hasFiredUpTo })
  }

  /** Reads what has fired already. Plans that were there before are put after this, and before `start`. */
  async load(): Promise<void> {
    this.#before = await this.#watermark.load()
  }

  start(): void {
    this.#before = undefined
    this.#isRunning = true
    this.#arm()
  }

  /** Adds a plan, or replaces the one of its key; what has fired since the plan's `sinceMs` stays fired. */
  put(plan: Plan): void {
    const before = this.#known.get(plan.key)
    const isGoingOn = before?.plan.sinceMs === plan.sinceMs
    const doneMs = isGoingOn ? before.doneMs : plan.sinceMs - 1
    this.#known.set(plan.key, { plan, doneMs })
    const first = isGoingOn ? plan.timeline.next(doneMs) : firstOccurrence(plan, this.#before)
    this.#wait(plan, first)
    if (first === undefined && this.#before !== undefined) this.#completedBefore(plan)
  }

  delete(key: string): void {
    this.#known.delete(key)
    this.#heap.delete(key)
    this.#arm()
  }

  /** When a plan's next occurrence fires, or undefined when it has none. */
  nextFireTime(key: string): number | undefined {
    return this.#heap.get(key)?.fireMs ?? this.#firing.find((entry) => entry.key === key)?.fireMs
  }

  /** Plans, and those of them that should have fired by now. */
  counts(): { readonly plans: number; readonly due: number } {
    const next = this.#heap.peek()
    const isDue = next !== undefined && next.fireMs <= this.#options.clock.now()
    return { plans: this.#known.size, due: this.#firing.length + (isDue ? 1 : 0) }
  }

  /** Fires a plan once, now, beside its occurrences. Resolves with the event's id once it is durable. */
  async trigger(plan: Plan): Promise<string> {
    const { clock, random, ingress } = this.#options
    const nominalMs = Math.floor(clock.now() / 1000) * 1000
    const firing = { plan, nominalMs, eventId: createUuid(random) }
    await ingress.accept('internal', [encodeFiring(firing)])
    publish(plan, { lateMs: 0, isTriggered: true })
    return firing.eventId
  }

  /** Keeps what a start has to read of the log small. */
  tend(): void {
    this.#watermark.tend()
  }

  /** Fires nothing more; what is on its way to the log ends first. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#turn
    this.#watermark.close()
  }

  /** The process before may have ended between a last firing and what was to follow it. */
  #completedBefore(plan: Plan): void {
    if (plan.timeline.next(plan.sinceMs - 1) !== undefined) this.#options.onCompleted(plan)
  }

  #wait(plan: Plan, nominalMs: number | undefined): void {
    if (nominalMs === undefined) this.#heap.delete(plan.key)
    else {
      this.#heap.put({ key: plan.key, plan, nominalMs, fireMs: fireTime(plan, nominalMs) })
    }
    this.#arm()
  }

  #arm(delayMs?: number): void {
    if (!this.#isRunning || this.#isClosed || this.#turn !== undefined) return
    this.#timer?.cancel()
    const next = this.#heap.peek()
    if (next === undefined) return
    const { clock } = this.#options
    // The clock may be set meanwhile, so it is looked at now and then also when nothing is due for long.
    const dueInMs = delayMs ?? Math.max(0, next.fireMs - clock.now())
    this.#timer = clock.setTimer(Math.min(dueInMs, RECHECK_MS), () => {
      this.#turn = this.#fireDue()
    })
  }

  async #fireDue(): Promise<void> {
    let delayMs: number | undefined
    try {
      for (let due = this.#takeDue(); due.length > 0 && !this.#isClosed; due = this.#takeDue()) {
        await this.#fire(due)
      }
    } catch (error) {
      delayMs = RETRY_MS
      this.#failed(error)
    }
    this.#turn = undefined
    this.#arm(delayMs)
  }

  #takeDue(): readonly Waiting[] {
    const now = this.#options.clock.now()
    const due: Waiting[] = []
    for (let next = this.#heap.peek(); next !== undefined; next = this.#heap.peek()) {
      if (next.fireMs > now || due.length === FIRINGS_PER_BATCH_MAX) break
      this.#heap.pop()
      const entry = now - next.fireMs > CATCH_UP_ALL_MS ? this.#catchUp(next, now) : next
      if (entry === undefined) continue
      this.#known.get(entry.key)!.doneMs = entry.nominalMs
      due.push(entry)
    }
    return due
  }

  /** Of an occurrence that was missed by long: the latest one that was, unless even that is too old. */
  #catchUp(entry: Waiting, now: number): Waiting | undefined {
    const { plan } = entry
    const { latestMs, nextMs, skipped } = latestMissed(plan, entry.nominalMs, now)
    if (skipped > 0) {
      const fields = { schedule: plan.arn, skipped, from: new Date(entry.nominalMs).toISOString() }
      this.#options.logger.warn('occurrences of a schedule were missed and are passed over', fields)
      if (channels.schedulesMissed.hasSubscribers) {
        channels.schedulesMissed.publish({ kind: plan.kind, arn: plan.arn, count: skipped })
      }
    }
    if (latestMs !== undefined) {
      return { key: plan.key, plan, nominalMs: latestMs, fireMs: fireTime(plan, latestMs) }
    }
    this.#known.get(plan.key)!.doneMs = now
    this.#wait(plan, nextMs)
    if (nextMs === undefined) this.#options.onCompleted(plan)
    return undefined
  }

  async #fire(due: readonly Waiting[]): Promise<void> {
    const { clock, ingress, onCompleted } = this.#options
    this.#firing = due
    try {
      await ingress.accept(
        'internal',
        due.map((entry) => encodeFiring(firingOf(entry))),
      )
    } catch (error) {
      this.#firing = []
      for (const entry of due) this.#putBack(entry)
      throw error
    }
    this.#firing = []
    this.#watermark.fired()
    const now = clock.now()
    for (const { plan, nominalMs, fireMs } of due) {
      publish(plan, { lateMs: Math.max(0, now - fireMs), isTriggered: false })
      // Changed meanwhile, it waits for its next occurrence already.
      if (this.#known.get(plan.key)?.plan !== plan) continue
      const next = plan.timeline.next(nominalMs)
      this.#wait(plan, next)
      if (next === undefined) onCompleted(plan)
    }
  }

  /** Nothing of it was kept: it is due again, unless its schedule was changed or deleted meanwhile. */
  #putBack(entry: Waiting): void {
    const known = this.#known.get(entry.key)
    if (known?.plan.sinceMs !== entry.plan.sinceMs) return
    known.doneMs = entry.nominalMs - 1
    this.#heap.put({ ...entry, plan: known.plan })
  }

  #failed(error: unknown): void {
    const { logger, onFatal } = this.#options
    if (this.#isClosed || isAppError(error, 'LOG_CLOSED')) return
    if (error instanceof AppError && error.retry) {
      logger.warn('schedules could not fire and try again', { error: describeError(error) })
    } else onFatal(error)
  }

  #hasFiredUpTo(timeMs: number): boolean {
    const next = this.#heap.peek()
    if (next !== undefined && next.fireMs <= timeMs) return false
    return this.#firing.every(({ fireMs }) => fireMs > timeMs)
  }
}

function firingOf({ plan, nominalMs }: Waiting): Firing {
  return { plan, nominalMs, eventId: firingId(plan.key, nominalMs) }
}

function publish(
  { kind, arn }: Plan,
  facts: { readonly lateMs: number; readonly isTriggered: boolean },
): void {
  if (channels.scheduleFired.hasSubscribers) channels.scheduleFired.publish({ kind, arn, ...facts })
}
