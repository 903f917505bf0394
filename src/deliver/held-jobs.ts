// The jobs that hold a place in the router's window, oldest first, and the timer that sees who has held one
// for too long.
//
// Invariant: a job gives its place back exactly once.

import { type Clock, LinkedSet, type Timer } from '../base/index.ts'
import type { Job } from './job.ts'
import { UNSETTLED_MS_MAX } from './limits.ts'

export class HeldJobs {
  readonly #clock: Clock
  readonly #onOverdue: (job: Job) => void
  readonly #jobs = new LinkedSet<Job>()
  #timer: Timer | undefined
  #isClosed = false

  /** `onOverdue` must see to it that the job gives its place back. */
  constructor(clock: Clock, onOverdue: (job: Job) => void) {
    this.#clock = clock
    this.#onOverdue = onOverdue
  }

  get size(): number {
    return this.#jobs.size
  }

  add(job: Job): void {
    this.#jobs.add(job)
  }

  giveBack(job: Job): void {
    const { settled } = job
    if (settled === undefined) return
    job.settled = undefined
    this.#jobs.delete(job)
    settled(job.delivery)
  }

  /** Tells of each job that has held its place for longer than this, and is wanted. */
  sweep(ageMs: number, isWanted: (job: Job) => boolean = () => true): void {
    const before = this.#clock.monotonic() - ageMs
    const overdue: Job[] = []
    for (let job = this.#jobs.first; job !== undefined; job = job.next) {
      if (job.takenAt > before) break
      if (isWanted(job)) overdue.push(job)
    }
    // What becomes of one may have given back others.
    for (const job of overdue) if (job.settled !== undefined) this.#onOverdue(job)
  }

  /** Sweeps from time to time, for as long as there are jobs. */
  arm(): void {
    if (this.#timer !== undefined || this.#jobs.size === 0 || this.#isClosed) return
    this.#timer = this.#clock.setTimer(UNSETTLED_MS_MAX / 4, () => {
      this.#timer = undefined
      this.sweep(UNSETTLED_MS_MAX)
      this.arm()
    })
  }

  /** No more sweeps but those asked for. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }
}
