// What a resource of a workflow becomes: the whole object, with what the workflow says of all of them.

import type { KubeObject, KubeOwner } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { asText, isObject, type JsonObject } from './json-tree.ts'
import {
  APPLIED_ANNOTATION,
  EVENT_LABEL,
  FINALIZER,
  hashOf,
  labelOf,
  TEMPLATE_LABEL,
  WORKFLOW_LABEL,
} from './names.ts'
import type { JobAttempt, ObjectRef, Plan } from './plan.ts'
import { type Action, parseDuration, type ResourceWish, type Step } from './steps.ts'

export interface PlanContext {
  readonly workflow: KubeObject
  readonly steps: readonly Step[]
  /** Whether objects of a kind are in a namespace; undefined when there is no such kind. */
  isNamespaced(of: { readonly apiVersion: string; readonly kind: string }): boolean | undefined
}

const NAMESPACE_DEFAULT = 'default'
/** What a workflow says of all its resources, beside region and tags. */
const COMMON = [
  'deletionPolicy',
  'managementPolicies',
  'providerConfigRef',
  'publishConnectionDetailsTo',
] as const

export function createPlan(context: PlanContext): Plan {
  const { workflow, steps } = context
  const spec = specOf(workflow)
  return {
    steps,
    build: (wish) => withHash(buildResource(wish, context)),
    keyOf: (wish) => refOf(wish, context),
    buildJob: (step, of, action) => withHash(buildJob(step, { ...of, action, context })),
    mayCreate: allows(spec, 'Create'),
    mayUpdate: allows(spec, 'Update'),
  }
}

/** Whether the managementPolicies of a spec let this be done; they let everything be done when there are none. */
export function allows(spec: JsonObject, what: 'Create' | 'Update' | 'Delete'): boolean {
  const { managementPolicies = ['*'] } = spec
  if (!Array.isArray(managementPolicies)) return true
  return managementPolicies.includes('*') || managementPolicies.includes(what)
}

export function specOf(object: KubeObject): JsonObject {
  const { spec } = object
  return isObject(spec) ? spec : {}
}

export function ownerOf({ apiVersion, kind, metadata }: KubeObject): KubeOwner {
  const { name, uid } = metadata
  return { apiVersion, kind, name, uid: uid!, controller: true, blockOwnerDeletion: true }
}

/** The labels that everything of a workflow has. */
export function labelsFor(workflow: KubeObject): Readonly<Record<string, string>> {
  const { labels = {}, name } = workflow.metadata
  const of = (label: string): Readonly<Record<string, string>> =>
    labels[label] === undefined ? {} : { [label]: labels[label] }
  return { ...of(EVENT_LABEL), [WORKFLOW_LABEL]: labelOf(name), ...of(TEMPLATE_LABEL) }
}

function refOf({ name, object }: ResourceWish, context: PlanContext): ObjectRef {
  const { apiVersion, kind, metadata } = object
  const of = { apiVersion: asText(apiVersion), kind: asText(kind) }
  const given = isObject(metadata) ? metadata : {}
  const namespace = namespaceOf(given, context.workflow, context.isNamespaced(of))
  return { ...of, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }
}

function buildResource(wish: ResourceWish, context: PlanContext): KubeObject {
  const { workflow } = context
  const { apiVersion: _, kind: __, spec, metadata, ...rest } = wish.object
  const ref = refOf(wish, context)
  const { namespace } = ref.metadata
  const given = isObject(metadata) ? metadata : {}
  return {
    ...ref,
    metadata: {
      ...ref.metadata,
      labels: { ...textsOf(given['labels']), ...labelsFor(workflow) },
      annotations: textsOf(given['annotations']),
      ...ownersOf(workflow, namespace),
      // Whoever makes it outside takes it away there before it goes.
      ...(isManaged(spec) ? { finalizers: [FINALIZER] } : {}),
    },
    ...(spec === undefined
      ? {}
      : { spec: withCommon(spec, { name: wish.name, kind: ref.kind, common: specOf(workflow) }) }),
    ...rest,
  }
}

/** Whether a provider makes a thing outside of an object with this spec. */
function isManaged(spec: Json | undefined): boolean {
  return isObject(spec) && isObject(spec['forProvider'])
}

/** Objects of a workflow in no namespace stand where they say, or in `default`. */
function namespaceOf(
  { namespace }: JsonObject,
  workflow: KubeObject,
  isNamespaced = true,
): string | undefined {
  if (!isNamespaced) return undefined
  if (workflow.metadata.namespace !== undefined) return workflow.metadata.namespace
  return typeof namespace === 'string' ? namespace : NAMESPACE_DEFAULT
}

/** What is in no namespace cannot be owned by what is in one. */
function ownersOf(
  workflow: KubeObject,
  namespace: string | undefined,
): { readonly ownerReferences?: readonly KubeOwner[] } {
  const isOwnable = namespace !== undefined || workflow.metadata.namespace === undefined
  return isOwnable ? { ownerReferences: [ownerOf(workflow)] } : {}
}

interface Shared {
  readonly name: string
  readonly kind: string
  /** The workflow's spec. */
  readonly common: JsonObject
}

/** A resource may leave out its region, tags and policies: the workflow's are used. */
function withCommon(spec: Json, { name, kind, common }: Shared): Json {
  if (!isObject(spec) || !isObject(spec['forProvider'])) return spec
  const { forProvider } = spec
  const shared = isObject(common['forProvider']) ? common['forProvider'] : {}
  const { tags: sharedTags, ...sharedRest } = shared
  const { tags } = forProvider
  const merged = isObject(sharedTags) && (tags === undefined || isObject(tags))
  const inherited = Object.fromEntries(
    COMMON.flatMap((name) => (common[name] === undefined ? [] : [[name, common[name]]])),
  )
  const namespace = common['writeConnectionSecretsToNamespace']
  const secret = { name: `${name}-${kind.toLowerCase()}-connection`, namespace }
  return {
    ...inherited,
    ...(namespace === undefined ? {} : { writeConnectionSecretToRef: secret }),
    ...spec,
    forProvider: {
      ...(sharedRest['region'] === undefined ? {} : { region: sharedRest['region'] }),
      ...forProvider,
      ...(merged ? { tags: { ...sharedTags, ...(isObject(tags) ? tags : {}) } } : {}),
    },
  }
}

interface JobParts extends JobAttempt {
  readonly action: Action
  readonly context: PlanContext
}

const CONTAINER_MEMBERS = ['image', 'command', 'args', 'env', 'envFrom', 'resources', 'workingDir']

/** `with` is the spec of a Job (`spec`), or of its one container: image, command, args, env. */
function buildJob(step: Step, { runId, attempt, action, context }: JobParts): KubeObject {
  const { workflow } = context
  const namespace = workflow.metadata.namespace ?? NAMESPACE_DEFAULT
  const { with: given } = action
  const spec = isObject(given['spec']) ? given['spec'] : jobSpecOf(given)
  const timeoutMs = step.timeoutMs ?? parseDuration(given['timeout'])
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(
        `${workflow.metadata.name}-${step.name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')}`,
        { runId, attempt },
      ),
      namespace,
      labels: labelsFor(workflow),
      annotations: {},
      ownerReferences: [ownerOf(workflow)],
    },
    spec: {
      ...(timeoutMs === undefined ? {} : { activeDeadlineSeconds: Math.ceil(timeoutMs / 1000) }),
      // Another try is another Job, counted in the workflow's own history.
      backoffLimit: 0,
      ...spec,
    },
  }
}

function jobSpecOf(given: JsonObject): JsonObject {
  const container = Object.fromEntries(
    CONTAINER_MEMBERS.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  )
  return {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', ...container }] },
    },
  }
}

const NAME_LENGTH_MAX = 63

/**
 * The same for the same attempt of a run, and fit for a label. What a workflow became later runs Jobs of its own: how
 * those of the first form ended says nothing of it.
 */
function jobName(of: string, { runId, attempt }: JobAttempt): string {
  const isFirst = runId.endsWith('.1')
  const run = isFirst ? '' : `-${hashOf(runId).slice(0, 5)}`
  const plain = `${of}${run}-${attempt}`
  if (plain.length <= NAME_LENGTH_MAX) return plain
  return `${plain.slice(0, NAME_LENGTH_MAX - 13)}-${hashOf(plain).slice(0, 8)}-${attempt}`
}

function withHash(object: KubeObject): KubeObject {
  const { metadata } = object
  const hash = hashOf(object)
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [APPLIED_ANNOTATION]: hash } },
  }
}

function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, asText(text)]))
}
