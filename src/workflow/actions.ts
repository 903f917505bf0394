// Steps that do something besides resources. A wait for a time, a choice and a Job are decided here, from what is seen;
// calls and waits for events are left to whoever drives the run, who says how they ended.

import { describeError } from '../base/index.ts'
import type { KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { chooseSteps } from './choice.ts'
import { injectInto } from './inject.ts'
import { judge } from './judge.ts'
import { asText, type JsonObject, valueAt } from './json-tree.ts'
import { JOB_TIMEOUT_MS } from './limits.ts'
import type { Advance, Effect, Looking, Seen } from './plan.ts'
import { findValue } from './resources.ts'
import { type RunState, type StepState, withEntry } from './run.ts'
import { type Action, parseDuration } from './steps.ts'
import { failAttempt, succeed, withStep } from './transitions.ts'

/** What an action's step keeps from when it begins. */
export function beginAction(
  action: Action,
  before: StepState,
  { now, position }: Seen,
): Partial<StepState> {
  if (action.uses !== 'wait') return {}
  const { for: duration, until, event } = action.with
  // A wait that is tried again goes on waiting from where it began.
  if (event !== undefined) return { since: before.since ?? position }
  const durationMs = parseDuration(duration)
  const wakeAt = durationMs === undefined ? Date.parse(asText(until)) : now + durationMs
  return Number.isNaN(wakeAt) ? {} : { wakeAt }
}

export function lookAtAction(run: RunState, looking: Looking): Advance {
  const { step, index, seen } = looking
  const before = run.steps[index]!
  const isTimed = step.action!.uses === 'wait' && step.action!.with['event'] === undefined
  if (isTimed) return lookAtTime(run, looking)
  if (before.wakeAt !== undefined) {
    if (seen.now < before.wakeAt) return { run, effects: [{ kind: 'wake', at: before.wakeAt }] }
    return lookAtAction(nextAttempt(run, index, seen.now), looking)
  }
  const injected = injectAction(run, looking)
  if (injected.kind === 'waiting') {
    const next = { ...before, message: injected.message }
    return { run: withStep(run, index, next), effects: [] }
  }
  return perform(run, looking, injected.action)
}

function nextAttempt(run: RunState, index: number, now: number): RunState {
  const { wakeAt: _, ...before } = run.steps[index]!
  return withStep(run, index, { ...before, attempt: before.attempt + 1, startedAt: now })
}

function perform(run: RunState, looking: Looking, action: Action): Advance {
  if (action.uses === 'job') return lookAtJob(run, looking, action)
  if (action.uses === 'choice') return choose(run, looking, action)
  const { step, index } = looking
  const { attempt, since } = run.steps[index]!
  const { timeoutMs } = step
  const effect: Effect = {
    kind: 'act',
    step: step.name,
    attempt,
    idempotencyKey: `${run.id}.${index}`,
    action,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(since === undefined ? {} : { since }),
  }
  return { run, effects: [effect] }
}

function lookAtTime(run: RunState, { step, index, seen }: Looking): Advance {
  const { wakeAt } = run.steps[index]!
  if (wakeAt === undefined) {
    const message = `expected \`for\` to be a duration or \`until\` to be a time such as 2026-01-01T00:00:00Z, got ${JSON.stringify(step.action!.with)}`
    const failed = { step, index, now: seen.now, message, isFinal: true }
    return { run: failAttempt(run, failed), effects: [] }
  }
  if (seen.now >= wakeAt) return { run: succeed(run, index, seen.now, {}), effects: [] }
  return { run, effects: [{ kind: 'wake', at: wakeAt }] }
}

function lookAtJob(run: RunState, { plan, step, index, seen }: Looking, action: Action): Advance {
  const { now } = seen
  const { attempt, startedAt = now } = run.steps[index]!
  const wanted = plan.buildJob(step, { runId: run.id, attempt }, action)
  const found = seen.object(wanted)
  const deadline = startedAt + (step.timeoutMs ?? JOB_TIMEOUT_MS)
  if (found === undefined)
    return {
      run,
      effects: [
        { kind: 'apply', object: wanted },
        { kind: 'wake', at: deadline },
      ],
    }
  const judgement = judge(found)
  if (judgement.kind === 'ready')
    return { run: succeed(run, index, now, outputOfJob(found)), effects: [] }
  const isLate = now >= deadline
  if (judgement.kind === 'failing' || isLate) {
    const message =
      judgement.kind === 'failing'
        ? `job \`${found.metadata.name}\` failed: ${judgement.message}`
        : `job \`${found.metadata.name}\` did not end within ${deadline - startedAt} ms`
    const failed = { step, index, now, message, isFinal: false }
    const effects: readonly Effect[] = isLate ? [{ kind: 'remove', object: found }] : []
    const after = failAttempt(run, failed)
    const { wakeAt } = after.steps[index]!
    return {
      run: after,
      effects: wakeAt === undefined ? effects : [...effects, { kind: 'wake', at: wakeAt }],
    }
  }
  return { run, effects: [{ kind: 'wake', at: deadline }] }
}

function outputOfJob(job: KubeObject): Json {
  const counts = (member: string): Json => valueAt(job, ['status', member]) ?? 0
  return { job: job.metadata.name, succeeded: counts('succeeded'), failed: counts('failed') }
}

/** The steps that a choice names and does not choose are skipped. */
function choose(run: RunState, { step, index, seen, plan }: Looking, action: Action): Advance {
  const { now } = seen
  try {
    const { chosen, others } = chooseSteps(action.with)
    const names = new Set(plan.steps.slice(index + 1).map(({ name }) => name))
    const unknown = [...chosen, ...others].find((name) => !names.has(name))
    if (unknown !== undefined) throw new Error(`there is no later step \`${unknown}\``)
    const done = succeed(run, index, now, { chosen: [...chosen] })
    const skipped = others.filter((name) => !chosen.includes(name))
    return { run: skipped.reduce((state, name) => skip(state, name, now), done), effects: [] }
  } catch (error) {
    const message = describeError(error)
    return { run: failAttempt(run, { step, index, now, message, isFinal: true }), effects: [] }
  }
}

function skip(run: RunState, name: string, now: number): RunState {
  const index = run.steps.findIndex((one) => one.name === name)
  const before = run.steps[index]
  if (before?.phase !== 'Pending') return run
  const next: StepState = { ...before, phase: 'Skipped', endedAt: now }
  return withEntry(withStep(run, index, next), { at: now, what: 'step.skipped', step: name })
}

type InjectedAction =
  | { readonly kind: 'done'; readonly action: Action }
  | { readonly kind: 'waiting'; readonly message: string }

function injectAction(run: RunState, { step, plan, seen }: Looking): InjectedAction {
  const action = step.action!
  let given: JsonObject = action.with
  for (const injection of action.injections) {
    const found = findValue(injection, { run, plan, seen })
    if (found.kind === 'waiting') return found
    if (found.value !== undefined) given = injectInto(given, injection, found.value)
  }
  return { kind: 'done', action: { ...action, with: given } }
}
