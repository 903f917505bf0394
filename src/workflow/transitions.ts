// How a step, and with it a run, gets from one phase to the next. Each change leaves an entry in the history.

import type { Json } from '../structure/index.ts'
import { type RunState, type StepState, withEntry } from './run.ts'
import type { Step } from './steps.ts'

export interface FailedAttempt {
  readonly step: Step
  readonly index: number
  readonly now: number
  readonly message: string
  readonly isFinal: boolean
}

/** Tries again later, or gives up. */
export function failAttempt(run: RunState, failed: FailedAttempt): RunState {
  const { step, index, now, message, isFinal } = failed
  const { attemptsMax, delayMs, factor, delayMsMax } = step.retry
  const before = run.steps[index]!
  const tries = before.attempt - before.attemptsBefore
  if (isFinal || tries > attemptsMax) return fail(run, index, now, message)
  const wakeAt = now + Math.min(delayMs * factor ** (tries - 1), delayMsMax)
  const next: StepState = { ...before, wakeAt, message }
  const text = `attempt ${tries} failed: ${message}`
  const entry = { at: now, what: 'step.retrying', step: step.name, message: text } as const
  return withEntry(withStep(run, index, next), entry)
}

export function succeed(run: RunState, index: number, now: number, output?: Json): RunState {
  const { wakeAt: _, message: __, ...before } = run.steps[index]!
  const next: StepState = {
    ...before,
    phase: 'Succeeded',
    endedAt: now,
    ...(output === undefined ? {} : { output }),
  }
  return withEntry(withStep(run, index, next), {
    at: now,
    what: 'step.completed',
    step: before.name,
  })
}

export function fail(run: RunState, index: number, now: number, message: string): RunState {
  const { wakeAt: _, ...before } = run.steps[index]!
  const next: StepState = { ...before, phase: 'Failed', endedAt: now, message }
  const entry = { at: now, what: 'step.failed', step: before.name, message } as const
  const failed = withEntry(withStep(run, index, next), entry)
  return finish(failed, 'Failed', now, `step \`${before.name}\`: ${message}`)
}

export function finish(
  run: RunState,
  phase: 'Completed' | 'Failed' | 'Cancelled',
  now: number,
  message?: string,
): RunState {
  const what = { Completed: 'completed', Failed: 'failed', Cancelled: 'cancelled' } as const
  const entry = { at: now, what: what[phase], ...(message === undefined ? {} : { message }) }
  return withEntry({ ...run, phase, endedAt: now }, entry)
}

export function withStep(run: RunState, index: number, step: StepState): RunState {
  return { ...run, steps: run.steps.map((one, at) => (at === index ? step : one)) }
}
