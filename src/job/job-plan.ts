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
import { type Carried, carriedOn, indexOf, triesBefore } from './index-failures.ts'
import { formatIndexes } from './indexes.ts'
import { matchFailure, metSuccessRule } from './job-policy.ts'
import { POD_BACKOFF_MS_MAX, POD_BACKOFF_MS_MIN, PODS_CREATED_MAX } from './limits.ts'
import {
  type Condition,
  hasCondition,
  type JobSpec,
  jobSpecOf,
  type JobStatus,
  jobStatusOf,
  podStatusOf,
} from './objects.ts'
import { countPods, isDone, isSuccess, isTracked, type Situation, type Tally } from './pod-tally.ts'

export interface JobPlan {
  /** The status to write; undefined when it is as it should be. */
  readonly status: JobStatus | undefined
  /** Ended pods that the status, once written, accounts for. */
  readonly release: readonly KubeObject[]
  readonly remove: readonly KubeObject[]
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

const TOO_MANY: Pick<Condition, 'reason' | 'message'> = {
  reason: 'MaxFailedIndexesExceeded',
  message: 'Job has exceeded the specified maximal number of failed indexes',
}
const SOME_FAILED: Pick<Condition, 'reason' | 'message'> = {
  reason: 'FailedIndexes',
  message: 'Job has failed indexes',
}

export function planJob(job: KubeObject, pods: readonly KubeObject[], now: number): JobPlan {
  const spec = jobSpecOf(job)
  const before = jobStatusOf(job)
  if (hasCondition(before, 'Complete') || hasCondition(before, 'Failed'))
    return planFinished(spec, before, pods, now)
  return planRunning({ spec, before, pods, now })
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
    carried: new Map(),
    sayings: [],
    ended: undefined,
    expire: leftMs !== undefined && leftMs <= 0,
    againMs: leftMs !== undefined && leftMs > 0 ? leftMs : undefined,
  }
}

function planRunning(situation: Situation): JobPlan {
  const { spec, before, now } = situation
  const seen = countPods(situation, true)
  const startTime = spec.suspend === true ? undefined : (before.startTime ?? formatSeconds(now))
  const verdict = judge(situation, seen, startTime)
  const tally = verdict === undefined ? seen : countPods(situation, false)
  const isHalted = verdict !== undefined || spec.suspend === true
  const remove = isHalted ? tally.active : surplus(situation, tally)
  const missing = isHalted ? NOTHING_MISSING : planMissing(situation, tally)
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
    create: missing.create,
    carried: carriedOf(spec, missing.create, tally),
    sayings: isOver ? [endSaying(verdict)] : suspensionSayings(situation),
    ended: isOver ? (verdict.isSuccess ? 'completed' : 'failed') : undefined,
    expire: false,
    againMs: earliest(missing.againMs, verdict === undefined ? deadlineMs : undefined),
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
  const message = failJobMessage(spec, pods)
  if (message !== undefined)
    return { isSuccess: false, why: { reason: 'PodFailurePolicy', message } }
  const { backoffLimit = 6 } = spec
  if (tally.failed > backoffLimit || restartsExceed(spec, pods, backoffLimit))
    return { isSuccess: false, why: EXCEEDED }
  const leftMs = deadlineIn(spec, startTime, now)
  if (leftMs !== undefined && leftMs <= 0) return { isSuccess: false, why: TOO_LONG }
  const byIndexes = judgeIndexes(spec, tally)
  if (byIndexes !== undefined) return byIndexes
  return isEnough(spec, tally) ? { isSuccess: true, why: COMPLETED } : undefined
}

function failJobMessage(spec: JobSpec, pods: readonly KubeObject[]): string | undefined {
  if (spec.podFailurePolicy === undefined) return undefined
  for (const pod of pods) {
    if (podStatusOf(pod).phase !== 'Failed') continue
    const match = matchFailure(spec, pod)
    if (match?.action === 'FailJob') return match.message
  }
  return undefined
}

/** Too many indexes that failed, or enough that succeeded. */
function judgeIndexes(spec: JobSpec, { perIndex, completedIndexes }: Tally): Verdict | undefined {
  if (spec.completionMode !== 'Indexed') return undefined
  const failed = perIndex?.failed.size ?? 0
  if (failed > (spec.maxFailedIndexes ?? Infinity)) return { isSuccess: false, why: TOO_MANY }
  if (failed > 0 && failed + completedIndexes.size >= (spec.completions ?? 0))
    return { isSuccess: false, why: SOME_FAILED }
  const rule = metSuccessRule(spec, completedIndexes)
  if (rule === undefined) return undefined
  const message = `Matched rules at index ${rule}`
  return { isSuccess: true, why: { reason: 'SuccessPolicy', message } }
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

interface Missing {
  readonly create: readonly (number | undefined)[]
  readonly againMs: number | undefined
}

const NOTHING_MISSING: Missing = { create: [], againMs: undefined }

function planMissing(situation: Situation, tally: Tally): Missing {
  const { spec, now } = situation
  // Who wants a pod to be gone before another takes its place says so.
  const held = spec.podReplacementPolicy === 'Failed' ? tally.terminating.length : 0
  const count = Math.min(wantedPods(spec, tally) - tally.active.length - held, PODS_CREATED_MAX)
  if (count <= 0) return NOTHING_MISSING
  if (tally.perIndex !== undefined) return missingPerIndex(spec, tally, count, now)
  const waitMs = backoffLeft(situation)
  if (waitMs > 0) return { create: [], againMs: waitMs }
  if (spec.completionMode !== 'Indexed')
    return { create: Array.from({ length: count }, () => undefined), againMs: undefined }
  return { create: freeIndexes(spec, tally).slice(0, count), againMs: undefined }
}

function wantedPods({ parallelism = 1, completions }: JobSpec, tally: Tally): number {
  if (completions === undefined) return tally.succeeded > 0 ? tally.active.length : parallelism
  const failed = tally.perIndex?.failed.size ?? 0
  return Math.max(0, Math.min(parallelism, completions - tally.succeeded - failed))
}

function freeIndexes({ completions = 0 }: JobSpec, tally: Tally): readonly number[] {
  const taken = new Set([...tally.completedIndexes, ...(tally.perIndex?.failed ?? [])])
  for (const pod of [...tally.active, ...tally.terminating]) {
    const index = indexOf(pod)
    if (index !== undefined) taken.add(index)
  }
  return Array.from({ length: completions }, (_, index) => index).filter(
    (index) => !taken.has(index),
  )
}

/** Each index waits for its own failures only. */
function missingPerIndex(spec: JobSpec, tally: Tally, count: number, now: number): Missing {
  const create: number[] = []
  let againMs: number | undefined
  for (const index of freeIndexes(spec, tally)) {
    if (create.length === count) break
    const pod = tally.perIndex!.last.get(index)
    const leftMs = pod === undefined ? 0 : endOf(pod) + backoffMs(triesBefore(pod) + 1) - now
    if (leftMs <= 0) create.push(index)
    else againMs = earliest(againMs, leftMs)
  }
  return { create, againMs }
}

function carriedOf(
  spec: JobSpec,
  create: Missing['create'],
  { perIndex }: Tally,
): ReadonlyMap<number, Carried> {
  const carried = new Map<number, Carried>()
  if (perIndex === undefined) return carried
  for (const index of create) {
    const pod = perIndex.last.get(index!)
    carried.set(index!, pod === undefined ? { counted: 0, ignored: 0 } : carriedOn(spec, pod))
  }
  return carried
}

function backoffMs(failures: number): number {
  return Math.min(POD_BACKOFF_MS_MIN * 2 ** (failures - 1), POD_BACKOFF_MS_MAX)
}

/** How long it still is until a pod may take the place of one that failed, milliseconds. */
function backoffLeft({ pods, now }: Situation): number {
  const times = pods.filter((pod) => isDone(pod)).map((pod) => [pod, endOf(pod)] as const)
  const goodAt = Math.max(0, ...times.filter(([pod]) => isSuccess(pod)).map(([, at]) => at))
  const bad = times.filter(([pod, at]) => !isSuccess(pod) && at > goodAt).map(([, at]) => at)
  return bad.length === 0 ? 0 : Math.max(...bad) + backoffMs(bad.length) - now
}

/** When the last container of an ended pod ended. */
function endOf(pod: KubeObject): number {
  const { containerStatuses = [] } = podStatusOf(pod)
  const times = containerStatuses.map(({ state }) => Date.parse(state.terminated?.finishedAt ?? ''))
  const known = times.filter((at) => !Number.isNaN(at))
  return known.length === 0 ? Date.parse(pod.metadata.creationTimestamp!) : Math.max(...known)
}

function surplus({ spec }: Situation, tally: Tally): readonly KubeObject[] {
  const { parallelism = 1, completions } = spec
  const wanted = completions === undefined ? parallelism : wantedPods(spec, tally)
  // The youngest go first: they have done the least.
  return tally.active
    .toSorted((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? 1 : -1))
    .slice(0, Math.max(0, tally.active.length - wanted))
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

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
