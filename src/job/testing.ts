// Jobs and pods in any state, for tests of what is to be done about them.

import type { KubeObject } from '../objects/index.ts'
import { planJob, type JobPlan } from './job-plan.ts'
import {
  type Condition,
  FAILURES_ANNOTATION,
  INDEX_LABEL,
  type JobSpec,
  type JobStatus,
  TRACKING_FINALIZER,
} from './objects.ts'

export const NOW: number = Date.UTC(2026, 0, 1)
export const SECOND_MS = 1000

export const time = (ago = 0): string =>
  `${new Date(NOW - ago * SECOND_MS).toISOString().slice(0, 19)}Z`

export function jobOf(spec: Partial<JobSpec> = {}, status: JobStatus = {}): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default', uid: 'job-uid' },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c' }] } },
      ...spec,
    },
    status,
  }
}

export interface PodWish {
  readonly uid: string
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  readonly isTracked?: boolean
  readonly endedAgo?: number
  readonly index?: number
  readonly restarts?: number
  readonly exitCode?: number
  readonly conditions?: readonly Condition[]
  /** How often its index failed before. */
  readonly failedBefore?: number
  readonly isTerminating?: boolean
}

export function podOf({
  uid,
  phase,
  isTracked = true,
  endedAgo = 0,
  index,
  restarts = 0,
  exitCode = phase === 'Succeeded' ? 0 : 1,
  conditions = [],
  failedBefore,
  isTerminating = false,
}: PodWish): KubeObject {
  const hasEnded = phase === 'Succeeded' || phase === 'Failed'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: uid,
      namespace: 'default',
      uid,
      creationTimestamp: time(100),
      ...(isTracked ? { finalizers: [TRACKING_FINALIZER] } : {}),
      ...(index === undefined ? {} : { labels: { [INDEX_LABEL]: String(index) } }),
      ...(failedBefore === undefined
        ? {}
        : { annotations: { [FAILURES_ANNOTATION]: String(failedBefore) } }),
      ...(isTerminating ? { deletionTimestamp: time() } : {}),
    },
    spec: { nodeName: 'signalbox', containers: [{ name: 'c' }] },
    status: {
      phase,
      conditions,
      containerStatuses: [
        {
          name: 'c',
          restartCount: restarts,
          state: hasEnded
            ? { terminated: { exitCode, finishedAt: time(endedAgo) } }
            : { running: {} },
        },
      ],
    },
  }
}

export const plan = (job: KubeObject, ...pods: readonly PodWish[]): JobPlan =>
  planJob(
    job,
    pods.map((pod) => podOf(pod)),
    NOW,
  )
