// What a workflow's status says of its run, in short and in conditions.

import { formatSeconds } from '../base/index.ts'
import type { Json } from '../structure/index.ts'
import type { Condition } from './judge.ts'
import type { JsonObject } from './json-tree.ts'
import { RUNS_MAX } from './limits.ts'
import type { RunState, StepState } from './run.ts'
import { condition } from './status.ts'

/** `status.atProvider`. */
export function summaryOf(run: RunState, resourcesCreated: number): JsonObject {
  const step = run.steps.find(({ phase }) => phase === 'Running' || phase === 'Failed')
  const done = run.steps.filter(({ phase }) => phase === 'Succeeded' || phase === 'Skipped').length
  return {
    workflowStatus: run.phase,
    ...(step === undefined ? {} : { step: step.name }),
    stepsCompleted: done,
    stepsTotal: run.steps.length,
    resourcesCreated,
    executionTime: formatSeconds(run.startedAt),
    ...(run.endedAt === undefined ? {} : { completionTime: formatSeconds(run.endedAt) }),
  }
}

export function conditionsOfRun(run: RunState): readonly Condition[] {
  switch (run.phase) {
    case 'Completed':
      return [condition('Synced', true, 'ReconcileSuccess'), condition('Ready', true, 'Available')]
    case 'Failed':
      return failed('ResourceFailed', run.history.at(-1)?.message ?? 'a step failed')
    case 'Cancelled':
      return [
        condition('Synced', true, 'ReconcileSuccess'),
        condition('Ready', false, 'Cancelled', 'it was cancelled; `signalbox flow retry` goes on'),
      ]
    case 'Running':
      return conditionsOfStep(run)
  }
}

function conditionsOfStep(run: RunState): readonly Condition[] {
  const step = run.steps.find(({ phase }) => phase === 'Running')
  if (step === undefined)
    return [
      condition('Synced', true, 'ReconcileSuccess'),
      condition('Ready', false, 'Progressing', 'it is about to begin'),
    ]
  const failing = step.resources.filter(({ phase }) => phase === 'Failing')
  if (failing.length > 0) {
    const texts = failing.map(({ kind, name, message }) => `${kind} ${name}: ${message}`)
    return failed('ResourceFailed', `step \`${step.name}\`: ${texts.join('; ')}; it is tried again`)
  }
  return [
    condition('Synced', true, 'ReconcileSuccess'),
    condition('Ready', false, 'Progressing', progressOf(step)),
  ]
}

function failed(reason: string, message: string): readonly Condition[] {
  return [condition('Synced', false, reason, message), condition('Ready', false, reason, message)]
}

function progressOf({ name, resources, message }: StepState): string {
  const text = message === undefined ? '' : `: ${message}`
  if (resources.length === 0) return `step \`${name}\` is running${text}`
  const ready = resources.filter(({ phase }) => phase === 'Ready').length
  return `step \`${name}\`: ${ready} of ${resources.length} resources are ready`
}

/** The runs before, the newest first, with one more. */
export function shortOf(run: RunState, others: readonly Json[]): readonly Json[] {
  const { id, phase, startedAt, endedAt } = run
  const short = {
    id,
    phase,
    startedAt: formatSeconds(startedAt),
    ...(endedAt === undefined ? {} : { endedAt: formatSeconds(endedAt) }),
  }
  return [short, ...others].slice(0, RUNS_MAX)
}
