// What the interpreter works on: the plan of a workflow, what is seen of the world, what happens to a run, and what is
// to be done.

import type { KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import type { RunState } from './run.ts'
import type { Action, ResourceWish, Step } from './steps.ts'

/** Names an object. */
export type ObjectRef = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>

export interface JobAttempt {
  readonly runId: string
  readonly attempt: number
}

export interface Plan {
  readonly steps: readonly Step[]
  /** The whole object that a resource becomes. */
  build(wish: ResourceWish): KubeObject
  /** Which object that is. */
  keyOf(wish: ResourceWish): ObjectRef
  /** The Job of one attempt of a step; each run has its own. */
  buildJob(step: Step, of: JobAttempt, action: Action): KubeObject
  /** The policies let objects be made, and be changed. */
  readonly mayCreate: boolean
  readonly mayUpdate: boolean
}

export interface Seen {
  readonly now: number
  /** Where the log ends now. */
  readonly position: string
  /** The object of this kind and name; undefined when there is none. */
  object(of: ObjectRef): KubeObject | undefined
  /** The object that a resource of this workflow has become. */
  resource(wish: ResourceWish): KubeObject | undefined
  /** Whether nobody has changed of it what the workflow applied. */
  isHeld(object: KubeObject): boolean
  /** Why it could not be applied when it was last tried. */
  refusal(of: ObjectRef): string | undefined
}

export type Input =
  | { readonly kind: 'look' }
  | {
      readonly kind: 'ended'
      readonly step: string
      readonly attempt: number
      readonly result: ActionResult
    }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'retry' }

export type ActionResult =
  | { readonly kind: 'done'; readonly output: Json }
  | { readonly kind: 'failed'; readonly message: string; readonly isFinal: boolean }

export type Effect =
  | { readonly kind: 'apply'; readonly object: KubeObject }
  | { readonly kind: 'remove'; readonly object: KubeObject }
  | {
      readonly kind: 'act'
      readonly step: string
      readonly attempt: number
      /** The same on every attempt. */
      readonly idempotencyKey: string
      readonly action: Action
      readonly timeoutMs?: number
      readonly since?: string
    }
  /** Look again then, wall milliseconds. */
  | { readonly kind: 'wake'; readonly at: number }

export interface Advance {
  readonly run: RunState
  readonly effects: readonly Effect[]
}

export interface Looking {
  readonly plan: Plan
  readonly step: Step
  readonly index: number
  readonly seen: Seen
}
