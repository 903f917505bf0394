// What a compiled target input is, to those who apply it.

import type { AppError } from '../base/index.ts'

export interface TransformContext {
  readonly ruleArn: string
  readonly ruleName: string
  /** When the event was appended to the log, wall milliseconds. */
  readonly ingestionTime: number
  /** Which attempt to deliver it is for; the first when absent. */
  readonly attempt?: number
}

export type TransformResult =
  | { readonly kind: 'input'; readonly body: Uint8Array }
  /** The template made no valid input of this event. */
  | { readonly kind: 'failed'; readonly error: AppError }

/** A target's input, parsed and checked once; `apply` is pure. */
export interface InputTransform {
  /** `envelope` is the event's EventBridge envelope, valid JSON in UTF-8. */
  apply(envelope: Uint8Array, context: TransformContext): TransformResult
}
