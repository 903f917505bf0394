// The jobs of a lane that wait for their send, oldest first. Taking a few of many costs what the few cost: a lane
// with a long queue and sends of one job would otherwise copy the queue at every send.

import type { Job } from './job.ts'

/** Places of jobs that have left, before the list is laid out anew. */
const HOLES_MAX = 512

export class WaitingJobs {
  #jobs: (Job | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#jobs.length - this.#head
  }

  push(job: Job): void {
    this.#jobs.push(job)
  }

  /** The oldest `count`, or all when there are fewer. */
  take(count: number): readonly Job[] {
    const end = Math.min(this.#head + count, this.#jobs.length)
    // Only places before the head are empty.
    const taken = this.#jobs.slice(this.#head, end) as Job[]
    this.#jobs.fill(undefined, this.#head, end)
    this.#head = end
    if (this.length === 0) {
      this.#jobs = []
      this.#head = 0
    } else if (this.#head > HOLES_MAX && this.#head * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head)
      this.#head = 0
    }
    return taken
  }

  takeAll(): readonly Job[] {
    return this.take(this.length)
  }
}
