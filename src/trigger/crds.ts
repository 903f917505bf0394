// The kinds of this room as CustomResourceDefinitions. What other programs of the same kinds know and this one does not
// is kept, and said to be unsupported where it would change what happens.
// https://projectsveltos.github.io/sveltos/main/events/addon_event_deployment/

import type { KubeObject } from '../objects/index.ts'
import type { Schema } from '../structure/index.ts'
import { CONFIG_GROUP, LIB_GROUP, VERSION } from './names.ts'

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const openList = listOf(open)

function listOf(items: Schema): Schema {
  return { type: 'array', items, 'x-kubernetes-list-type': 'atomic' }
}

function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}

const labelSelector = object({
  matchLabels: { type: 'object', additionalProperties: text },
  matchExpressions: listOf(
    object({ key: text, operator: text, values: listOf(text) }, ['key', 'operator']),
  ),
})

const objectReference = object({
  apiVersion: text,
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  resourceVersion: text,
  fieldPath: text,
})

const resourceSelector = object(
  {
    group: text,
    version: text,
    kind: { type: 'string', minLength: 1 },
    labelFilters: listOf(
      object(
        {
          key: text,
          operation: { type: 'string', enum: ['Equal', 'Different', 'Has', 'DoesNotHave'] },
          value: text,
        },
        ['key', 'operation'],
      ),
    ),
    selector: labelSelector,
    namespace: text,
    name: text,
    evaluate: text,
    evaluateCEL: listOf(
      object({ name: text, rule: { type: 'string', minLength: 1 } }, ['name', 'rule']),
    ),
  },
  ['group', 'version', 'kind'],
)

const eventSourceSpec = object({
  resourceSelectors: listOf(resourceSelector),
  aggregatedSelection: text,
  collectResources: { type: 'boolean', default: false },
  messagingMatchCriteria: listOf(
    object({
      subject: text,
      cloudEventSource: text,
      cloudEventType: text,
      cloudEventSubject: text,
    }),
  ),
})

const policyRef = object({
  kind: {
    type: 'string',
    enum: ['ConfigMap', 'Secret', 'GitRepository', 'OCIRepository', 'Bucket'],
  },
  namespace: text,
  name: text,
  path: text,
  remoteURL: open,
  deploymentType: { type: 'string', enum: ['Local', 'Remote'], default: 'Remote' },
  optional: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  skipNamespaceCreation: { type: 'boolean', default: false },
  tier: { type: 'integer', minimum: 1 },
})

const patch = object(
  {
    patch: { type: 'string', minLength: 1 },
    target: object({
      group: text,
      version: text,
      kind: text,
      namespace: text,
      name: text,
      labelSelector: text,
      annotationSelector: text,
    }),
  },
  ['patch'],
)

const patchSource = object(
  {
    kind: { type: 'string', enum: ['ConfigMap', 'Secret'] },
    namespace: text,
    name: { type: 'string', minLength: 1 },
    optional: { type: 'boolean', default: false },
  },
  ['kind', 'name'],
)

const STOPPING: Schema = {
  type: 'string',
  enum: ['WithdrawPolicies', 'LeavePolicies'],
  default: 'WithdrawPolicies',
}

const SYNC: Schema = {
  type: 'string',
  enum: ['OneTime', 'Continuous', 'ContinuousWithDriftDetection', 'DryRun'],
  default: 'Continuous',
}

const eventTriggerSpec = object(
  {
    sourceClusterSelector: labelSelector,
    clusterSetRefs: listOf(text),
    destinationClusterSelector: labelSelector,
    destinationCluster: objectReference,
    eventSourceName: { type: 'string', minLength: 1 },
    oneForEvent: flag,
    cloudEventAction: { type: 'string', default: 'Create' },
    policyRefs: listOf(policyRef),
    configMapGenerator: openList,
    secretGenerator: openList,
    templateResourceRefs: listOf(
      object(
        { resource: objectReference, identifier: text, optional: flag, ignoreStatusChanges: flag },
        ['resource', 'identifier'],
      ),
    ),
    helmCharts: openList,
    kustomizationRefs: openList,
    validateHealths: openList,
    preDeployChecks: openList,
    postDeployChecks: openList,
    patches: listOf(patch),
    patchesFrom: listOf(patchSource),
    driftExclusions: openList,
    dependsOn: listOf(text),
    syncMode: SYNC,
    tier: { type: 'integer', minimum: 1, default: 100 },
    continueOnConflict: { type: 'boolean', default: false },
    continueOnError: { type: 'boolean', default: false },
    maxUpdate: { 'x-kubernetes-int-or-string': true },
    stopMatchingBehavior: STOPPING,
    reloader: { type: 'boolean', default: false },
    profileNameFormat: text,
    extraLabels: { type: 'object', additionalProperties: text },
    extraAnnotations: { type: 'object', additionalProperties: text },
  },
  ['sourceClusterSelector', 'eventSourceName'],
)

const eventTriggerStatus = object({
  matchingClusters: listOf(objectReference),
  destinationMatchingClusterRefs: listOf(objectReference),
  clusterInfo: listOf(
    object({
      cluster: objectReference,
      hash: { type: 'string', format: 'byte' },
      status: {
        type: 'string',
        enum: [
          'Provisioning',
          'Provisioned',
          'Failed',
          'FailedNonRetriable',
          'Removing',
          'Removed',
        ],
      },
      failureMessage: text,
    }),
  ),
})

const profileSpec = object({
  clusterRefs: listOf(objectReference),
  syncMode: SYNC,
  stopMatchingBehavior: STOPPING,
  /** What it is for: the events, or the resources. */
  cloudEvent: open,
  cloudEvents: openList,
  resource: open,
  oldResource: open,
  resources: openList,
})

const profileStatus = object({
  phase: { type: 'string', enum: ['Provisioning', 'Provisioned', 'Failed'] },
  message: text,
  hash: text,
  manifests: text,
  policies: openList,
  resources: listOf(
    object({
      apiVersion: text,
      kind: text,
      namespace: text,
      name: text,
      hash: text,
      isDeployed: flag,
    }),
  ),
})

interface Definition {
  readonly group: string
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly isNamespaced: boolean
  readonly spec: Schema
  readonly status?: Schema
  readonly columns?: readonly {
    readonly name: string
    readonly type: string
    readonly jsonPath: string
  }[]
}

const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

const DEFINITIONS: readonly Definition[] = [
  {
    group: LIB_GROUP,
    kind: 'EventSource',
    plural: 'eventsources',
    isNamespaced: false,
    spec: eventSourceSpec,
  },
  {
    group: LIB_GROUP,
    kind: 'EventTrigger',
    plural: 'eventtriggers',
    isNamespaced: false,
    spec: eventTriggerSpec,
    status: eventTriggerStatus,
  },
  {
    group: LIB_GROUP,
    kind: 'SveltosCluster',
    plural: 'sveltosclusters',
    shortNames: ['clusters'],
    isNamespaced: true,
    spec: open,
    status: object({ ready: flag, version: text, connectionStatus: text, failureMessage: text }),
    columns: [
      { name: 'Ready', type: 'boolean', jsonPath: '.status.ready' },
      { name: 'Version', type: 'string', jsonPath: '.status.version' },
      AGE,
    ],
  },
  {
    group: CONFIG_GROUP,
    kind: 'ClusterProfile',
    plural: 'clusterprofiles',
    isNamespaced: false,
    spec: profileSpec,
    status: profileStatus,
    columns: [
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      { name: 'Message', type: 'string', jsonPath: '.status.message' },
      AGE,
    ],
  },
]

export const CRDS: readonly KubeObject[] = DEFINITIONS.map(definitionOf)

function definitionOf(definition: Definition): KubeObject {
  const { group, kind, plural, shortNames, isNamespaced, spec, status, columns } = definition
  const body = {
    group,
    scope: isNamespaced ? 'Namespaced' : 'Cluster',
    names: {
      kind,
      listKind: `${kind}List`,
      plural,
      singular: kind.toLowerCase(),
      ...(shortNames === undefined ? {} : { shortNames }),
    },
    versions: [
      {
        name: VERSION,
        served: true,
        storage: true,
        ...(status === undefined ? {} : { subresources: { status: {} } }),
        ...(columns === undefined ? {} : { additionalPrinterColumns: columns }),
        schema: {
          openAPIV3Schema: object({
            apiVersion: text,
            kind: text,
            metadata: { type: 'object' },
            spec,
            ...(status === undefined ? {} : { status }),
          }),
        },
      },
    ],
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: body,
  }
}
