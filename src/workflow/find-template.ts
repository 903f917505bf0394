// Where an Event's template and its parameters are: the template by its id, the values in Secrets and ConfigMaps.

import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import type { FieldFault, Json } from '../structure/index.ts'
import { specOf } from './desired.ts'
import { missing } from './faults.ts'
import { asText, isList, isObject, type JsonObject } from './json-tree.ts'
import { API_VERSION } from './names.ts'
import { markOf } from './secrets.ts'
import type { Template } from './template.ts'

const TEXT_KEY = 'template'

/** A template of the namespace, else one that is in none. */
export async function findTemplate(
  client: KubeClient,
  { namespace, id }: { readonly namespace: string | undefined; readonly id: string },
): Promise<KubeObject | undefined> {
  const of = { apiVersion: API_VERSION, name: id }
  const own =
    namespace === undefined
      ? undefined
      : await find(client, { ...of, kind: 'WorkflowTemplate', namespace })
  return own ?? find(client, { ...of, kind: 'XWorkflowTemplate' })
}

/** The template with its text, wherever that is kept. */
export async function readTemplate(
  client: KubeClient,
  object: KubeObject,
): Promise<{ readonly template: Template; readonly faults: readonly FieldFault[] }> {
  const { name, namespace, annotations = {} } = object.metadata
  const spec = specOf(object)
  const template = { name, annotations, spec }
  if (typeof spec['template'] === 'string')
    return { template: { ...template, text: spec['template'] }, faults: [] }
  const ref = spec['templateRef']
  if (!isObject(ref)) return { template, faults: [] }
  const key = typeof ref['key'] === 'string' ? ref['key'] : TEXT_KEY
  const where = typeof ref['namespace'] === 'string' ? ref['namespace'] : (namespace ?? 'default')
  const map = await find(client, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: where,
    name: asText(ref['name']),
  })
  const text = isObject(map?.['data']) ? map['data'][key] : undefined
  if (typeof text === 'string') return { template: { ...template, text }, faults: [] }
  const what = `the text of the template, in \`data.${key}\` of ConfigMap \`${where}/${asText(ref['name'])}\``
  return { template, faults: [missing('spec.templateRef', what)] }
}

export interface GivenParameters {
  readonly given: JsonObject
  /** What is shown instead of values that come from Secrets. */
  readonly masks: JsonObject
  readonly faults: readonly FieldFault[]
}

const PATH = 'spec.workflowTemplate.parametersFrom'

export async function readParameters(
  client: KubeClient,
  event: KubeObject,
): Promise<GivenParameters> {
  const spec = specOf(event)
  const reference = isObject(spec['workflowTemplate']) ? spec['workflowTemplate'] : {}
  const { parameters, parametersFrom } = reference
  const sources = [...listOf(parametersFrom), ...listOf(spec['parametersFrom'])]
  const given: Record<string, Json> = {}
  const masks: Record<string, Json> = {}
  const faults: FieldFault[] = []
  for (const [index, source] of sources.entries()) {
    const isSecret = isObject(source['secretKeyRef'])
    const ref = isSecret ? source['secretKeyRef'] : source['configMapKeyRef']
    if (!isObject(ref)) {
      faults.push(missing(`${PATH}[${index}]`, '`secretKeyRef` or `configMapKeyRef`'))
      continue
    }
    const at = placeOf(ref, event)
    const parameter = typeof source['name'] === 'string' ? source['name'] : at.key
    const value = await valueOf(client, isSecret ? 'Secret' : 'ConfigMap', at)
    if (value === undefined) {
      const kind = isSecret ? 'Secret' : 'ConfigMap'
      const what = `key \`${at.key}\` of ${kind} \`${at.namespace}/${at.name}\`, which is not there`
      faults.push(missing(`${PATH}[${index}]`, what))
      continue
    }
    given[parameter] = value
    if (isSecret) masks[parameter] = markOf(at)
  }
  return { given: { ...given, ...(isObject(parameters) ? parameters : {}) }, masks, faults }
}

/** The Secrets and ConfigMaps that an Event names, as `Kind/namespace/name`. */
export function referencesOf(event: KubeObject): readonly string[] {
  const spec = specOf(event)
  const reference = isObject(spec['workflowTemplate']) ? spec['workflowTemplate'] : {}
  const sources = [...listOf(reference['parametersFrom']), ...listOf(spec['parametersFrom'])]
  return sources.flatMap((source) => {
    const isSecret = isObject(source['secretKeyRef'])
    const ref = isSecret ? source['secretKeyRef'] : source['configMapKeyRef']
    if (!isObject(ref)) return []
    const { namespace, name } = placeOf(ref, event)
    return [`${isSecret ? 'Secret' : 'ConfigMap'}/${namespace}/${name}`]
  })
}

function placeOf(
  ref: JsonObject,
  { metadata }: KubeObject,
): { readonly namespace: string; readonly name: string; readonly key: string } {
  const own = metadata.namespace ?? 'default'
  // What is in a namespace does not reach into another.
  const isFree = metadata.namespace === undefined && typeof ref['namespace'] === 'string'
  return {
    namespace: isFree ? asText(ref['namespace']) : own,
    name: asText(ref['name']),
    key: asText(ref['key']),
  }
}

async function valueOf(
  client: KubeClient,
  kind: 'Secret' | 'ConfigMap',
  { namespace, name, key }: ReturnType<typeof placeOf>,
): Promise<string | undefined> {
  const object = await find(client, { apiVersion: 'v1', kind, namespace, name })
  const data = isObject(object?.['data']) ? object['data'] : {}
  const value = Object.hasOwn(data, key) ? data[key] : undefined
  if (typeof value !== 'string') return undefined
  return kind === 'Secret' ? Buffer.from(value, 'base64').toString() : value
}

async function find(
  client: KubeClient,
  key: Parameters<KubeClient['get']>[0],
): Promise<KubeObject | undefined> {
  try {
    return await client.get(key)
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return undefined
    throw error
  }
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return isList(value) ? value.filter((one) => isObject(one)) : []
}
