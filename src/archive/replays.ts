// The replays under way in this process.

import type { Clock, Logger } from '../base/index.ts'
import type { Ingress } from '../ingress/index.ts'
import type { Log } from '../log/index.ts'
import type { Archives } from './archives.ts'
import { Pace, type PaceOptions, Traffic } from './pace.ts'
import { Replay, type ReplayPlan, type ReplayProgress } from './replay.ts'

export interface ReplaysOptions extends PaceOptions {
  readonly log: Pick<Log, 'read' | 'end'>
  readonly ingress: Pick<Ingress, 'accept'>
  readonly archives: Pick<Archives, 'settled' | 'stats' | 'read'>
  readonly clock: Clock
  readonly logger: Logger
  /** A storage failure from which the process must not go on. */
  readonly onFatal: (error: unknown) => void
}

/** Keeps the progress of a replay; resolves once that is durable. */
export type SaveProgress = (progress: ReplayProgress) => Promise<void>

export class Replays {
  readonly #options: ReplaysOptions
  readonly #traffic: Traffic
  readonly #running = new Map<string, { readonly replay: Replay; readonly done: Promise<void> }>()
  #isClosed = false
  #replayed = 0

  constructor(options: ReplaysOptions) {
    this.#options = options
    this.#traffic = new Traffic(options.clock)
  }

  /** Begins a replay, or goes on with one that another process began. */
  start(plan: ReplayPlan, progress: ReplayProgress, save: SaveProgress): void {
    if (this.#isClosed || this.#running.has(plan.uid)) return
    const pace = new Pace(this.#options, this.#traffic, plan.ratePerSecond)
    const replay = new Replay(plan, progress, {
      ...this.#options,
      pace,
      save,
      onSent: (events) => {
        this.#replayed += events
      },
    })
    const done = this.#run(replay)
    this.#running.set(plan.uid, { replay, done })
  }

  /** False when no replay of this uid is under way. */
  cancel(uid: string): boolean {
    const running = this.#running.get(uid)
    running?.replay.cancel()
    return running !== undefined
  }

  /** Newer than what was kept; undefined when it is not under way. */
  progress(uid: string): ReplayProgress | undefined {
    return this.#running.get(uid)?.replay.progress
  }

  /** Events brought back since the start. */
  get replayed(): number {
    return this.#replayed
  }

  get active(): number {
    return this.#running.size
  }

  /** Archives that are being read: nothing may leave them now. */
  archives(): ReadonlySet<string> {
    return new Set(Array.from(this.#running.values(), ({ replay }) => replay.plan.archive))
  }

  /** Leaves every replay where it is, kept for the next process. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#traffic.close()
    for (const { replay } of this.#running.values()) replay.suspend()
    await Promise.all(Array.from(this.#running.values(), ({ done }) => done))
  }

  async #run(replay: Replay): Promise<void> {
    const { logger, onFatal } = this.#options
    const { uid, name } = replay.plan
    try {
      await replay.run()
      const { state, events, reason, endedAt } = replay.progress
      const fields = { replay: name, state, events, ...(reason === undefined ? {} : { reason }) }
      const message = endedAt === undefined ? 'a replay waits for the next start' : 'a replay ended'
      logger.info(message, fields)
    } catch (error) {
      onFatal(error)
    } finally {
      this.#running.delete(uid)
    }
  }
}
