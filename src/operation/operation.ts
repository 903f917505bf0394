// An operation: bulk work that runs in the server, is looked at and cancelled from outside, and goes on after a restart.

/** What is to be done, as plain values. */
export interface OperationWish {
  readonly action: 'redrive' | 'purge' | 'mirror'
  /** What it goes over; the work knows them. */
  readonly over: string
  /** Which of them, in the words of what it goes over. */
  readonly filter: Readonly<Record<string, string>>
  /** At most so many a second; as fast as it goes when absent. */
  readonly perSecond?: number
}

export interface Operation extends OperationWish {
  readonly id: string
  /** Who asked for it. */
  readonly who: string
  readonly state: 'RUNNING' | 'CANCELLING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  /** What matched when it began. */
  readonly total: number
  /** What was looked at, and what of it was done. */
  readonly seen: number
  readonly changed: number
  /** Where it goes on. */
  readonly after?: string
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
  /** Why it failed, or why it waits to try again. */
  readonly reason?: string
}

export type OperationPlan = OperationWish & Pick<Operation, 'id' | 'after' | 'startedAt'>

export interface Step {
  readonly seen: number
  readonly changed: number
  /** What is known to come, where more may come than was there when it began. */
  readonly left?: number
  /** Where the next step goes on; absent when this was the last. */
  readonly after?: string
}

/** How something is gone over; a step that is done again after a crash must do no harm. */
export interface OperationWork {
  /** What one step takes at most; `STEP_MAX` when absent. */
  readonly stepMax?: number
  /** What is not there just now is waited for, however long; after some tries it has failed when absent. */
  readonly isPatient?: true
  /** How many there are; throws what is wrong with the wish. */
  count(wish: OperationWish): Promise<number>
  /** The next ones, at most `limit`; durable when it resolves. */
  step(plan: OperationPlan, limit: number, signal: AbortSignal): Promise<Step>
  /** No step of it comes any more, or none of this process. */
  leave?(id: string): Promise<void>
}
