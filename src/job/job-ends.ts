// Jobs that another controller runs, a real cluster's: each that comes to its end is told, once, also over a restart.
// What had ended before anybody looked for the first time is not news.

import type { Clock, Logger } from '../base/index.ts'
import { Controller, type KubeClient, type KubeObject } from '../objects/index.ts'
import type { OnJobEnded } from './job-controller.ts'
import type { JobEnd } from './job-plan.ts'
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
  /** Jobs that are gone and were not looked at since, by `namespace/name`. */
  readonly #gone = new Map<string, KubeObject[]>()
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
        await this.#closeGone(`${namespace}/${name}`)
        if (job !== undefined) await this.#tell(job)
        return undefined
      },
      onGone: (job) => this.#remember(job),
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

  #remember(job: KubeObject): void {
    const key = `${job.metadata.namespace ?? ''}/${job.metadata.name}`
    this.#gone.set(key, [...(this.#gone.get(key) ?? []), job])
  }

  /** One that ended and went at once is told of all the same. */
  async #closeGone(key: string): Promise<void> {
    const gone = this.#gone.get(key) ?? []
    for (const job of gone) {
      await this.#tell(job)
      await this.#forget(job.metadata.uid!)
    }
    const later = (this.#gone.get(key) ?? []).slice(gone.length)
    if (later.length === 0) this.#gone.delete(key)
    else this.#gone.set(key, later)
  }

  async #tell(job: KubeObject): Promise<void> {
    const { told, onJobEnded } = this.#options
    const uid = job.metadata.uid!
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
