// The interpreter: from the state of a run and what is seen, the next state and what is to be done. It is pure; whoever
// drives it keeps the state before it does anything, so that a run goes on from any point at which it was cut off.
//
// Invariant: nothing of a step is begun before all steps before it have ended in the state that is returned.
// Invariant: the same state and input give the same effects, and an effect that is done twice is done once: objects
// have names, calls have keys.

import { beginAction, lookAtAction } from './actions.ts'
import { RESOURCES_TIMEOUT_MS } from './limits.ts'
import type { Advance, Effect, Input, Looking, Plan, Seen } from './plan.ts'
import { lookAtResources } from './resources.ts'
import { type RunState, type StepState, withEntry } from './run.ts'
import type { Step } from './steps.ts'
import { fail, failAttempt, finish, succeed, withStep } from './transitions.ts'

export function advance(run: RunState, plan: Plan, seen: Seen, input: Input): Advance {
  switch (input.kind) {
    case 'cancel':
      return cancel(run, plan, seen)
    case 'retry':
      return walk(retry(run, seen.now), plan, seen)
    case 'ended':
      return walk(end(run, plan, seen, input), plan, seen)
    case 'look':
      return walk(run, plan, seen)
  }
}

/** Goes on as far as it can without waiting. */
function walk(run: RunState, plan: Plan, seen: Seen): Advance {
  let state = run
  const effects: Effect[] = []
  while (state.phase === 'Running') {
    const index = state.steps.findIndex(({ phase }) => phase !== 'Succeeded' && phase !== 'Skipped')
    const step = plan.steps[index]
    if (index === -1 || step === undefined) {
      state = finish(state, 'Completed', seen.now)
      break
    }
    const before = state.steps[index]!
    const begun = before.phase === 'Pending' ? begin(state, step, index, seen) : state
    const looked = look(begun, { plan, step, index, seen })
    state = looked.run
    effects.push(...looked.effects)
    const { phase } = state.steps[index]!
    if (phase !== 'Succeeded' && phase !== 'Skipped') break
  }
  return { run: state, effects }
}

function begin(run: RunState, step: Step, index: number, seen: Seen): RunState {
  const { now } = seen
  const before = run.steps[index]!
  const { wakeAt: _, message: __, endedAt: ___, ...rest } = before
  const next: StepState = {
    ...rest,
    phase: 'Running',
    attempt: before.attempt + 1,
    startedAt: now,
    ...(step.action === undefined ? {} : beginAction(step.action, before, seen)),
  }
  return withEntry(withStep(run, index, next), { at: now, what: 'step.started', step: step.name })
}

function look(run: RunState, looking: Looking): Advance {
  return looking.step.action === undefined ? lookAtStep(run, looking) : lookAtAction(run, looking)
}

function lookAtStep(run: RunState, { plan, step, index, seen }: Looking): Advance {
  const before = run.steps[index]!
  const { resources, effects } = lookAtResources(step.resources, { run, plan, seen })
  const next = { ...before, resources }
  if (resources.every(({ phase }) => phase === 'Ready'))
    return { run: succeed(withStep(run, index, next), index, seen.now), effects }
  const deadline = (before.startedAt ?? seen.now) + (step.timeoutMs ?? RESOURCES_TIMEOUT_MS)
  if (seen.now >= deadline) {
    const late = resources.filter(({ phase }) => phase !== 'Ready')
    const texts = late.map(
      ({ name, kind, message }) => `${kind} ${name}: ${message ?? 'not ready'}`,
    )
    const message = `not ready in time: ${texts.join('; ')}`
    return { run: fail(withStep(run, index, next), index, seen.now, message), effects: [] }
  }
  return { run: withStep(run, index, next), effects: [...effects, { kind: 'wake', at: deadline }] }
}

function end(
  run: RunState,
  plan: Plan,
  { now }: Seen,
  { step: name, attempt, result }: Extract<Input, { kind: 'ended' }>,
): RunState {
  const index = run.steps.findIndex((one) => one.name === name)
  const before = run.steps[index]
  const step = plan.steps[index]
  const isAwaited = before?.phase === 'Running' && before.attempt === attempt
  if (run.phase !== 'Running' || !isAwaited || step === undefined) return run
  if (result.kind === 'done') return succeed(run, index, now, result.output)
  return failAttempt(run, { step, index, now, ...result })
}

/** What is there stays; what is under way is told to stop. */
function cancel(run: RunState, plan: Plan, { now }: Seen): Advance {
  if (run.phase !== 'Running') return { run, effects: [] }
  const index = run.steps.findIndex(({ phase }) => phase === 'Running')
  const before = run.steps[index]
  if (before === undefined) return { run: finish(run, 'Cancelled', now), effects: [] }
  const { wakeAt: _, ...rest } = before
  const next: StepState = { ...rest, phase: 'Cancelled', endedAt: now }
  const step = plan.steps[index]
  const isJob = step?.action?.uses === 'job'
  const effects: readonly Effect[] = isJob
    ? [
        {
          kind: 'remove',
          object: plan.buildJob(step, { runId: run.id, attempt: before.attempt }, step.action),
        },
      ]
    : []
  return { run: finish(withStep(run, index, next), 'Cancelled', now), effects }
}

/** Goes on from what failed or was cancelled; what succeeded is not done again. */
function retry(run: RunState, now: number): RunState {
  if (run.phase === 'Running' || run.phase === 'Completed') return run
  const steps = run.steps.map((step): StepState => {
    if (step.phase !== 'Failed' && step.phase !== 'Cancelled') return step
    const { message: _, endedAt: __, wakeAt: ___, ...rest } = step
    return { ...rest, phase: 'Pending', attemptsBefore: step.attempt }
  })
  const { endedAt: _, ...rest } = run
  return withEntry({ ...rest, phase: 'Running', steps }, { at: now, what: 'retried' })
}
