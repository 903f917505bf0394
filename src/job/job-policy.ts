// What a job itself says of failures and of success: which failures count, and which completions are enough.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy

import type { KubeObject } from '../objects/index.ts'
import { parseIndexes } from './indexes.ts'
import {
  type Condition,
  type ContainerStatus,
  type JobSpec,
  type PodFailureRule,
  podStatusOf,
} from './objects.ts'

export interface FailureMatch {
  readonly action: PodFailureRule['action']
  /** Why the job has failed, for `FailJob`. */
  readonly message: string
}

/** What the first rule that fits a failed pod says; undefined when none does, and the failure simply counts. */
export function matchFailure(
  { podFailurePolicy }: JobSpec,
  pod: KubeObject,
): FailureMatch | undefined {
  const { namespace, name } = pod.metadata
  for (const [index, rule] of (podFailurePolicy?.rules ?? []).entries()) {
    const ending = `matching ${rule.action} rule at index ${index}`
    if (rule.onExitCodes !== undefined) {
      const container = containerWithExit(pod, rule.onExitCodes)
      if (container === undefined) continue
      const code = container.state.terminated!.exitCode
      return {
        action: rule.action,
        message: `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${code} ${ending}`,
      }
    }
    const condition = conditionOf(pod, rule.onPodConditions ?? [])
    if (condition === undefined) continue
    return {
      action: rule.action,
      message: `Pod ${namespace}/${name} has condition ${condition.type} ${ending}`,
    }
  }
  return undefined
}

function containerWithExit(
  pod: KubeObject,
  { containerName, operator, values }: NonNullable<PodFailureRule['onExitCodes']>,
): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = podStatusOf(pod)
  return [...containerStatuses, ...initContainerStatuses].find(({ name, state }) => {
    const code = state.terminated?.exitCode ?? 0
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false
    return values.includes(code) === (operator === 'In')
  })
}

function conditionOf(
  pod: KubeObject,
  patterns: NonNullable<PodFailureRule['onPodConditions']>,
): Condition | undefined {
  return podStatusOf(pod).conditions?.find(({ type, status }) =>
    patterns.some((pattern) => pattern.type === type && pattern.status === status),
  )
}

/** The place of the first rule of the success policy that is met. */
export function metSuccessRule(
  { successPolicy }: JobSpec,
  completed: ReadonlySet<number>,
): number | undefined {
  if (completed.size === 0) return undefined
  const at = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && completed.size >= succeededCount
    const wanted = parseIndexes(succeededIndexes)
    if (wanted.size === 0) return false
    const found = Array.from(wanted).filter((index) => completed.has(index)).length
    return found >= (succeededCount ?? wanted.size)
  })
  return at === -1 ? undefined : at
}
