// What a trigger deploys: its ConfigMaps and Secrets, rendered where they ask for it, as objects.
//
//   policyRefs ──fetch──► data ──projectsveltos.io/instantiate──► text ──projectsveltos.io/template──► text ──► objects

import { describeError, isAppError, parseManifests, YamlError } from '../base/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { parseGoTemplate } from '../transform/index.ts'
import { DOCUMENTS_MAX } from './limits.ts'
import { INSTANTIATE_ANNOTATION, LUA_ANNOTATION, TEMPLATE_ANNOTATION } from './names.ts'
import { templateData, templateName } from './occasion.ts'
import { TriggerFault } from './trigger-fault.ts'
import { type Occasion, type PolicyRef, triggerSpecOf } from './shapes.ts'

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
  const { policyRefs = [], ...rest } = triggerSpecOf(options.trigger)
  for (const name of UNSUPPORTED) {
    const value = (rest as Readonly<Record<string, unknown>>)[name]
    if (Array.isArray(value) && value.length > 0) {
      throw new TriggerFault(`\`${name}\` is not supported; put the manifests into a ConfigMap`)
    }
  }
  const { templateResourceRefs = [] } = rest
  const manifests: Manifest[] = []
  const policies: Made['policies'][number][] = []
  let isSecret = templateResourceRefs.some(({ resource }) => resource.kind === 'Secret')
  for (const reference of policyRefs) {
    const policy = await fetchPolicy(options, reference)
    if (policy === undefined) continue
    if (policy.kind === 'Secret') isSecret = true
    const { namespace = '', name, annotations = {} } = policy.metadata
    if (!(INSTANTIATE_ANNOTATION in annotations))
      policies.push({ kind: policy.kind, namespace, name })
    for (const object of await objectsOf(options, policy)) {
      if (object.kind === 'Secret') isSecret = true
      manifests.push({
        object,
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

const UNSUPPORTED = [
  'helmCharts',
  'kustomizationRefs',
  'configMapGenerator',
  'secretGenerator',
  'patches',
  'patchesFrom',
]

async function fetchPolicy(
  { client, trigger, cluster, occasion }: MakeOptions,
  reference: PolicyRef,
): Promise<KubeObject | undefined> {
  const { kind = 'ConfigMap' } = reference
  if (kind !== 'ConfigMap' && kind !== 'Secret') {
    throw new TriggerFault(`policyRefs of kind ${kind} are not supported; ConfigMap and Secret are`)
  }
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

async function objectsOf(options: MakeOptions, policy: KubeObject): Promise<readonly KubeObject[]> {
  const { trigger, cluster, occasion } = options
  const { annotations = {}, name: policyName } = policy.metadata
  if (LUA_ANNOTATION in annotations) {
    throw new TriggerFault(`${policy.kind} ${policyName}: ${LUA_ANNOTATION} is not supported`)
  }
  const name = templateName(trigger.metadata.name, cluster)
  const data = templateData(occasion, cluster)
  const isSecond = TEMPLATE_ANNOTATION in annotations
  const resources = isSecond ? await fetchResources(options) : {}
  return textsOf(policy).flatMap(([key, raw]) => {
    const first = INSTANTIATE_ANNOTATION in annotations ? render(raw, name, data) : raw
    const text = isSecond ? render(first, name, { Cluster: cluster }, resources) : first
    return readObjects(text, `${policy.kind} ${policyName}, \`${key}\``)
  })
}

/** In the order of their keys. */
function textsOf(policy: KubeObject): readonly (readonly [key: string, text: string])[] {
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
