// Keeps the clock of schedules as the store says: lists the rules and schedules, then follows the store's watch. A
// plan is given to the clock only once its rule is live, so that a firing finds the targets it is for.
//
//   last occurrence fired ─▶ its deliveries have ended ─▶ deleted, when its schedule asks for that
//
// Invariant: `settled` resolves only when every write made before the call is with the clock.

import { AppError, type Clock, describeError, type Logger, type Timer } from '../base/index.ts'
import type { Resource, ResourceOf } from '../model/index.ts'
import type { LogPlace, Plan, ScheduleClock } from '../schedule/index.ts'
import { listAllRows, type Row, type RowChange, type RowStore } from '../store/index.ts'
import { planOfRule, planOfSchedule } from './schedule-plans.ts'

/** How often it is looked whether the last deliveries of a completed schedule have ended, milliseconds. */
const COMPLETION_MS = 1000

export interface ScheduleKeeperOptions {
  readonly rows: Pick<RowStore, 'list' | 'watch' | 'revision'>
  /** The resource that a row holds. */
  readonly decode: (row: Row) => Resource
  readonly schedules: ScheduleClock
  readonly publish: () => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
  /** The end of the log. */
  readonly logEnd: () => LogPlace
  /** Whether a rule has no delivery left of what the log holds before a place. */
  readonly hasDelivered: (ruleKey: string, place: LogPlace) => Promise<boolean>
  /** Deletes a schedule, unless it was changed meanwhile. */
  readonly deleteCompleted: (schedule: ResourceOf<'Schedule'>) => Promise<void>
}

export class ScheduleKeeper {
  readonly #options: ScheduleKeeperOptions
  readonly #stop = new AbortController()
  /** By row: what it stands for, also while it is paused. */
  readonly #byRow = new Map<string, Kept>()
  readonly #byKey = new Map<string, Kept>()
  readonly #completed = new Map<string, LogPlace>()
  #timer: Timer | undefined
  #seen = 0
  #waiters: { readonly revision: number; readonly settle: (error?: Error) => void }[] = []
  #loop: Promise<void> = Promise.resolve()

  constructor(options: ScheduleKeeperOptions) {
    this.#options = options
  }

  /** Gives the clock what is there, and starts it. */
  async open(): Promise<void> {
    const { rows, decode, schedules } = this.#options
    const { rows: rules, revision } = await listAllRows(rows, { kind: 'Rule' })
    const listed = await listAllRows(rows, { kind: 'Schedule', revision })
    const found = [...rules, ...listed.rows].filter((row) => keptOf(decode(row)) !== undefined)
    // Where nothing fires, nothing has to be read of the log.
    if (found.length > 0) await schedules.load()
    for (const row of found) this.#apply({ type: 'put', row })
    schedules.start()
    this.#seen = revision
    this.#loop = this.#follow()
  }

  /** What fires, or would if it were not paused. */
  find(key: string): Kept | undefined {
    return this.#byKey.get(key)
  }

  all(): Iterable<Kept> {
    return this.#byKey.values()
  }

  settled(): Promise<void> {
    const revision = this.#options.rows.revision()
    if (this.#seen >= revision) return Promise.resolve()
    if (this.#stop.signal.aborted) return Promise.reject(stoppingError())
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => (error === undefined ? resolve() : reject(error))
      this.#waiters.push({ revision, settle })
    })
  }

  /** The last occurrence of a plan has fired. */
  completed({ key }: Plan): void {
    const resource = this.#byKey.get(key)?.resource
    if (resource?.kind !== 'Schedule' || resource.spec.afterCompletion !== 'DELETE') return
    this.#completed.set(key, this.#options.logEnd())
    this.#arm()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#timer?.cancel()
    await this.#loop
    for (const { settle } of this.#waiters) settle(stoppingError())
    this.#waiters = []
  }

  async #follow(): Promise<void> {
    const { rows, publish, onFatal } = this.#options
    const { signal } = this.#stop
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      // All kinds, because a revision that changed nothing here counts as seen too.
      for await (const change of rows.watch({ after: this.#seen, signal })) {
        if (isKept(change.row)) {
          // With a full disk nothing is published, and stopping must not wait for room.
          await Promise.race([publish(), stopped])
          if (signal.aborted) return
          this.#apply(change)
        }
        this.#seen = Math.max(this.#seen, change.row.revision)
        this.#release()
      }
    } catch (error) {
      if (!signal.aborted) onFatal(error)
    }
  }

  #apply({ type, row }: RowChange): void {
    const before = this.#byRow.get(rowKey(row))
    const kept = type === 'put' ? keptOf(this.#options.decode(row)) : undefined
    // Made anew under its name it is another one, and a rule may have lost its schedule.
    if (before !== undefined && kept?.plan.key !== before.plan.key) this.#forget(row, before)
    if (kept !== undefined) this.#keep(row, kept)
  }

  #forget(row: Row, { plan }: Kept): void {
    this.#byRow.delete(rowKey(row))
    this.#byKey.delete(plan.key)
    this.#completed.delete(plan.key)
    this.#options.schedules.delete(plan.key)
  }

  #keep(row: Row, kept: Kept): void {
    this.#byRow.set(rowKey(row), kept)
    this.#byKey.set(kept.plan.key, kept)
    this.#completed.delete(kept.plan.key)
    if (kept.isOn) this.#options.schedules.put(kept.plan)
    else this.#options.schedules.delete(kept.plan.key)
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#stop.signal.aborted) return
    this.#timer = this.#options.clock.setTimer(COMPLETION_MS, () => void this.#deleteCompleted())
  }

  async #deleteCompleted(): Promise<void> {
    const { hasDelivered, deleteCompleted, logger } = this.#options
    for (const [key, place] of this.#completed) {
      const resource = this.#byKey.get(key)?.resource
      try {
        if (!(await hasDelivered(key, place))) continue
        this.#completed.delete(key)
        if (resource?.kind === 'Schedule') await deleteCompleted(resource)
      } catch (error) {
        logger.warn('a completed schedule could not be deleted', { error: describeError(error) })
      }
    }
    this.#timer = undefined
    if (this.#completed.size > 0) this.#arm()
  }

  #release(): void {
    const ready = this.#waiters.filter((waiter) => waiter.revision <= this.#seen)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#seen)
    for (const { settle } of ready) settle()
  }
}

export interface Kept {
  readonly plan: Plan
  readonly isOn: boolean
  readonly resource: ResourceOf<'Rule'> | ResourceOf<'Schedule'>
}

function isKept({ kind }: Row): boolean {
  return kind === 'Rule' || kind === 'Schedule'
}

function keptOf(resource: Resource): Kept | undefined {
  if (resource.kind === 'Rule') {
    // The row's kind decides its spec: decoding has checked it.
    const rule = resource as ResourceOf<'Rule'>
    const plan = planOfRule(rule)
    return plan && { plan, isOn: rule.spec.state !== 'DISABLED', resource: rule }
  }
  const schedule = resource as ResourceOf<'Schedule'>
  const plan = planOfSchedule(schedule)
  return plan && { plan, isOn: schedule.spec.state === 'ENABLED', resource: schedule }
}

function rowKey({ kind, namespace, name }: Row): string {
  return `${kind}/${namespace}/${name}`
}

function stoppingError(): AppError {
  return new AppError('OVERLOADED', 'the server is stopping')
}
