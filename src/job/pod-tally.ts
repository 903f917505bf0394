// What the pods of a job come to: how many succeeded and failed, which of them the status does not account for yet.

import type { KubeObject } from '../objects/index.ts'
import { type IndexFailures, indexFailures, indexOf, triesBefore } from './index-failures.ts'
import { parseIndexes } from './indexes.ts'
import { matchFailure } from './job-policy.ts'
import {
  isEnded,
  type JobSpec,
  type JobStatus,
  podSpecOf,
  podStatusOf,
  TRACKING_FINALIZER,
} from './objects.ts'

export interface Situation {
  readonly spec: JobSpec
  readonly before: JobStatus
  /** Those that count. */
  readonly pods: readonly KubeObject[]
  /** Those that were let go before they ended, and still have to: they count for nothing. */
  readonly leaving: readonly KubeObject[]
  readonly now: number
}

/** What the pods and the uncounted together come to. */
export interface Tally {
  readonly succeeded: number
  readonly failed: number
  readonly counted: Pick<JobStatus, 'succeeded' | 'failed' | 'uncountedTerminatedPods'>
  readonly release: readonly KubeObject[]
  readonly active: readonly KubeObject[]
  readonly terminating: readonly KubeObject[]
  readonly completedIndexes: ReadonlySet<number>
  /** Where each index has a limit of its own. */
  readonly perIndex: IndexFailures | undefined
}

/**
 * While a job goes on (`outcome` is undefined), the last failed pod of an index with a limit of its own is held until
 * another takes its place: it is neither counted nor let go. When a job has failed, so has what is being taken away.
 */
export function countPods(
  { spec, before, pods, leaving }: Situation,
  outcome?: 'success' | 'failure',
): Tally {
  const { succeeded = [], failed = [] } = before.uncountedTerminatedPods ?? {}
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid!, pod]))
  const isKept = (uid: string): boolean => {
    const pod = byUid.get(uid)
    return pod !== undefined && isTracked(pod)
  }
  const known = new Set([...succeeded, ...failed])
  const isOver = (pod: KubeObject): boolean =>
    isDone(pod) || hasFailed(spec, pod) || (outcome === 'failure' && isTerminating(pod))
  const ended = pods.filter((pod) => isTracked(pod) && isOver(pod) && !known.has(pod.metadata.uid!))
  const perIndex =
    spec.backoffLimitPerIndex === undefined
      ? undefined
      : indexFailures(
          spec,
          before,
          pods.filter((pod) => isOver(pod) && !isSuccess(pod)),
        )
  const held =
    outcome === undefined && perIndex !== undefined
      ? heldPods(pods, perIndex)
      : new Set<KubeObject>()
  const bad = ended.filter((pod) => !isSuccess(pod))
  const ignored = bad.filter((pod) => matchFailure(spec, pod)?.action === 'Ignore')
  const failures = bad.filter((pod) => !ignored.includes(pod))
  const uncounted = {
    succeeded: [
      ...succeeded.filter((uid) => isKept(uid)),
      ...ended.filter((pod) => isSuccess(pod)).map((pod) => pod.metadata.uid!),
    ],
    failed: [
      ...failed.filter((uid) => isKept(uid)),
      ...failures.filter((pod) => !held.has(pod)).map((pod) => pod.metadata.uid!),
    ],
  }
  const isIndexed = spec.completionMode === 'Indexed'
  const done = pods.filter((pod) => isSuccess(pod)).flatMap((pod) => indexOf(pod) ?? [])
  const isWanted = (index: number): boolean => index < (spec.completions ?? 0)
  const completedIndexes = isIndexed
    ? new Set([...parseIndexes(before.completedIndexes), ...done].filter((one) => isWanted(one)))
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
    failed:
      counts.failed + uncounted.failed.length + failures.filter((pod) => held.has(pod)).length,
    counted: {
      ...(counts.succeeded === 0 ? {} : { succeeded: counts.succeeded }),
      ...(counts.failed === 0 ? {} : { failed: counts.failed }),
      uncountedTerminatedPods: {
        ...(uncounted.succeeded.length === 0 ? {} : { succeeded: uncounted.succeeded }),
        ...(uncounted.failed.length === 0 ? {} : { failed: uncounted.failed }),
      },
    },
    release: [
      ...[...uncounted.succeeded, ...uncounted.failed].map((uid) => byUid.get(uid)!),
      ...ignored.filter((pod) => !held.has(pod)),
    ],
    active: pods.filter((pod) => !isDone(pod) && !isTerminating(pod)),
    terminating: [...pods.filter((pod) => !isDone(pod) && isTerminating(pod)), ...leaving],
    completedIndexes,
    perIndex,
  }
}

/** Those whose failures nothing else tells of yet. */
function heldPods(pods: readonly KubeObject[], { last }: IndexFailures): ReadonlySet<KubeObject> {
  const tries = new Map<number, number>()
  for (const pod of pods) {
    const index = indexOf(pod) ?? -1
    tries.set(index, Math.max(tries.get(index) ?? 0, triesBefore(pod)))
  }
  const held = Array.from(last).filter(([index, pod]) => triesBefore(pod) === tries.get(index))
  return new Set(held.map(([, pod]) => pod))
}

export function isSuccess(pod: KubeObject): boolean {
  return podStatusOf(pod).phase === 'Succeeded'
}

export function isTerminating(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

/**
 * A pod that is being taken away has failed, even if it never comes to say so; unless the job waits for its end before
 * it makes another.
 */
export function hasFailed({ podReplacementPolicy }: JobSpec, pod: KubeObject): boolean {
  const { phase } = podStatusOf(pod)
  if (phase === 'Failed') return true
  return podReplacementPolicy !== 'Failed' && isTerminating(pod) && phase !== 'Succeeded'
}

export function isTracked(pod: KubeObject): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false
}

/** It has ended, or never began and was taken away. */
export function isDone(pod: KubeObject): boolean {
  if (isEnded(pod)) return true
  const isUnbound = podSpecOf(pod).nodeName === undefined
  return isTerminating(pod) && isUnbound && pod.metadata.deletionGracePeriodSeconds === 0
}
