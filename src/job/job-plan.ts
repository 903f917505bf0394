// What is to be done about a job, from what it wants, the pods it has, and the time: pure, so that it can be looked at
// from any state, after a crash as well.
//
//   suspended ◄──► running ──enough pods succeeded──► SuccessCriteriaMet ──no pod left──► Complete
//                     └──too many failed, too long──► FailureTarget ───────no pod left──► Failed
//
// A pod that has ended is first put down as uncounted, then let go, then counted: whatever step a crash comes after, it
// is counted once.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/

import { isDeepStrictEqual } from 'node:util'
import { formatSeconds } from '../base/index.ts'
import type { KubeObject } from '../objects/index.ts'
import type { Carried } from './index-failures.ts'
import { formatIndexes } from './indexes.ts'
import { deadlineIn, judge, type Verdict } from './job-verdict.ts'
import {
  type Condition,
  hasCondition,
  type JobSpec,
  jobSpecOf,
  type JobStatus,
  jobStatusOf,
  podStatusOf,
} from './objects.ts'
import { carriedOf, earliest, missingPods, NOTHING_MISSING, surplusPods } from './pod-demand.ts'
import {
  countPods,
  isDone,
  isSuccess,
  isTerminating,
  isTracked,
  type Situation,
} from './pod-tally.ts'

export interface JobPlan {
  /** The status to write; undefined when it is as it should be. */
  readonly status: JobStatus | undefined
  /** Ended pods that the status, once written, accounts for. */
  readonly release: readonly KubeObject[]
  /** Pods to delete, which count as failures when they are. */
  readonly remove: readonly KubeObject[]
  /** Pods to let go and then to delete, which count for nothing. */
  readonly withdraw: readonly KubeObject[]
  /** One for each pod to make: its index, or undefined. */
  readonly create: readonly (number | undefined)[]
  /** What the pods of these indexes carry, where each index has a back-off limit of its own. */
  readonly carried: ReadonlyMap<number, Carried>
  /** What is to be said of the job. */
  readonly sayings: readonly JobSaying[]
  /** The job has come to its end with this status. */
  readonly ended: 'completed' | 'failed' | undefined
  /** It is finished and its time is up. */
  readonly expire: boolean
  /** When to look again, milliseconds from now. */
  readonly againMs: number | undefined
}

export interface JobEnd {
  readonly outcome: 'completed' | 'failed'
  /** As the job's status will be, or would have been. */
  readonly status: JobStatus
}

export interface JobSaying {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

const SECOND_MS = 1000
/** What a status that does not say it means. */
const EMPTY: JobStatus = { ready: 0, terminating: 0, uncountedTerminatedPods: {} }
export function planJob(job: KubeObject, pods: readonly KubeObject[], now: number): JobPlan {
  const spec = jobSpecOf(job)
  const before = jobStatusOf(job)
  if (hasCondition(before, 'Complete') || hasCondition(before, 'Failed'))
    return planFinished(spec, before, pods, now)
  return planRunning({
    spec,
    before,
    pods: pods.filter((pod) => !isLeaving(pod)),
    leaving: pods.filter((pod) => isLeaving(pod) && !isDone(pod)),
    now,
  })
}

/** It was let go before it ended: it counts for nothing. */
function isLeaving(pod: KubeObject): boolean {
  return isTerminating(pod) && !isTracked(pod)
}

function planFinished(
  { ttlSecondsAfterFinished }: JobSpec,
  status: JobStatus,
  pods: readonly KubeObject[],
  now: number,
): JobPlan {
  const end = status.conditions!.find(
    ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
  )!
  const leftMs =
    ttlSecondsAfterFinished === undefined
      ? undefined
      : Date.parse(end.lastTransitionTime ?? '') + ttlSecondsAfterFinished * SECOND_MS - now
  return {
    status: undefined,
    release: pods.filter((pod) => isTracked(pod)),
    remove: [],
    withdraw: [],
    create: [],
    carried: new Map(),
    sayings: [],
    ended: undefined,
    expire: leftMs !== undefined && leftMs <= 0,
    againMs: leftMs !== undefined && leftMs > 0 ? leftMs : undefined,
  }
}

function planRunning(situation: Situation): JobPlan {
  const { spec, before, now } = situation
  const isSuspended = spec.suspend === true
  const seen = countPods(situation)
  const startTime = startOf(situation)
  const verdict = judge(situation, seen, startTime)
  const outcome = verdict === undefined ? undefined : verdict.isSuccess ? 'success' : 'failure'
  const tally = outcome === undefined ? seen : countPods(situation, outcome)
  const isHalted = verdict !== undefined || isSuspended
  // What still runs has failed with its job; what a job has no more need of has not.
  const remove = outcome === 'failure' ? tally.active : []
  const unneeded = isHalted ? tally.active : surplusPods(situation, tally)
  const withdraw = outcome === 'failure' ? [] : unneeded
  // As a cluster's: a look that takes pods away makes none.
  const missing = isHalted || withdraw.length > 0 ? NOTHING_MISSING : missingPods(situation, tally)
  // The last pods are let go and counted before the job is said to be over.
  const isLeft = tally.active.length + tally.terminating.length + tally.release.length > 0
  const isOver = verdict !== undefined && !isLeft
  const conditions = conditionsOf(situation, verdict, isOver)
  const active = tally.active.length - remove.length - withdraw.length + missing.create.length
  const status: JobStatus = {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(isOver && verdict.isSuccess ? { completionTime: formatSeconds(now) } : {}),
    ...(active === 0 ? {} : { active }),
    ready: tally.active.filter((pod) => hasCondition(podStatusOf(pod), 'Ready')).length,
    terminating: tally.terminating.length,
    ...(tally.completedIndexes.size === 0
      ? {}
      : { completedIndexes: formatIndexes(tally.completedIndexes) }),
    ...(tally.perIndex === undefined
      ? {}
      : { failedIndexes: formatIndexes(tally.perIndex.failed) }),
    ...tally.counted,
  }
  const isSame = isDeepStrictEqual({ ...EMPTY, ...status }, { ...EMPTY, ...before })
  const deadlineMs = deadlineIn(spec, startTime, now)
  return {
    status: isSame ? undefined : status,
    release: tally.release,
    remove,
    withdraw,
    create: missing.create,
    carried: carriedOf(spec, missing.create, tally),
    sayings: isOver ? [endSaying(verdict)] : suspensionSayings(situation),
    ended: isOver ? (verdict.isSuccess ? 'completed' : 'failed') : undefined,
    expire: false,
    againMs: earliest(missing.againMs, verdict === undefined ? deadlineMs : undefined),
  }
}

/** A job that is gone, as it was last, and its pods that had failed before it went. */
export interface Gone {
  readonly job: KubeObject
  readonly failed: ReadonlySet<string>
}

/**
 * How a job came to its end that went before its status could say so; undefined for one that was still going on, or has
 * said so. What ends because its job is gone says nothing of the job.
 */
export function endOfGone(
  { job, failed }: Gone,
  pods: readonly KubeObject[],
  now: number,
): JobEnd | undefined {
  const before = jobStatusOf(job)
  if (hasCondition(before, 'Complete') || hasCondition(before, 'Failed')) return undefined
  const spec = jobSpecOf(job)
  const isOwnEnd = (pod: KubeObject): boolean =>
    isSuccess(pod) || (hasEndedBadly(pod) && (!isTerminating(pod) || failed.has(pod.metadata.uid!)))
  const asBefore = pods.map((pod) => (isOwnEnd(pod) ? pod : asRunning(pod)))
  const situation = { spec, before, pods: asBefore, leaving: [], now }
  const tally = countPods(situation)
  const verdict = judge(situation, tally, undefined)
  if (verdict === undefined) return undefined
  const { succeeded, failed: failures } = tally
  return {
    outcome: verdict.isSuccess ? 'completed' : 'failed',
    status: {
      ...before,
      ...(succeeded === 0 ? {} : { succeeded }),
      ...(failures === 0 ? {} : { failed: failures }),
      ...(verdict.isSuccess ? { completionTime: formatSeconds(now) } : {}),
      conditions: conditionsOf(situation, verdict, true),
    },
  }
}

export function hasEndedBadly(pod: KubeObject): boolean {
  return podStatusOf(pod).phase === 'Failed'
}

function asRunning(pod: KubeObject): KubeObject {
  const { deletionTimestamp: _, ...metadata } = pod.metadata
  return { ...pod, metadata, status: { phase: 'Running' } }
}

/** Suspended, it keeps what it had; resumed, it begins anew. */
function startOf({ spec, before, now }: Situation): string | undefined {
  if (spec.suspend === true) return before.startTime
  if (hasCondition(before, 'Suspended')) return formatSeconds(now)
  return before.startTime ?? formatSeconds(now)
}

function conditionsOf(
  { spec, before, now }: Situation,
  verdict: Verdict | undefined,
  isOver: boolean,
): readonly Condition[] {
  const conditions = [...(before.conditions ?? [])]
  const set = (type: string, status: string, why: Pick<Condition, 'reason' | 'message'>): void => {
    const at = conditions.findIndex((one) => one.type === type)
    if (at !== -1 && conditions[at]!.status === status) return
    const time = formatSeconds(now)
    const next = { type, status, ...why, lastProbeTime: time, lastTransitionTime: time }
    if (at === -1) conditions.push(next)
    else conditions[at] = next
  }
  if (verdict !== undefined) {
    set(verdict.isSuccess ? 'SuccessCriteriaMet' : 'FailureTarget', 'True', verdict.why)
    if (isOver) set(verdict.isSuccess ? 'Complete' : 'Failed', 'True', verdict.why)
  } else if (spec.suspend === true)
    set('Suspended', 'True', { reason: 'JobSuspended', message: 'Job suspended' })
  else if (hasCondition(before, 'Suspended'))
    set('Suspended', 'False', { reason: 'JobResumed', message: 'Job resumed' })
  return conditions
}

function suspensionSayings({ spec, before }: Situation): readonly JobSaying[] {
  const wasSuspended = hasCondition(before, 'Suspended')
  if (spec.suspend === true && !wasSuspended)
    return [{ type: 'Normal', reason: 'Suspended', message: 'Job suspended' }]
  if (spec.suspend !== true && wasSuspended)
    return [{ type: 'Normal', reason: 'Resumed', message: 'Job resumed' }]
  return []
}

function endSaying({ isSuccess: isGood, why }: Verdict): JobSaying {
  if (isGood) return { type: 'Normal', reason: 'Completed', message: 'Job completed' }
  return { type: 'Warning', reason: why.reason!, message: why.message! }
}
