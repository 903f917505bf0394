// Pods, the Jobs that make them, and the Deployments under which controllers of our own are shown.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/

import type { Schema } from '../structure/index.ts'
import { builtinType } from './builtin-type.ts'
import {
  AGE_COLUMN,
  at,
  column,
  countAt,
  formatDuration,
  listAt,
  NAME_COLUMN,
  textAt,
  wide,
} from './columns.ts'
import { validateJob } from './job-validation.ts'
import type { KubeObject } from './kube-object.ts'
import { POD_SPEC, POD_STATUS, POD_TEMPLATE } from './pod-schema.ts'
import type { ResourceType, StrategyContext } from './resource-type.ts'
import {
  CONDITIONS,
  FLAG,
  INT_OR_TEXT,
  LABEL_SELECTOR,
  listOf,
  objectOf,
  TEXT,
  TEXTS,
  TIME,
  WHOLE,
  withDefault,
} from './schema-parts.ts'

const GRACE_SECONDS = 30
const BACKOFF_LIMIT = 6
/** When each index has a limit of its own, the job as a whole has none. */
const BACKOFF_LIMIT_MAX = 2 ** 31 - 1

const POD_TYPE: ResourceType = builtinType({
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  hasStatus: true,
  subresources: [{ name: 'log', kind: 'Pod', verbs: ['get'] }],
  selectableFields: [
    '.spec.nodeName',
    '.spec.restartPolicy',
    '.spec.serviceAccountName',
    '.status.phase',
    '.status.podIP',
  ],
  schema: objectOf({ spec: POD_SPEC, status: POD_STATUS }, ['spec']),
  columns: [
    NAME_COLUMN,
    column('Ready', (object) => {
      const statuses = listAt(object, 'status.containerStatuses')
      const ready = statuses.filter((one) => at(one, 'ready') === true)
      return `${ready.length}/${listAt(object, 'spec.containers').length}`
    }),
    column('Status', (object) => podReason(object)),
    column('Restarts', (object) =>
      String(
        listAt(object, 'status.containerStatuses').reduce<number>(
          (sum, one) => sum + countAt(one, 'restartCount'),
          0,
        ),
      ),
    ),
    AGE_COLUMN,
    wide('IP', (object) => textAt(object, 'status.podIP') || '<none>'),
    wide('Node', (object) => textAt(object, 'spec.nodeName') || '<none>'),
    wide('Nominated Node', (object) => textAt(object, 'status.nominatedNodeName') || '<none>'),
    wide('Readiness Gates', () => '<none>'),
  ],
  strategy: {
    prepareCreate: (object) => ({
      ...object,
      spec: defaultPodSpec(object['spec'], 'Always'),
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    }),
    // A pod that never ran, or has ended, has nobody to wait for.
    graceSeconds: (object) => {
      const phase = textAt(object, 'status.phase')
      if (textAt(object, 'spec.nodeName') === '' || phase === 'Succeeded' || phase === 'Failed')
        return 0
      const seconds = at(object, 'spec.terminationGracePeriodSeconds')
      return typeof seconds === 'number' ? seconds : GRACE_SECONDS
    },
  },
})

/** What a pod is doing, in a word. */
function podReason(object: KubeObject): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating'
  let reason = textAt(object, 'status.reason') || textAt(object, 'status.phase')
  for (const status of listAt(object, 'status.containerStatuses').toReversed()) {
    const waiting = textAt(status, 'state.waiting.reason')
    const ended = at(status, 'state.terminated')
    if (waiting !== '') reason = waiting
    else if (ended !== undefined)
      reason = textAt(ended, 'reason') || `ExitCode:${textAt(ended, 'exitCode')}`
  }
  return reason
}

const POD_FAILURE_POLICY: Schema = objectOf({
  rules: listOf(
    objectOf({
      action: TEXT,
      onExitCodes: objectOf({ containerName: TEXT, operator: TEXT, values: listOf(WHOLE) }),
      onPodConditions: listOf(
        objectOf({ type: TEXT, status: withDefault(TEXT, 'True') }, ['type']),
      ),
    }),
  ),
})

const SUCCESS_POLICY: Schema = objectOf({
  rules: listOf(
    objectOf({ succeededIndexes: TEXT, succeededCount: { type: 'integer', minimum: 0 } }),
  ),
})

const JOB_TYPE: ResourceType = builtinType({
  group: 'batch',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  hasStatus: true,
  selectableFields: ['.status.successful'],
  schema: objectOf(
    {
      spec: objectOf(
        {
          parallelism: { type: 'integer', minimum: 0 },
          completions: { type: 'integer', minimum: 0 },
          completionMode: withDefault(
            { type: 'string', enum: ['NonIndexed', 'Indexed'] },
            'NonIndexed',
          ),
          backoffLimit: { type: 'integer', minimum: 0 },
          backoffLimitPerIndex: { type: 'integer', minimum: 0 },
          maxFailedIndexes: { type: 'integer', minimum: 0 },
          activeDeadlineSeconds: { type: 'integer', minimum: 0 },
          ttlSecondsAfterFinished: { type: 'integer', minimum: 0 },
          suspend: withDefault(FLAG, false),
          manualSelector: FLAG,
          selector: LABEL_SELECTOR,
          template: POD_TEMPLATE,
          podFailurePolicy: POD_FAILURE_POLICY,
          successPolicy: SUCCESS_POLICY,
          podReplacementPolicy: TEXT,
          managedBy: TEXT,
        },
        ['template'],
      ),
      status: objectOf({
        conditions: CONDITIONS,
        startTime: TIME,
        completionTime: TIME,
        active: WHOLE,
        ready: WHOLE,
        succeeded: WHOLE,
        failed: WHOLE,
        terminating: WHOLE,
        completedIndexes: TEXT,
        failedIndexes: TEXT,
        uncountedTerminatedPods: objectOf({ succeeded: TEXTS, failed: TEXTS }),
      }),
    },
    ['spec'],
  ),
  columns: [
    NAME_COLUMN,
    column('Status', (object) => jobState(object)),
    column('Completions', (object) => completionsOf(object)),
    column('Duration', (object, now) => durationOf(object, now)),
    AGE_COLUMN,
    wide('Containers', (object) => containersOf(object, 'name')),
    wide('Images', (object) => containersOf(object, 'image')),
    wide('Selector', (object) => selectorText(object)),
  ],
  strategy: {
    prepareCreate: (object, context) => prepareJob(object, context),
    validate: (next, previous) => validateJob(next, previous),
  },
})

function prepareJob(object: KubeObject, { uid }: StrategyContext): KubeObject {
  const spec = object['spec'] as Readonly<Record<string, unknown>> | undefined
  if (typeof spec !== 'object' || spec === null) return object
  const completions = spec['completions'] ?? (spec['parallelism'] === undefined ? 1 : undefined)
  const template = (spec['template'] ?? {}) as Readonly<Record<string, unknown>>
  const metadata = (template['metadata'] ?? {}) as { readonly labels?: object }
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': object.metadata.name,
    'controller-uid': uid,
    'job-name': object.metadata.name,
  }
  const isManual = spec['manualSelector'] === true
  return {
    ...object,
    spec: {
      ...spec,
      ...(completions === undefined ? {} : { completions }),
      parallelism: spec['parallelism'] ?? 1,
      backoffLimit:
        spec['backoffLimit'] ??
        (spec['backoffLimitPerIndex'] === undefined ? BACKOFF_LIMIT : BACKOFF_LIMIT_MAX),
      podReplacementPolicy:
        spec['podReplacementPolicy'] ??
        (spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed'),
      ...(isManual
        ? {}
        : { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } } }),
      template: {
        ...template,
        metadata: { ...metadata, labels: { ...metadata.labels, ...(isManual ? {} : own) } },
        spec: defaultPodSpec(template['spec'], 'Always'),
      },
    },
    status: {},
  }
}

/** What the schema cannot say of a pod's defaults, since it depends on other members. */
function defaultPodSpec(spec: unknown, restartPolicy: string): unknown {
  if (typeof spec !== 'object' || spec === null) return spec
  const given = spec as Readonly<Record<string, unknown>>
  return {
    ...given,
    restartPolicy: given['restartPolicy'] ?? restartPolicy,
    containers: defaultContainers(given['containers']),
    ...(given['initContainers'] === undefined
      ? {}
      : { initContainers: defaultContainers(given['initContainers']) }),
  }
}

function defaultContainers(list: unknown): unknown {
  return Array.isArray(list) ? list.map((one) => defaultContainer(one)) : list
}

function defaultContainer(container: unknown): unknown {
  if (typeof container !== 'object' || container === null) return container
  const image = textAt(container, 'image')
  const name = image.slice(image.lastIndexOf('/') + 1)
  const isNewest = !name.includes('@') && (!name.includes(':') || name.endsWith(':latest'))
  return {
    ...container,
    imagePullPolicy: at(container, 'imagePullPolicy') ?? (isNewest ? 'Always' : 'IfNotPresent'),
    resources: at(container, 'resources') ?? {},
  }
}

function jobState(object: KubeObject): string {
  const conditions = listAt(object, 'status.conditions')
  const has = (type: string): boolean =>
    conditions.some((one) => at(one, 'type') === type && at(one, 'status') === 'True')
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function completionsOf(object: KubeObject): string {
  const succeeded = countAt(object, 'status.succeeded')
  const completions = at(object, 'spec.completions')
  if (typeof completions === 'number') return `${succeeded}/${completions}`
  const parallelism = countAt(object, 'spec.parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationOf(object: KubeObject, now: number): string {
  const startedAt = Date.parse(textAt(object, 'status.startTime'))
  if (Number.isNaN(startedAt)) return ''
  const endedAt = Date.parse(textAt(object, 'status.completionTime'))
  return formatDuration((Number.isNaN(endedAt) ? now : endedAt) - startedAt)
}

const DEPLOYMENT_TYPE: ResourceType = builtinType({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  hasStatus: true,
  schema: objectOf(
    {
      spec: objectOf(
        {
          replicas: withDefault(WHOLE, 1),
          selector: LABEL_SELECTOR,
          template: POD_TEMPLATE,
          strategy: objectOf({
            type: TEXT,
            rollingUpdate: objectOf({ maxSurge: INT_OR_TEXT, maxUnavailable: INT_OR_TEXT }),
          }),
          minReadySeconds: WHOLE,
          revisionHistoryLimit: withDefault(WHOLE, 10),
          paused: FLAG,
          progressDeadlineSeconds: withDefault(WHOLE, 600),
        },
        ['selector', 'template'],
      ),
      status: objectOf({
        observedGeneration: WHOLE,
        replicas: WHOLE,
        updatedReplicas: WHOLE,
        readyReplicas: WHOLE,
        availableReplicas: WHOLE,
        unavailableReplicas: WHOLE,
        conditions: CONDITIONS,
        collisionCount: WHOLE,
      }),
    },
    ['spec'],
  ),
  columns: [
    NAME_COLUMN,
    column('Ready', (object) =>
      [countAt(object, 'status.readyReplicas'), countAt(object, 'spec.replicas')].join('/'),
    ),
    column('Up-to-date', (object) => countAt(object, 'status.updatedReplicas')),
    column('Available', (object) => countAt(object, 'status.availableReplicas')),
    AGE_COLUMN,
    wide('Containers', (object) => containersOf(object, 'name')),
    wide('Images', (object) => containersOf(object, 'image')),
    wide('Selector', (object) => selectorText(object)),
  ],
})

export const WORKLOAD_TYPES: readonly ResourceType[] = [POD_TYPE, JOB_TYPE, DEPLOYMENT_TYPE]

function containersOf(object: KubeObject, member: string): string {
  const containers = listAt(object, 'spec.template.spec.containers')
  return containers.map((one) => textAt(one, member)).join(',')
}

function selectorText(object: KubeObject): string {
  const labels = (at(object, 'spec.selector.matchLabels') ?? {}) as Readonly<Record<string, string>>
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
