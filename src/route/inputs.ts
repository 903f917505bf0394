// Target inputs and parameters, compiled once per target and applied per delivery.

import { AppError } from '../base/index.ts'
import type { Delivery, Target } from '../model/index.ts'
import {
  compileInput,
  compileParameters,
  type DynamicParameters,
  type InputTransform,
} from '../transform/index.ts'

export type PreparedInput =
  | {
      readonly kind: 'input'
      readonly body: Uint8Array
      /** The target with this event's values in its parameters; absent when they are the same for all. */
      readonly target?: Target
    }
  | { readonly kind: 'failed'; readonly error: AppError }

interface Compiled {
  readonly input: InputTransform | undefined
  readonly parameters: DynamicParameters | undefined
}

/** A function that makes what a delivery sends: the envelope itself, or the target's transformed input. */
export function createInputs(): (delivery: Delivery, attempt?: number) => PreparedInput {
  const compiled = new WeakMap<Target, Compiled>()
  return (delivery, attempt = 1) => {
    const { event, target } = delivery
    if (target.input === undefined && target.parameters === undefined) {
      return { kind: 'input', body: event.envelope }
    }
    let made = compiled.get(target)
    if (made === undefined) {
      made = compile(target)
      compiled.set(target, made)
    }
    return apply(delivery, made, attempt)
  }
}

function compile({ input, parameters }: Target): Compiled {
  return {
    input: input === undefined ? undefined : compileInput(input),
    parameters: parameters === undefined ? undefined : compileParameters(parameters),
  }
}

function apply(
  delivery: Delivery,
  { input, parameters }: Compiled,
  attempt: number,
): PreparedInput {
  const { event, rule, target, timestamp } = delivery
  const { envelope } = event
  const made: PreparedInput =
    input === undefined
      ? { kind: 'input', body: envelope }
      : input.apply(envelope, {
          ruleArn: rule.arn,
          ruleName: rule.name,
          ingestionTime: timestamp,
          attempt,
        })
  if (made.kind === 'failed' || parameters === undefined) return made
  // Paths of parameters lead into the event itself, not into what the input made of it.
  const filled = parameters.fill(envelope)
  if (filled.kind === 'failed') return filled
  return { ...made, target: { ...target, parameters: filled.parameters } }
}
