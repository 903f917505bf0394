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
import { formatIndexes, parseIndexes } from './indexes.ts'
import { POD_BACKOFF_MS_MAX, POD_BACKOFF_MS_MIN, PODS_CREATED_MAX } from './limits.ts'
import {
  type Condition,
  hasCondition,
  INDEX_LABEL,
  isEnded,
  type JobSpec,
  jobSpecOf,
  type JobStatus,
  jobStatusOf,
  podSpecOf,
  podStatusOf,
  TRACKING_FINALIZER,
} from './objects.ts'

export interface JobPlan {
  /** The status to write; undefined when it is as it should be. */
  readonly status: JobStatus | undefined
  /** Ended pods that the status, once written, accounts for. */
  readonly release: readonly KubeObject[]
  readonly remove: readonly KubeObject[]
  /** One for each pod to make: its index, or undefined. */
  readonly create: readonly (number | undefined)[]
  /** What is to be said of the job. */
  readonly sayings: readonly JobSaying[]
  /** The job has come to its end with this status. */
  readonly ended: 'completed' | 'failed' | undefined
  /** It is finished and its time is up. */
  readonly expire: boolean
  /** When to look again, milliseconds from now. */
  readonly againMs: number | undefined
}

export interface JobSaying {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

const SECOND_MS = 1000
/** What a status that does not say it means. */
const EMPTY: JobStatus = { ready: 0, terminating: 0, uncountedTerminatedPods: {} }
const COMPLETED: Pick<Condition, 'reason' | 'message'> = {
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
}
const EXCEEDED: Pick<Condition, 'reason' | 'message'> = {
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
}
const TOO_LONG: Pick<Condition, 'reason' | 'message'> = {
  reason: 'DeadlineExceeded',
  message: 'Job was active longer than specified deadline',
}

export function planJob(job: KubeObject, pods: readonly KubeObject[], now: number): JobPlan {
  const spec = jobSpecOf(job)
  const before = jobStatusOf(job)
  if (hasCondition(before, 'Complete') || hasCondition(before, 'Failed'))
    return planFinished(spec, before, pods, now)
  return planRunning({ spec, before, pods, now })
}

interface Situation {
  readonly spec: JobSpec
  readonly before: JobStatus
  readonly pods: readonly KubeObject[]
  readonly now: number
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
    create: [],
    sayings: [],
    ended: undefined,
    expire: leftMs !== undefined && leftMs <= 0,
    againMs: leftMs !== undefined && leftMs > 0 ? leftMs : undefined,
  }
}

/** What the pods and the uncounted together come to. */
interface Tally {
  readonly succeeded: number
  readonly failed: number
  readonly counted: Pick<JobStatus, 'succeeded' | 'failed' | 'uncountedTerminatedPods'>
  readonly release: readonly KubeObject[]
  readonly active: readonly KubeObject[]
  readonly terminating: readonly KubeObject[]
  readonly completedIndexes: ReadonlySet<number>
}

function planRunning(situation: Situation): JobPlan {
  const { spec, before, now } = situation
  const tally = countPods(situation)
  const startTime = spec.suspend === true ? undefined : (before.startTime ?? formatSeconds(now))
  const verdict = judge(situation, tally, startTime)
  const isHalted = verdict !== undefined || spec.suspend === true
  const remove = isHalted ? tally.active : surplus(situation, tally)
  const missing = isHalted ? { create: [], againMs: undefined } : planMissing(situation, tally)
  // The last pods are let go and counted before the job is said to be over.
  const isLeft = tally.active.length + tally.terminating.length + tally.release.length > 0
  const isOver = verdict !== undefined && !isLeft
  const conditions = conditionsOf(situation, verdict, isOver)
  const active = tally.active.length - remove.length + missing.create.length
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
    ...tally.counted,
  }
  const isSame = isDeepStrictEqual({ ...EMPTY, ...status }, { ...EMPTY, ...before })
  const deadlineMs = deadlineIn(spec, startTime, now)
  return {
    status: isSame ? undefined : status,
    release: tally.release,
    remove,
    create: missing.create,
    sayings: isOver ? [endSaying(verdict)] : suspensionSayings(situation),
    ended: isOver ? (verdict.isSuccess ? 'completed' : 'failed') : undefined,
    expire: false,
    againMs: earliest(missing.againMs, verdict === undefined ? deadlineMs : undefined),
  }
}

function countPods({ spec, before, pods }: Situation): Tally {
  const { succeeded = [], failed = [] } = before.uncountedTerminatedPods ?? {}
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid!, pod]))
  const isKept = (uid: string): boolean => {
    const pod = byUid.get(uid)
    return pod !== undefined && isTracked(pod)
  }
  const known = new Set([...succeeded, ...failed])
  const ended = pods.filter((pod) => isTracked(pod) && isDone(pod) && !known.has(pod.metadata.uid!))
  const uncounted = {
    succeeded: [
      ...succeeded.filter((uid) => isKept(uid)),
      ...ended.filter((pod) => isSuccess(pod)).map((pod) => pod.metadata.uid!),
    ],
    failed: [
      ...failed.filter((uid) => isKept(uid)),
      ...ended.filter((pod) => !isSuccess(pod)).map((pod) => pod.metadata.uid!),
    ],
  }
  const isIndexed = spec.completionMode === 'Indexed'
  const done = pods.filter((pod) => isSuccess(pod)).flatMap((pod) => indexOf(pod) ?? [])
  const completedIndexes = isIndexed
    ? new Set([...parseIndexes(before.completedIndexes), ...done])
    : new Set<number>()
  const moved = (list: readonly string[]): number => list.filter((uid) => !isKept(uid)).length
  const counts = {
    succeeded: (before.succeeded ?? 0) + moved(succeeded),
    failed: (before.failed ?? 0) + moved(failed),
  }
  const total = counts.succeeded + uncounted.succeeded.length
  return {
    // An index that two pods completed is one completion.
    succeeded: isIndexed ? completedIndexes.size : total,
    failed: counts.failed + uncounted.failed.length,
    counted: {
      ...(counts.succeeded === 0 ? {} : { succeeded: counts.succeeded }),
      ...(counts.failed === 0 ? {} : { failed: counts.failed }),
      uncountedTerminatedPods: {
        ...(uncounted.succeeded.length === 0 ? {} : { succeeded: uncounted.succeeded }),
        ...(uncounted.failed.length === 0 ? {} : { failed: uncounted.failed }),
      },
    },
    release: [...uncounted.succeeded, ...uncounted.failed].map((uid) => byUid.get(uid)!),
    active: pods.filter((pod) => !isDone(pod) && pod.metadata.deletionTimestamp === undefined),
    terminating: pods.filter((pod) => !isDone(pod) && pod.metadata.deletionTimestamp !== undefined),
    completedIndexes,
  }
}

interface Verdict {
  readonly isSuccess: boolean
  readonly why: Pick<Condition, 'reason' | 'message'>
}

function judge(
  { spec, before, pods, now }: Situation,
  tally: Tally,
  startTime: string | undefined,
): Verdict | undefined {
  const target = before.conditions?.find(
    ({ type, status }) =>
      status === 'True' && (type === 'FailureTarget' || type === 'SuccessCriteriaMet'),
  )
  if (target !== undefined)
    return {
      isSuccess: target.type === 'SuccessCriteriaMet',
      why: { reason: target.reason!, message: target.message! },
    }
  const { backoffLimit = 6 } = spec
  if (tally.failed > backoffLimit || restartsExceed(spec, pods, backoffLimit))
    return { isSuccess: false, why: EXCEEDED }
  const leftMs = deadlineIn(spec, startTime, now)
  if (leftMs !== undefined && leftMs <= 0) return { isSuccess: false, why: TOO_LONG }
  return isEnough(spec, tally) ? { isSuccess: true, why: COMPLETED } : undefined
}

function isEnough({ completions }: JobSpec, { succeeded, active }: Tally): boolean {
  if (completions === undefined) return succeeded > 0 && active.length === 0
  return succeeded >= completions
}

/** Containers that are started again in their pod count as tries too. */
function restartsExceed(
  { template }: JobSpec,
  pods: readonly KubeObject[],
  backoffLimit: number,
): boolean {
  if (template.spec.restartPolicy !== 'OnFailure') return false
  let restarts = 0
  for (const pod of pods) {
    const { phase, containerStatuses = [], initContainerStatuses = [] } = podStatusOf(pod)
    if (phase !== 'Running' && phase !== 'Pending') continue
    for (const one of [...containerStatuses, ...initContainerStatuses]) restarts += one.restartCount
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

function planMissing(
  { spec, pods, before, now }: Situation,
  tally: Tally,
): { readonly create: readonly (number | undefined)[]; readonly againMs: number | undefined } {
  const { parallelism = 1, completions } = spec
  const wanted =
    completions === undefined
      ? tally.succeeded > 0
        ? tally.active.length
        : parallelism
      : Math.min(parallelism, completions - tally.succeeded)
  const count = Math.min(wanted - tally.active.length, PODS_CREATED_MAX)
  if (count <= 0) return { create: [], againMs: undefined }
  const waitMs = backoffLeft({ spec, pods, before, now }, tally)
  if (waitMs > 0) return { create: [], againMs: waitMs }
  if (spec.completionMode !== 'Indexed')
    return { create: Array.from({ length: count }, () => undefined), againMs: undefined }
  return { create: freeIndexes(completions ?? 0, count, tally), againMs: undefined }
}

function freeIndexes(completions: number, count: number, tally: Tally): readonly number[] {
  const taken = new Set(tally.completedIndexes)
  for (const pod of [...tally.active, ...tally.terminating]) {
    const index = indexOf(pod)
    if (index !== undefined) taken.add(index)
  }
  const free: number[] = []
  for (let index = 0; index < completions && free.length < count; index += 1)
    if (!taken.has(index)) free.push(index)
  return free
}

/** How long it still is until a pod may take the place of one that failed, milliseconds. */
function backoffLeft({ pods, now }: Situation, { failed }: Tally): number {
  if (failed === 0) return 0
  const times = pods.filter((pod) => isDone(pod)).map((pod) => [pod, endOf(pod)] as const)
  const goodAt = Math.max(0, ...times.filter(([pod]) => isSuccess(pod)).map(([, at]) => at))
  const bad = times.filter(([pod, at]) => !isSuccess(pod) && at > goodAt).map(([, at]) => at)
  if (bad.length === 0) return 0
  const delayMs = Math.min(POD_BACKOFF_MS_MIN * 2 ** (bad.length - 1), POD_BACKOFF_MS_MAX)
  return Math.max(...bad) + delayMs - now
}

function isSuccess(pod: KubeObject): boolean {
  return podStatusOf(pod).phase === 'Succeeded'
}

/** When the last container of an ended pod ended. */
function endOf(pod: KubeObject): number {
  const { containerStatuses = [] } = podStatusOf(pod)
  const times = containerStatuses.map(({ state }) => Date.parse(state.terminated?.finishedAt ?? ''))
  const known = times.filter((at) => !Number.isNaN(at))
  return known.length === 0 ? Date.parse(pod.metadata.creationTimestamp!) : Math.max(...known)
}

function surplus({ spec }: Situation, { active, succeeded }: Tally): readonly KubeObject[] {
  const { parallelism = 1, completions } = spec
  const wanted =
    completions === undefined ? parallelism : Math.min(parallelism, completions - succeeded)
  // The youngest go first: they have done the least.
  return active
    .toSorted((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? 1 : -1))
    .slice(0, Math.max(0, active.length - Math.max(0, wanted)))
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

function deadlineIn(
  { activeDeadlineSeconds }: JobSpec,
  startTime: string | undefined,
  now: number,
): number | undefined {
  if (activeDeadlineSeconds === undefined || startTime === undefined) return undefined
  return Date.parse(startTime) + activeDeadlineSeconds * SECOND_MS - now
}

function isTracked(pod: KubeObject): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false
}

/** It has ended, or never began and was taken away. */
function isDone(pod: KubeObject): boolean {
  if (isEnded(pod)) return true
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  const isUnbound = podSpecOf(pod).nodeName === undefined
  return deletionTimestamp !== undefined && isUnbound && deletionGracePeriodSeconds === 0
}

function indexOf(pod: KubeObject): number | undefined {
  const text = pod.metadata.labels?.[INDEX_LABEL]
  return text === undefined ? undefined : Number(text)
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
