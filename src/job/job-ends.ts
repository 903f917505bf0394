// Jobs that another controller runs, a real cluster's: each that comes to its end is told, once, also over a restart.
// What had ended before anybody looked for the first time is not news.

import type { Clock, Logger } from '../base/index.ts'
import { Controller, type KubeClient, type KubeObject } from '../objects/index.ts'
import type { JobEnd, OnJobEnded } from './job-controller.ts'
import { JOB, type JobStatus } from './objects.ts'

/** What was told, by the uid of its Job, and since when anybody looks. */
export interface ToldEnds {
  readonly since: number
  readonly uids: ReadonlySet<string>
  add(uid: string): Promise<void>
  remove(uid: string): Promise<void>
}

export interface JobEndsOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly told: ToldEnds
  readonly onJobEnded: OnJobEnded
}

export class JobEnds {
  readonly #options: JobEndsOptions
  readonly #controller: Controller
  /** By `namespace/name`, since nothing else is left of a Job that is gone. */
  readonly #uids = new Map<string, string>()
  readonly #told: Set<string>
  #loop: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: JobEndsOptions) {
    this.#options = options
    this.#told = new Set(options.told.uids)
    this.#controller = new Controller({
      ...options,
      name: 'job-ends',
      type: JOB,
      reconcile: async ({ namespace = '', name }, job) => {
        await this.#look(`${namespace}/${name}`, job)
        return undefined
      },
    })
  }

  /** Begins to look; what is there is known when it is. */
  start(): void {
    this.#loop = this.#controller.start().then(() => this.#forgetGone())
    this.#loop.catch((error: unknown) =>
      this.#options.logger.warn('ends of jobs that are gone are forgotten at the next start', {
        error: String(error),
      }),
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#controller.close()
    await this.#loop.catch(() => undefined)
  }

  async #look(key: string, job: KubeObject | undefined): Promise<void> {
    const uid = job?.metadata.uid
    const before = this.#uids.get(key)
    if (before !== undefined && before !== uid) await this.#forget(before)
    if (uid === undefined || job === undefined) {
      this.#uids.delete(key)
      return
    }
    this.#uids.set(key, uid)
    const { told, onJobEnded } = this.#options
    const end = endOf(job)
    if (end === undefined || this.#told.has(uid) || end.at < told.since) return
    await onJobEnded(job, end)
    await told.add(uid)
    this.#told.add(uid)
  }

  async #forgetGone(): Promise<void> {
    // Of one that closes before it knew anything, nothing is known to be gone.
    if (this.#isClosed) return
    const there = new Set(this.#controller.objects().map(({ metadata }) => metadata.uid))
    for (const uid of this.#told) if (!there.has(uid)) await this.#forget(uid)
  }

  async #forget(uid: string): Promise<void> {
    if (!this.#told.delete(uid)) return
    await this.#options.told.remove(uid)
  }
}

/** `at` is wall milliseconds. */
function endOf(job: KubeObject): (JobEnd & { readonly at: number }) | undefined {
  const status = (job['status'] ?? {}) as JobStatus
  const end = status.conditions?.find(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  )
  if (end === undefined) return undefined
  const at = Date.parse(end.lastTransitionTime ?? '')
  const outcome = end.type === 'Complete' ? 'completed' : 'failed'
  // The condition that says how it ended is the last, as the controller of this process writes it.
  const others = (status.conditions ?? []).filter((one) => one !== end)
  return {
    outcome,
    status: { ...status, conditions: [...others, end] },
    at: Number.isNaN(at) ? Infinity : at,
  }
}
