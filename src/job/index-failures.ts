// Failures of each index, where each has a back-off limit of its own. How often an index has failed is written on the
// pod that takes the place of the failed one; until there is such a pod, the failed one is not let go.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#backoff-limit-per-index

import type { KubeObject } from '../objects/index.ts'
import { parseIndexes } from './indexes.ts'
import { matchFailure } from './job-policy.ts'
import {
  FAILURES_ANNOTATION,
  IGNORED_ANNOTATION,
  INDEX_LABEL,
  type JobSpec,
  type JobStatus,
} from './objects.ts'

/** What the next pod of an index carries of the failures before it. */
export interface Carried {
  readonly counted: number
  readonly ignored: number
}

export interface IndexFailures {
  /** The indexes that have failed for good. */
  readonly failed: ReadonlySet<number>
  /** Of each index that may be tried again, the pod that failed last. */
  readonly last: ReadonlyMap<number, KubeObject>
}

export function indexOf(pod: KubeObject): number | undefined {
  const text = pod.metadata.labels?.[INDEX_LABEL]
  return text === undefined ? undefined : Number(text)
}

/** `failedPods` are those that have ended badly, let go or not. */
export function indexFailures(
  spec: JobSpec,
  before: JobStatus,
  failedPods: readonly KubeObject[],
): IndexFailures {
  const failed = new Set(parseIndexes(before.failedIndexes))
  const last = new Map<number, KubeObject>()
  for (const pod of failedPods) {
    const index = indexOf(pod)
    if (index === undefined) continue
    if (isLastTry(spec, pod)) failed.add(index)
    const known = last.get(index)
    if (known === undefined || triesBefore(pod) > triesBefore(known)) last.set(index, pod)
  }
  for (const index of failed) last.delete(index)
  return { failed, last }
}

/** What the pod carries that takes the place of this one. */
export function carriedOn(spec: JobSpec, failedPod: KubeObject): Carried {
  const { counted, ignored } = carriedBy(failedPod)
  return matchFailure(spec, failedPod)?.action === 'Ignore'
    ? { counted, ignored: ignored + 1 }
    : { counted: counted + 1, ignored }
}

/** How many pods of its index failed before this one. */
export function triesBefore(pod: KubeObject): number {
  const { counted, ignored } = carriedBy(pod)
  return counted + ignored
}

function carriedBy({ metadata }: KubeObject): Carried {
  const read = (name: string): number => Number(metadata.annotations?.[name] ?? 0)
  return { counted: read(FAILURES_ANNOTATION), ignored: read(IGNORED_ANNOTATION) }
}

function isLastTry(spec: JobSpec, pod: KubeObject): boolean {
  const action = matchFailure(spec, pod)?.action
  if (action === 'Ignore') return false
  return action === 'FailIndex' || carriedBy(pod).counted >= (spec.backoffLimitPerIndex ?? 0)
}
