// How many pods a job wants beside those it has, which of them it has too many of, and how long it still has to wait
// before one takes the place of a failed one.

import type { KubeObject } from '../objects/index.ts'
import { type Carried, carriedOn, indexOf, triesBefore } from './index-failures.ts'
import { POD_BACKOFF_MS_MAX, POD_BACKOFF_MS_MIN, PODS_CREATED_MAX } from './limits.ts'
import { hasCondition, type JobSpec, podSpecOf, podStatusOf } from './objects.ts'
import { isDone, isSuccess, type Situation, type Tally } from './pod-tally.ts'

export interface Missing {
  readonly create: readonly (number | undefined)[]
  readonly againMs: number | undefined
}

export const NOTHING_MISSING: Missing = { create: [], againMs: undefined }

export function missingPods(situation: Situation, tally: Tally): Missing {
  const { spec, now } = situation
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

function freeIndexes(
  { completions = 0, podReplacementPolicy }: JobSpec,
  tally: Tally,
): readonly number[] {
  const taken = new Set([...tally.completedIndexes, ...(tally.perIndex?.failed ?? [])])
  // Who wants a pod to be gone before another takes its place says so.
  const isHeld = podReplacementPolicy === 'Failed'
  for (const pod of isHeld ? [...tally.active, ...tally.terminating] : tally.active) {
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

export function carriedOf(
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

/** Of what runs: what a job has no index for, and the least far of the others when they are too many. */
export function surplusPods({ spec }: Situation, tally: Tally): readonly KubeObject[] {
  const { parallelism = 1, completions } = spec
  const wanted = completions === undefined ? parallelism : wantedPods(spec, tally)
  const useless = spec.completionMode === 'Indexed' ? uselessPods(spec, tally.active) : []
  const others = tally.active
    .filter((pod) => !useless.includes(pod))
    .toSorted((a, b) => progressOf(a) - progressOf(b) || youngestFirst(a, b))
  return [...useless, ...others.slice(0, Math.max(0, others.length - wanted))]
}

/** Of indexes that are not asked for any more, or that another has as well. */
function uselessPods(
  { completions = 0 }: JobSpec,
  active: readonly KubeObject[],
): readonly KubeObject[] {
  const taken = new Set<number>()
  return active
    .toSorted((a, b) => progressOf(b) - progressOf(a))
    .filter((pod) => {
      const index = indexOf(pod) ?? Infinity
      if (index >= completions || taken.has(index)) return true
      taken.add(index)
      return false
    })
}

/** The further, the more is lost when it goes. */
function progressOf(pod: KubeObject): number {
  const isBound = podSpecOf(pod).nodeName !== undefined
  const status = podStatusOf(pod)
  const isRunning = status.phase === 'Running'
  return Number(isBound) + Number(isRunning) + Number(hasCondition(status, 'Ready'))
}

function youngestFirst(a: KubeObject, b: KubeObject): number {
  return a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? 1 : -1
}

/** Of two times, one of which there may not be. */
export function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
