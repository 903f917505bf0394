// Runs operations a step at a time, each step's progress a row of the store, so that a restart goes on where it was.
//
//   RUNNING ──last step──▶ COMPLETED
//      ├─ cancel ─▶ CANCELLING ─ the step under way ends ─▶ CANCELLED
//      └─ a step fails again and again ─▶ FAILED, unless its work is patient
//
// Invariant: an operation that has ended never changes again; what a step did stays done.

import {
  AppError,
  type Clock,
  createUuid,
  describeError,
  isAppError,
  type Logger,
  type Random,
  wait,
} from '../base/index.ts'
import { listAllRows, type RowStore } from '../store/index.ts'
import {
  KEPT_MAX,
  RATE_MAX,
  RETRIES_MAX,
  RETRY_MS,
  RETRY_MS_MAX,
  RUNNING_MAX,
  STEP_MAX,
} from './limits.ts'
import type { Operation, OperationWish, OperationWork } from './operation.ts'

export interface OperationsOptions {
  readonly rows: Pick<RowStore, 'list' | 'write'>
  /** By what they go over. */
  readonly works: Readonly<Record<string, OperationWork>>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface Operations {
  /** Durable when it resolves. Throws `REQUEST_INVALID`, `LIMIT_EXCEEDED`, and what is wrong with the wish. */
  start(wish: OperationWish, who: string): Promise<Operation>
  /** How many an operation would go over; nothing is done. */
  preview(wish: OperationWish): Promise<number>
  /** The newest first. */
  list(): readonly Operation[]
  /** Throws `RESOURCE_NOT_FOUND`. */
  get(id: string): Operation
  /** It has ended when it resolves; throws `RESOURCE_CONFLICT` for one that had. */
  cancel(id: string): Promise<Operation>
  /** Steps under way end; the rest goes on with the next start. */
  close(): Promise<void>
}

const KEY = { kind: 'Operation', namespace: 'signalbox' } as const

/** Goes on with what was under way. */
export async function openOperations(options: OperationsOptions): Promise<Operations> {
  const { rows } = await listAllRows(options.rows, { kind: KEY.kind })
  return new RunningOperations(
    options,
    rows.map(({ value }) => value as Operation),
  )
}

class RunningOperations implements Operations {
  readonly #options: OperationsOptions
  readonly #all: Map<string, Operation>
  readonly #running = new Map<string, Promise<void>>()
  readonly #stop = new AbortController()
  /** Those whose pause is to end. */
  readonly #cancels = new Map<string, AbortController>()

  constructor(options: OperationsOptions, stored: readonly Operation[]) {
    this.#options = options
    const ordered = stored.toSorted((one, other) => one.startedAt - other.startedAt)
    this.#all = new Map(ordered.map((operation) => [operation.id, operation]))
    for (const operation of ordered) if (isActive(operation)) this.#run(operation.id)
  }

  async start(wish: OperationWish, who: string): Promise<Operation> {
    if (this.#running.size >= RUNNING_MAX)
      throw new AppError('LIMIT_EXCEEDED', `expected at most ${RUNNING_MAX} operations at once`)
    const total = await this.preview(wish)
    const { clock, random } = this.#options
    const id = createUuid(random)
    const begun = { state: 'RUNNING', total, seen: 0, changed: 0, startedAt: clock.now() } as const
    const operation: Operation = { id, who, ...wish, ...begun }
    await this.#save(operation)
    await this.#forgetOld()
    this.#run(id)
    return operation
  }

  async preview(wish: OperationWish): Promise<number> {
    const { perSecond } = wish
    const isRate =
      perSecond === undefined ||
      (Number.isInteger(perSecond) && perSecond >= 1 && perSecond <= RATE_MAX)
    if (!isRate)
      throw new AppError(
        'REQUEST_INVALID',
        `expected \`perSecond\` to be a whole number, 1 to ${RATE_MAX}, got \`${perSecond}\``,
      )
    return this.#workOf(wish).count(wish)
  }

  list(): readonly Operation[] {
    return Array.from(this.#all.values()).toReversed()
  }

  get(id: string): Operation {
    const operation = this.#all.get(id)
    if (operation !== undefined) return operation
    throw new AppError('RESOURCE_NOT_FOUND', `there is no operation \`${id}\``)
  }

  async cancel(id: string): Promise<Operation> {
    const operation = this.get(id)
    if (!isActive(operation))
      throw new AppError(
        'RESOURCE_CONFLICT',
        `operation \`${id}\` has ended: \`${operation.state}\``,
      )
    await this.#save({ ...operation, state: 'CANCELLING' })
    this.#cancels.get(id)?.abort()
    await this.#running.get(id)
    return this.get(id)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running.values())
  }

  #workOf({ over }: OperationWish): OperationWork {
    const { works } = this.#options
    if (Object.hasOwn(works, over)) return works[over]!
    const known = Object.keys(works).map((name) => `\`${name}\``)
    throw new AppError(
      'REQUEST_INVALID',
      `expected \`over\` to be ${known.join(' or ')}, got \`${over}\``,
    )
  }

  #run(id: string): void {
    const cancel = new AbortController()
    this.#cancels.set(id, cancel)
    const signal = AbortSignal.any([cancel.signal, this.#stop.signal])
    const running = this.#steps(id, signal)
      .catch((error: unknown) => {
        // The store is failing or closing; the next start goes on.
        if (this.#stop.signal.aborted) return
        this.#options.logger.error('an operation is held up', { id, error: describeError(error) })
      })
      .then(() => this.#leave(id))
      .finally(() => {
        this.#running.delete(id)
        this.#cancels.delete(id)
      })
    this.#running.set(id, running)
  }

  async #leave(id: string): Promise<void> {
    const operation = this.#all.get(id)
    if (operation === undefined) return
    try {
      await this.#workOf(operation).leave?.(id)
    } catch (error) {
      this.#options.logger.warn('an operation left something open', {
        id,
        error: describeError(error),
      })
    }
  }

  async #steps(id: string, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    let failures = 0
    while (!this.#stop.signal.aborted) {
      const operation = this.get(id)
      if (operation.state === 'CANCELLING') return this.#end(id, { state: 'CANCELLED' })
      try {
        const pauseMs = await this.#step(operation, signal)
        if (pauseMs === undefined) return
        failures = 0
        if (pauseMs > 0) await wait(clock, pauseMs, signal)
      } catch (error) {
        failures += 1
        const reason = describeError(error)
        // What its own words refuse will be refused again.
        const isFinal = isAppError(error) && error.class !== 'unavailable'
        const isPatient = this.#workOf(operation).isPatient === true
        if (isFinal || (failures > RETRIES_MAX && !isPatient))
          return this.#end(id, { state: 'FAILED', reason })
        logger.warn('a step of an operation failed, it is tried again', { id, error: reason })
        await this.#save({ ...this.get(id), reason })
        const pauseMs = isPatient ? RETRY_MS * 2 ** Math.min(failures - 1, 10) : RETRY_MS
        await wait(clock, Math.min(pauseMs, RETRY_MS_MAX), signal)
      }
    }
  }

  /** Answers how long the next has to wait; undefined when this was the last. */
  async #step(operation: Operation, signal: AbortSignal): Promise<number | undefined> {
    const { id, perSecond } = operation
    const work = this.#workOf(operation)
    const stepMax = work.stepMax ?? STEP_MAX
    const step = await work.step(operation, Math.min(perSecond ?? stepMax, stepMax), signal)
    const { after: _, reason: __, ...before } = this.get(id)
    const seen = before.seen + step.seen
    const changed = before.changed + step.changed
    const total = Math.max(before.total, seen + (step.left ?? 0))
    if (step.after === undefined) {
      await this.#end(id, { seen, changed, total, state: 'COMPLETED' })
      return undefined
    }
    await this.#save({ ...before, seen, changed, total, after: step.after })
    return perSecond === undefined ? 0 : (1000 * step.seen) / perSecond
  }

  async #end(id: string, change: Partial<Operation>): Promise<void> {
    const { after: _, reason: __, ...operation } = this.get(id)
    const ended = { ...operation, ...change, endedAt: this.#options.clock.now() }
    await this.#save(ended)
    const { action, over, state, seen, changed } = ended
    this.#options.logger.info('an operation has ended', { id, action, over, state, seen, changed })
  }

  /** A cancellation that came during a step is not written over by it. */
  async #save(operation: Operation): Promise<void> {
    const current = this.#all.get(operation.id)
    const isKept = current?.state === 'CANCELLING' && operation.state === 'RUNNING'
    const value = isKept ? { ...operation, state: current.state } : operation
    this.#all.set(operation.id, value)
    await this.#options.rows.write([{ ...KEY, name: operation.id, value }])
  }

  async #forgetOld(): Promise<void> {
    const ended = Array.from(this.#all.values()).filter((operation) => !isActive(operation))
    const gone = ended.slice(0, Math.max(0, this.#all.size - KEPT_MAX))
    if (gone.length === 0) return
    for (const { id } of gone) this.#all.delete(id)
    await this.#options.rows.write(gone.map(({ id }) => ({ ...KEY, name: id })))
  }
}

function isActive({ state }: Operation): boolean {
  return state === 'RUNNING' || state === 'CANCELLING'
}
