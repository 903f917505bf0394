// Whether a job is to end, and how: too many pods failed, it lasted too long, its indexes say so, or enough succeeded.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup

import type { KubeObject } from '../objects/index.ts'
import { matchFailure, metSuccessRule } from './job-policy.ts'
import { type Condition, type JobSpec, podStatusOf } from './objects.ts'
import { hasFailed, type Situation, type Tally } from './pod-tally.ts'

const SECOND_MS = 1000
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

export interface Verdict {
  readonly isSuccess: boolean
  readonly why: Pick<Condition, 'reason' | 'message'>
}

/** Undefined while it goes on; what was judged once stays so. */
export function judge(
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
    if (!hasFailed(spec, pod)) continue
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

/** Milliseconds; a suspended job has none. */
export function deadlineIn(
  { activeDeadlineSeconds, suspend }: JobSpec,
  startTime: string | undefined,
  now: number,
): number | undefined {
  if (activeDeadlineSeconds === undefined || startTime === undefined || suspend === true)
    return undefined
  return Date.parse(startTime) + activeDeadlineSeconds * SECOND_MS - now
}
