// Jobs and pods as this room reads them. The object machinery has checked them: what a schema requires is there.

import type { KubeObject } from '../objects/index.ts'

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastProbeTime?: string | null
  readonly lastTransitionTime?: string
}

export interface JobSpec {
  readonly parallelism?: number
  readonly completions?: number
  readonly completionMode?: 'NonIndexed' | 'Indexed'
  readonly backoffLimit?: number
  readonly backoffLimitPerIndex?: number
  readonly maxFailedIndexes?: number
  readonly podFailurePolicy?: { readonly rules?: readonly PodFailureRule[] }
  readonly successPolicy?: { readonly rules?: readonly SuccessRule[] }
  readonly podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  readonly activeDeadlineSeconds?: number
  readonly ttlSecondsAfterFinished?: number
  readonly suspend?: boolean
  /** Whoever made the job chose what selects its pods. */
  readonly manualSelector?: boolean
  readonly managedBy?: string
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  readonly template: PodTemplate
}

/** What a pod's failure means, by how its containers ended or by what is said of it. */
export interface PodFailureRule {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
  readonly onExitCodes?: {
    readonly containerName?: string
    readonly operator: 'In' | 'NotIn'
    readonly values: readonly number[]
  }
  readonly onPodConditions?: readonly { readonly type: string; readonly status: string }[]
}

/** Which completions are enough. */
export interface SuccessRule {
  readonly succeededIndexes?: string
  readonly succeededCount?: number
}

export interface JobStatus {
  readonly conditions?: readonly Condition[]
  readonly startTime?: string
  readonly completionTime?: string
  readonly active?: number
  readonly ready?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly terminating?: number
  readonly completedIndexes?: string
  readonly failedIndexes?: string
  /** Pods that have ended, and are not yet in the counts above. */
  readonly uncountedTerminatedPods?: {
    readonly succeeded?: readonly string[]
    readonly failed?: readonly string[]
  }
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
  }
  readonly spec: PodSpec
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly terminationGracePeriodSeconds?: number
  readonly activeDeadlineSeconds?: number
  readonly nodeName?: string
  readonly serviceAccountName?: string
  readonly hostname?: string
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvVariable[]
  readonly envFrom?: readonly EnvSource[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  readonly resources?: { readonly limits?: Readonly<Record<string, string | number>> }
}

export interface EnvVariable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly configMapKeyRef?: KeyReference
    readonly secretKeyRef?: KeyReference
    readonly fieldRef?: { readonly fieldPath: string }
    readonly resourceFieldRef?: unknown
  }
}

export interface KeyReference {
  readonly name?: string
  readonly key: string
  readonly optional?: boolean
}

export interface EnvSource {
  readonly prefix?: string
  readonly configMapRef?: { readonly name?: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name?: string; readonly optional?: boolean }
}

export interface Volume {
  readonly name: string
  readonly configMap?: ProjectedVolume
  readonly secret?: ProjectedVolume
  readonly emptyDir?: unknown
}

export interface ProjectedVolume {
  readonly name?: string
  readonly secretName?: string
  readonly optional?: boolean
  readonly items?: readonly { readonly key: string; readonly path: string }[]
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
  readonly readOnly?: boolean
}

export interface PodStatus {
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly startTime?: string
  readonly conditions?: readonly Condition[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
}

export interface ContainerStatus {
  readonly name: string
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly state: ContainerState
  readonly lastState: ContainerState
}

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: ContainerEnd
}

export interface ContainerEnd {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
  readonly startedAt: string
  readonly finishedAt: string
}

export const JOB = { apiVersion: 'batch/v1', kind: 'Job' }
export const POD = { apiVersion: 'v1', kind: 'Pod' }

/** Keeps an ended pod until its job has counted it. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking'
export const INDEX_LABEL = 'batch.kubernetes.io/job-completion-index'
/** On a pod of an index with a back-off limit of its own: failures before it that count, and those that do not. */
export const FAILURES_ANNOTATION = 'batch.kubernetes.io/job-index-failure-count'
export const IGNORED_ANNOTATION = 'batch.kubernetes.io/job-index-ignored-failure-count'
export const UID_LABEL = 'batch.kubernetes.io/controller-uid'
export const NAME_LABEL = 'batch.kubernetes.io/job-name'

export function jobSpecOf(job: KubeObject): JobSpec {
  return job['spec'] as JobSpec
}

export function jobStatusOf(job: KubeObject): JobStatus {
  return job['status'] ?? {}
}

export function podSpecOf(pod: KubeObject): PodSpec {
  return pod['spec'] as PodSpec
}

export function podStatusOf(pod: KubeObject): PodStatus {
  return pod['status'] ?? {}
}

export function isEnded(pod: KubeObject): boolean {
  const { phase } = podStatusOf(pod)
  return phase === 'Succeeded' || phase === 'Failed'
}

export function hasCondition(
  status: { readonly conditions?: readonly Condition[] },
  type: string,
): boolean {
  return status.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
}
