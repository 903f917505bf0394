// Target inputs, compiled once per target and applied per delivery.

import { AppError } from '../base/index.ts'
import type { Delivery, Target } from '../model/index.ts'
import { compileInput, type InputTransform } from '../transform/index.ts'

export type PreparedInput =
  | { readonly kind: 'input'; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly error: AppError }

/** A function that makes what a delivery sends: the envelope itself, or the target's transformed input. */
export function createInputs(): (delivery: Delivery) => PreparedInput {
  const compiled = new WeakMap<Target, InputTransform>()
  return (delivery) => {
    const { event, rule, target } = delivery
    if (target.input === undefined) return { kind: 'input', body: event.envelope }
    let transform = compiled.get(target)
    if (transform === undefined) {
      transform = compileInput(target.input)
      compiled.set(target, transform)
    }
    return transform.apply(event.envelope, {
      ruleArn: rule.arn,
      ruleName: rule.name,
      ingestionTime: delivery.timestamp,
    })
  }
}
