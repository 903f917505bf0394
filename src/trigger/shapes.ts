// What the objects of this room say, as their schemas let it be.

import type { KubeObject } from '../objects/index.ts'

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** All that are not empty must match, each as a regular expression of Go. */
export interface MessageCriteria {
  readonly subject?: string
  readonly cloudEventSource?: string
  readonly cloudEventType?: string
  readonly cloudEventSubject?: string
}

export interface ResourceSelector {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
  readonly labelFilters?: readonly {
    readonly key: string
    readonly operation: string
    readonly value?: string
  }[]
  readonly selector?: LabelSelector
  /** Lua. */
  readonly evaluate?: string
  readonly evaluateCEL?: readonly { readonly name: string; readonly rule: string }[]
}

export interface EventSourceSpec {
  readonly resourceSelectors?: readonly ResourceSelector[]
  /** Lua over all that were selected. */
  readonly aggregatedSelection?: string
  readonly messagingMatchCriteria?: readonly MessageCriteria[]
  readonly collectResources?: boolean
}

export interface PolicyRef {
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly optional?: boolean
  readonly force?: boolean
  readonly skipNamespaceCreation?: boolean
  readonly remoteURL?: unknown
  readonly path?: string
}

/** Which objects a patch is laid on: regular expressions of Go for the whole text, and selectors. */
export interface PatchTarget {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly labelSelector?: string
  readonly annotationSelector?: string
}

export interface PatchSpec {
  /** YAML: operations of a JSON patch, or a strategic merge patch; a template. */
  readonly patch: string
  readonly target?: PatchTarget
}

export interface TemplateResourceRef {
  readonly resource: {
    readonly apiVersion?: string
    readonly kind?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly identifier: string
  readonly optional?: boolean
}

export interface EventTriggerSpec {
  readonly sourceClusterSelector: LabelSelector
  readonly eventSourceName: string
  readonly oneForEvent?: boolean
  readonly cloudEventAction?: string
  readonly policyRefs?: readonly PolicyRef[]
  readonly templateResourceRefs?: readonly TemplateResourceRef[]
  readonly syncMode?: SyncMode
  readonly stopMatchingBehavior?: Stopping
  readonly patches?: readonly PatchSpec[]
  readonly patchesFrom?: readonly PolicyRef[]
  readonly extraLabels?: Readonly<Record<string, string>>
  readonly extraAnnotations?: Readonly<Record<string, string>>
}

export type SyncMode = 'OneTime' | 'Continuous' | 'ContinuousWithDriftDetection' | 'DryRun'
export type Stopping = 'WithdrawPolicies' | 'LeavePolicies'

export interface ClusterState {
  readonly cluster: ClusterReference
  readonly hash: string
  readonly status: 'Provisioning' | 'Provisioned' | 'Failed' | 'FailedNonRetriable'
  readonly failureMessage?: string
}

export interface EventTriggerStatus {
  readonly matchingClusters?: readonly ClusterReference[]
  readonly clusterInfo?: readonly ClusterState[]
}

export interface ClusterReference {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export type CloudEvent = Readonly<Record<string, unknown>>

/** What a profile is for. */
export interface Occasion {
  readonly cloudEvent?: CloudEvent
  readonly cloudEvents?: readonly CloudEvent[]
  readonly resource?: KubeObject
  /** What it was before the change that is the occasion. */
  readonly oldResource?: KubeObject
  readonly resources?: readonly KubeObject[]
}

export interface ProfileSpec extends Occasion {
  readonly clusterRefs: readonly ClusterReference[]
  readonly syncMode?: SyncMode
  readonly stopMatchingBehavior?: Stopping
}

export interface DeployedResource {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  /** Of its manifest. */
  readonly hash?: string
  /** It was applied; a job is applied once. */
  readonly isDeployed?: boolean
}

export interface ProfileStatus {
  readonly phase?: 'Provisioning' | 'Provisioned' | 'Failed'
  readonly message?: string
  /** Of what it was for when its manifests were made. */
  readonly hash?: string
  /** Made from templates before the first of them was applied, so that a crash makes no others. */
  manifests?: string
  /** The ConfigMaps and Secrets that are deployed as they are. */
  readonly policies?: readonly {
    readonly kind: string
    readonly namespace: string
    readonly name: string
  }[]
  readonly resources?: readonly DeployedResource[]
}

// The schemas were checked when the objects were stored.

export function sourceSpecOf(source: KubeObject): EventSourceSpec {
  return source['spec'] ?? {}
}

export function triggerSpecOf(trigger: KubeObject): EventTriggerSpec {
  return trigger['spec'] as EventTriggerSpec
}

export function triggerStatusOf(trigger: KubeObject): EventTriggerStatus {
  return trigger['status'] ?? {}
}

export function profileSpecOf(profile: KubeObject): ProfileSpec {
  return profile['spec'] as ProfileSpec
}

export function profileStatusOf(profile: KubeObject): ProfileStatus {
  return profile['status'] ?? {}
}
