// What the room is given of the rest of the house, as values: calling, putting events, waiting for them, and where the
// log ends.

import type { JsonObject } from './json-tree.ts'
import type { ActionResult } from './plan.ts'

export interface CallRequest {
  readonly idempotencyKey: string
  /** What the step says under `with`, secrets filled in. */
  readonly with: JsonObject
  readonly signal: AbortSignal
}

export interface AwaitedEvent {
  /** The bus of the account, `default` when absent. */
  readonly bus?: string
  /** An event pattern. */
  readonly pattern: JsonObject
  /** Where in the log to begin. */
  readonly since: string
  readonly signal: AbortSignal
}

export interface WorkflowNews {
  /** The same for the same news, however often it is told. */
  readonly id: string
  /** `started`, `step.completed`, `completed`, `failed` … */
  readonly what: string
  readonly at: number
  readonly detail: JsonObject
}

/** None of these rejects for what the other side does. */
export interface Outside {
  callFunction(request: CallRequest): Promise<ActionResult>
  callHttp(request: CallRequest): Promise<ActionResult>
  putEvent(request: CallRequest): Promise<ActionResult>
  awaitEvent(awaited: AwaitedEvent): Promise<ActionResult>
  /** Where the log ends now. */
  position(): string
  /** Puts news of workflows on the bus; resolves when they are durable. */
  publish(news: readonly WorkflowNews[]): Promise<void>
}
