// One running pipe: reads a batch, sends it on its way, and reads the next as soon as there is room for it. Nothing is
// acknowledged to the source before the target took it.
//
//   reading ──batch──▶ executing (up to EXECUTIONS_MAX) ──▶ acknowledge what was done
//      ▲   └─cannot be read─▶ waiting ─┐        └─nothing was taken─▶ waiting before the next read
//      └───────────────────────────────┘
//
// Invariant: after `close` resolves nothing of it is under way; what it had not acknowledged comes again.

import {
  backoffDelayMs,
  channels,
  type Clock,
  createUuid,
  describeError,
  type Logger,
  type Random,
} from '../base/index.ts'
import type { Invoker, Sink, Source, SourceBatch } from '../connect/index.ts'
import { type Execution, execute } from './execute.ts'
import { createStepLog } from './execution-log.ts'
import { BACKOFF, EXECUTIONS_MAX } from './limits.ts'
import type { PipePlan } from './plan.ts'

export interface PipeParts {
  readonly invoker: Invoker
  /** The sink of an address; undefined when no kind serves it. */
  readonly sinkAt: (address: string) => Sink | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface PipeOptions extends PipeParts {
  readonly plan: PipePlan
  readonly source: Source
}

export class Pipe {
  readonly #options: PipeOptions
  readonly #stopReading = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #running = new Set<Promise<void>>()
  /** Batches in a row of which nothing was taken, or reads that failed. */
  #misses = 0
  readonly #ended: Promise<void>

  constructor(options: PipeOptions) {
    this.#options = options
    this.#ended = this.#run()
  }

  /** Why nothing can be read just now; undefined when all is well. */
  problem(): string | undefined {
    return this.#options.source.problem()
  }

  /** Reads no more; waits for what is under way until `deadline` aborts, then gives it up. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#stopReading.abort()
    const onDeadline = (): void => this.#giveUp.abort()
    deadline.addEventListener('abort', onDeadline, { once: true })
    if (deadline.aborted) onDeadline()
    await this.#ended
    deadline.removeEventListener('abort', onDeadline)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopReading
    while (!signal.aborted) {
      const batch = await this.#read()
      if (batch !== undefined && batch.records.length > 0) this.#start(batch)
      while (this.#running.size >= EXECUTIONS_MAX) await Promise.race(this.#running)
      await this.#pause()
    }
    await Promise.all(this.#running)
    await this.#options.source.close()
  }

  async #read(): Promise<SourceBatch | undefined> {
    const { source, plan, logger } = this.#options
    try {
      return await source.read(this.#stopReading.signal)
    } catch (error) {
      if (this.#misses === 0) {
        const fields = { pipe: plan.arn, error: describeError(error) }
        logger.warn('the source of a pipe cannot be read', fields)
      }
      this.#misses += 1
      return undefined
    }
  }

  #start(batch: SourceBatch): void {
    const running = this.#execute(batch)
      .catch((error: unknown) => {
        const { plan, logger } = this.#options
        const fields = { pipe: plan.arn, error: describeError(error) }
        logger.error('a batch of a pipe was given up', fields)
        this.#misses += 1
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #execute(batch: SourceBatch): Promise<void> {
    const { plan, source, clock, random, logger } = this.#options
    const { records } = batch
    const startedAt = clock.monotonic()
    const log = createStepLog(plan, logger, createUuid(random))
    const execution = await execute(
      { ...this.#options, eventSource: source.eventSource, signal: this.#giveUp.signal, log },
      records,
    )
    await batch.acknowledge(execution.done)
    this.#misses = execution.done.length > 0 ? 0 : this.#misses + 1
    this.#report(batch, execution, clock.monotonic() - startedAt)
  }

  #report({ records }: SourceBatch, { failures, filtered }: Execution, durationMs: number): void {
    if (!channels.pipeExecuted.hasSubscribers) return
    const failed = failures.size
    const wanted = records.length - filtered
    channels.pipeExecuted.publish({
      pipe: this.#options.plan.spec.name,
      outcome: failed === 0 ? 'succeeded' : failed < wanted ? 'partially-failed' : 'failed',
      records: records.length,
      filtered,
      failed,
      sizeBytes: records.reduce((sum, { received }) => sum + received.length, 0),
      durationMs,
    })
  }

  /** After misses, until it may be better; the more of them, the longer. */
  #pause(): Promise<void> {
    const { clock, random } = this.#options
    const { signal } = this.#stopReading
    if (this.#misses === 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = clock.setTimer(backoffDelayMs(BACKOFF, this.#misses, random), end)
      signal.addEventListener('abort', end, { once: true })
    })
  }
}
