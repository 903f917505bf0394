// What a trigger deploys: its ConfigMaps and Secrets, rendered where they ask for it, as objects.
//
//   policyRefs ──fetch──► data ──projectsveltos.io/instantiate──► text ──projectsveltos.io/template──► text ──► objects
//   objects ──patches, extra labels and annotations──► objects

import { describeError, isAppError, parseManifests, YamlError } from '../base/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { parseGoTemplate } from '../transform/index.ts'
import { DOCUMENTS_MAX, PATCHES_MAX } from './limits.ts'
import { INSTANTIATE_ANNOTATION, LUA_ANNOTATION, TEMPLATE_ANNOTATION } from './names.ts'
import { templateData, templateName } from './occasion.ts'
import { applyPatches, parsePatch, parsePatches, type Patch } from './patches.ts'
import { type EventTriggerSpec, type Occasion, type PolicyRef, triggerSpecOf } from './shapes.ts'
import { TriggerFault } from './trigger-fault.ts'
import { refusalOf } from './unsupported.ts'

export interface Manifest {
  readonly object: KubeObject
  /** A job and its like, which cannot be changed, are made anew. */
  readonly force: boolean
  readonly makesNamespace: boolean
}

export interface Made {
  readonly manifests: readonly Manifest[]
  /** What is deployed as it is, and so again when it changes. */
  readonly policies: readonly {
    readonly kind: string
    readonly namespace: string
    readonly name: string
  }[]
  /** None of it is secret. */
  readonly mayBeKept: boolean
}

export interface MakeOptions {
  readonly client: KubeClient
  readonly trigger: KubeObject
  readonly cluster: KubeObject
  readonly occasion: Occasion
}

/** Rejects with a `TriggerFault` that says what is wrong. */
export async function makeManifests(options: MakeOptions): Promise<Made> {
  const spec = triggerSpecOf(options.trigger)
  const refusal = refusalOf(spec)
  if (refusal !== undefined) throw new TriggerFault(refusal)
  const { policyRefs = [], templateResourceRefs = [], patchesFrom = [] } = spec
  const patches = await patchesOf(options)
  const manifests: Manifest[] = []
  const policies: Made['policies'][number][] = [...patches.policies]
  let isSecret = [...templateResourceRefs.map(({ resource }) => resource), ...patchesFrom].some(
    ({ kind }) => kind === 'Secret',
  )
  for (const reference of policyRefs) {
    const policy = await fetchPolicy(options, reference)
    if (policy === undefined) continue
    if (policy.kind === 'Secret') isSecret = true
    policies.push(...liveOnes(policy))
    for (const { text, where } of await textsOf(options, policy))
      for (const object of readObjects(text, where)) {
        if (object.kind === 'Secret') isSecret = true
        manifests.push({
          object: withExtras(applyPatches(object, patches.list), spec),
          force: reference.force === true,
          makesNamespace: reference.skipNamespaceCreation !== true,
        })
      }
    if (manifests.length > DOCUMENTS_MAX) {
      throw new TriggerFault(`it deploys more than ${DOCUMENTS_MAX} objects`)
    }
  }
  return { manifests, policies, mayBeKept: !isSecret }
}

/** Named in what is deployed again when it changes, unless its templates are rendered once. */
function liveOnes(policy: KubeObject): Made['policies'] {
  const { namespace = '', name, annotations = {} } = policy.metadata
  if (INSTANTIATE_ANNOTATION in annotations) return []
  return [{ kind: policy.kind, namespace, name }]
}

async function patchesOf(
  options: MakeOptions,
): Promise<{ readonly list: readonly Patch[]; readonly policies: Made['policies'] }> {
  const { patches = [], patchesFrom = [] } = triggerSpecOf(options.trigger)
  if (patches.length === 0 && patchesFrom.length === 0) return { list: [], policies: [] }
  const { trigger, cluster, occasion } = options
  const name = templateName(trigger.metadata.name, cluster)
  const data = templateData(occasion, cluster)
  const resources = await fetchResources(options)
  const fill = (text: string): string => render(text, name, data, resources)
  const list = patches.map((patch, index) => parsePatch(patch, `patches[${index}]`, fill))
  const policies: Made['policies'][number][] = []
  for (const reference of patchesFrom) {
    const policy = await fetchPolicy(options, reference, 'patchesFrom')
    if (policy === undefined) continue
    policies.push(...liveOnes(policy))
    for (const { text, where } of await textsOf(options, policy))
      list.push(...parsePatches(text, where, fill))
  }
  if (list.length > PATCHES_MAX) throw new TriggerFault(`it has more than ${PATCHES_MAX} patches`)
  return { list, policies }
}

/** The labels and annotations that all that is deployed gets. */
function withExtras(
  object: KubeObject,
  { extraLabels, extraAnnotations }: EventTriggerSpec,
): KubeObject {
  const { labels, annotations } = object.metadata
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(extraLabels === undefined ? {} : { labels: { ...labels, ...extraLabels } }),
      ...(extraAnnotations === undefined
        ? {}
        : { annotations: { ...annotations, ...extraAnnotations } }),
    },
  }
}

async function fetchPolicy(
  { client, trigger, cluster, occasion }: MakeOptions,
  reference: PolicyRef,
  list = 'policyRefs',
): Promise<KubeObject | undefined> {
  const { kind = 'ConfigMap', remoteURL, path = '' } = reference
  if (remoteURL !== undefined || (kind !== 'ConfigMap' && kind !== 'Secret')) {
    const what = remoteURL === undefined ? `of kind ${kind}` : 'with a remoteURL'
    throw new TriggerFault(`${list} ${what} are not supported: name a ConfigMap or a Secret`)
  }
  if (path !== '') throw new TriggerFault(`${list}: \`path\` is of Git and OCI repositories only`)
  const data = templateData(occasion, cluster)
  const fill = (text: string): string =>
    render(text, templateName(trigger.metadata.name, cluster), data)
  const name = fill(reference.name ?? '')
  const written = fill(reference.namespace ?? '')
  const namespace = written === '' ? (cluster.metadata.namespace ?? '') : written
  const found = await client.get({ apiVersion: 'v1', kind, namespace, name })
  if (found === undefined && reference.optional !== true) {
    throw new TriggerFault(`referenced ${kind} ${namespace}/${name} does not exist`)
  }
  return found
}

/** What a policy holds, rendered as it asks for, in the order of its keys. */
async function textsOf(
  options: MakeOptions,
  policy: KubeObject,
): Promise<readonly { readonly text: string; readonly where: string }[]> {
  const { trigger, cluster, occasion } = options
  const { annotations = {}, name: policyName } = policy.metadata
  if (LUA_ANNOTATION in annotations) {
    throw new TriggerFault(`${policy.kind} ${policyName}: ${LUA_ANNOTATION} is not supported`)
  }
  const name = templateName(trigger.metadata.name, cluster)
  const data = templateData(occasion, cluster)
  const isSecond = TEMPLATE_ANNOTATION in annotations
  const resources = isSecond ? await fetchResources(options) : {}
  return rawTextsOf(policy).map(([key, raw]) => {
    const first = INSTANTIATE_ANNOTATION in annotations ? render(raw, name, data) : raw
    const text = isSecond ? render(first, name, { Cluster: cluster }, resources) : first
    return { text, where: `${policy.kind} ${policyName}, \`${key}\`` }
  })
}

/** In the order of their keys. */
function rawTextsOf(policy: KubeObject): readonly (readonly [key: string, text: string])[] {
  const data = (policy['data'] ?? {}) as Readonly<Record<string, string>>
  const isSecret = policy.kind === 'Secret'
  return Object.entries(data)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, isSecret ? Buffer.from(value, 'base64').toString() : value])
}

/** The objects that the templates of the second round may ask for, by identifier. */
async function fetchResources({
  client,
  trigger,
  cluster,
  occasion,
}: MakeOptions): Promise<Readonly<Record<string, unknown>>> {
  const { templateResourceRefs = [] } = triggerSpecOf(trigger)
  const data = templateData(occasion, cluster)
  const fill = (text = ''): string =>
    render(text, templateName(trigger.metadata.name, cluster), data)
  const found: Record<string, unknown> = {}
  for (const { resource, identifier, optional } of templateResourceRefs) {
    const { apiVersion = 'v1', kind = '' } = resource
    const [name, namespace] = [fill(resource.name), fill(resource.namespace)]
    const key = { apiVersion, kind, name, ...(namespace === '' ? {} : { namespace }) }
    const object = await client.get(key)
    if (object !== undefined) found[identifier] = object
    else if (optional !== true) {
      throw new TriggerFault(`templateResourceRefs: ${kind} ${namespace}/${name} does not exist`)
    }
  }
  return found
}

function readObjects(text: string, where: string): readonly KubeObject[] {
  let documents: readonly unknown[]
  try {
    documents = parseManifests(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new TriggerFault(`${where}: ${error.message}`)
  }
  return documents.map((document) => {
    const object = document as Partial<KubeObject>
    const isObject = typeof document === 'object' && typeof object.metadata?.name === 'string'
    if (isObject && typeof object.apiVersion === 'string' && typeof object.kind === 'string') {
      return document as KubeObject
    }
    throw new TriggerFault(`${where}: expected objects with apiVersion, kind and metadata.name`)
  })
}

/** Throws a `TriggerFault` with what Go would say. */
export function render(
  text: string,
  name: string,
  data: unknown,
  objects: Readonly<Record<string, unknown>> = {},
): string {
  if (!text.includes('{{')) return text
  try {
    return parseGoTemplate(text, { name, objects }).render(data)
  } catch (error) {
    if (!isAppError(error, 'TEMPLATE_INVALID') && !isAppError(error, 'LIMIT_EXCEEDED')) throw error
    throw new TriggerFault(describeError(error))
  }
}
