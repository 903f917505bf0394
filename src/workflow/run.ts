// The state of one run of a workflow: what is kept in the workflow's status, and all that a restart goes on from.
//
//   run   Running ──all steps──► Completed        step   Pending ──► Running ──► Succeeded
//           │  ├──a step──► Failed ──retry──►Running         │           ├──────► Failed
//           │  └──cancel──► Cancelled ──retry──►Running      └─► Skipped └──────► Cancelled

import type { Json } from '../structure/index.ts'
import { HISTORY_MAX, MESSAGE_LENGTH_MAX } from './limits.ts'

export type RunPhase = 'Running' | 'Completed' | 'Failed' | 'Cancelled'
export type StepPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Skipped' | 'Cancelled'

export interface RunState {
  readonly id: string
  /** The hash of what is run: another one begins another run. */
  readonly plan: string
  readonly phase: RunPhase
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly steps: readonly StepState[]
  readonly history: readonly HistoryEntry[]
  /** The number of the next entry. */
  readonly nextSequence: number
  /** Entries before this number have been told to those who listen. */
  readonly told: number
}

export interface StepState {
  readonly name: string
  readonly phase: StepPhase
  /** 1 is the first; 0 before it. */
  readonly attempt: number
  /** Attempts made before somebody asked for another try. */
  readonly attemptsBefore: number
  readonly startedAt?: number
  readonly endedAt?: number
  /** When a failed attempt is made again, or a wait ends. */
  readonly wakeAt?: number
  /** From where in the log an event is waited for. */
  readonly since?: string
  readonly resources: readonly ResourceState[]
  readonly output?: Json
  readonly message?: string
}

export type ResourcePhase = 'Waiting' | 'Applied' | 'Failing' | 'Ready'

export interface ResourceState {
  readonly name: string
  readonly kind: string
  readonly phase: ResourcePhase
  readonly message?: string
}

export type HistoryWhat =
  | 'started'
  | 'step.started'
  | 'step.retrying'
  | 'step.completed'
  | 'step.skipped'
  | 'step.failed'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'retried'

export interface HistoryEntry {
  readonly sequence: number
  readonly at: number
  readonly what: HistoryWhat
  readonly step?: string
  readonly message?: string
}

export interface NewRun {
  readonly id: string
  readonly plan: string
  readonly steps: readonly {
    readonly name: string
    readonly resources: readonly { readonly name: string; readonly kind: string }[]
  }[]
  readonly now: number
}

export function createRun({ id, plan, steps, now }: NewRun): RunState {
  const run: RunState = {
    id,
    plan,
    phase: 'Running',
    startedAt: now,
    steps: steps.map(({ name, resources }) => ({
      name,
      phase: 'Pending',
      attempt: 0,
      attemptsBefore: 0,
      resources: resources.map((one) => ({ ...one, phase: 'Waiting' })),
    })),
    history: [],
    nextSequence: 0,
    told: 0,
  }
  return withEntry(run, { at: now, what: 'started' })
}

export function withEntry(run: RunState, entry: Omit<HistoryEntry, 'sequence'>): RunState {
  const { nextSequence } = run
  const message = entry.message?.slice(0, MESSAGE_LENGTH_MAX)
  const full = {
    ...entry,
    ...(message === undefined ? {} : { message }),
    sequence: nextSequence,
  }
  return {
    ...run,
    history: [...run.history, full].slice(-HISTORY_MAX),
    nextSequence: nextSequence + 1,
  }
}

/** Entries that are yet to be told. */
export function untold({ history, told }: RunState): readonly HistoryEntry[] {
  return history.filter(({ sequence }) => sequence >= told)
}
