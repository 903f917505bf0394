// A schedule of EventBridge Scheduler: when, and the one target that is called then. Schedules live in groups.

import type { RetryPolicy, Scope, Tags } from './kinds.ts'

export interface ScheduleSpec extends Scope {
  readonly group: string
  readonly name: string
  readonly description?: string
  readonly state: 'ENABLED' | 'DISABLED'
  /** `rate(…)`, `cron(…)` or `at(…)`. */
  readonly expression: string
  /** IANA name; UTC when absent. */
  readonly timezone?: string
  /** Wall milliseconds; one-time schedules know neither. */
  readonly startMs?: number
  readonly endMs?: number
  /** A firing may come up to this much later than its occurrence; at once when absent. */
  readonly windowMinutes?: number
  readonly afterCompletion: 'NONE' | 'DELETE'
  readonly kmsKeyArn?: string
  /** Wall milliseconds: nothing that occurs before fires. It was made, changed or resumed then. */
  readonly sinceMs: number
  /** Wall milliseconds: where a rate without a start begins to count, also after a pause. */
  readonly anchorMs: number
  readonly target: ScheduleTarget
}

export interface ScheduleTarget {
  /** An ARN, also `arn:aws:scheduler:::aws-sdk:SERVICE:ACTION`, or an `http(s)://` URL. */
  readonly address: string
  readonly roleArn: string
  /** What is sent, text or JSON; a notification of the firing when absent. */
  readonly input?: string
  readonly retry?: RetryPolicy
  readonly deadLetterArn?: string
  /** Message group of a FIFO queue. */
  readonly messageGroupId?: string
  /** What the event on a bus is: the input is its detail. */
  readonly busEvent?: { readonly source: string; readonly detailType: string }
  /** Dialect parameters of target types that keep them as given (EcsParameters and brothers). */
  readonly parameters?: Readonly<Record<string, unknown>>
}

export interface ScheduleGroupSpec extends Scope {
  readonly name: string
  /** `DELETING` until its schedules are gone. */
  readonly state: 'ACTIVE' | 'DELETING'
  readonly tags?: Tags
}
