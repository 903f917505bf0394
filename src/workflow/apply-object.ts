// Makes an object of a workflow, or changes it into what is wanted now, by server-side apply: what the workflow says is
// the workflow's, what others have added stays. What belongs to another workflow is left alone; what belongs to nobody,
// or to an earlier workflow of the same Event, is taken over.

import {
  keyOf,
  type KubeClient,
  KubeError,
  type KubeObject,
  type PatchOptions,
} from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { asText, isObject } from './json-tree.ts'
import { APPLIED_ANNOTATION, EVENT_LABEL, WORKFLOW_LABEL } from './names.ts'

const MANAGER_LENGTH_MAX = 128

/** The object as it is stored then. Rejects with a `KubeError` that says why it cannot be. */
export async function applyObject(client: KubeClient, wanted: KubeObject): Promise<KubeObject> {
  const found = await client.get(keyOf(wanted))
  if (found !== undefined) checkOwner(found, wanted)
  const options: PatchOptions = {
    fieldManager: managerOf(wanted),
    // Whoever was faster since the look is not overridden unasked: the marks of the owner are in conflict then.
    force: found !== undefined,
  }
  const applied = withoutStatus(withData(wanted))
  return client.patch(keyOf(wanted), 'apply', applied as unknown as Json, options)
}

/** The hash of the form that an object has, or is to have. */
export function appliedHash({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[APPLIED_ANNOTATION]
}

/** Which fields the workflow of an object owns of it, one text for the same fields; undefined when it owns none. */
export function fieldsOwned(object: KubeObject): string | undefined {
  const manager = managerOf(object)
  const entry = object.metadata.managedFields?.find(
    (one) => one.manager === manager && one.operation === 'Apply',
  )
  return entry === undefined ? undefined : JSON.stringify(entry.fieldsV1)
}

/** The same for all workflows of one Event: what a later one wants no more goes. */
function managerOf({ metadata: { labels = {} } }: KubeObject): string {
  const event = labels[EVENT_LABEL]
  const name = event === undefined ? `workflow/${labels[WORKFLOW_LABEL]}` : `event/${event}`
  return name.slice(0, MANAGER_LENGTH_MAX)
}

/** Plain texts of a Secret as it is stored: nobody owns what is gone once it is written. */
function withData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || !isObject(stringData)) return object
  const texts = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(asText(text)).toString('base64'),
  ])
  const data = isObject(object['data']) ? object['data'] : {}
  return { ...rest, data: { ...data, ...Object.fromEntries(texts) } }
}

/** The status is for whoever makes something of the object. */
function withoutStatus(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object
  return rest
}

function checkOwner(found: KubeObject, wanted: KubeObject): void {
  const { metadata } = found
  if (metadata.deletionTimestamp !== undefined)
    throw refused(found, 'the one that is there is still being deleted')
  const owner = (metadata.ownerReferences ?? []).find((one) => one.controller === true)
  const isOwn = wanted.metadata.ownerReferences?.some(({ uid }) => uid === owner?.uid) === true
  const event = metadata.labels?.[EVENT_LABEL]
  const isSibling = event !== undefined && event === wanted.metadata.labels?.[EVENT_LABEL]
  if (owner === undefined || isOwn || isSibling) return
  const workflow = metadata.labels?.[WORKFLOW_LABEL]
  const text =
    workflow === undefined
      ? `it belongs to ${owner.kind} \`${owner.name}\``
      : `it belongs to workflow \`${workflow}\``
  throw refused(found, `${text}; give this one another name`)
}

function refused({ kind, metadata }: KubeObject, text: string): KubeError {
  return new KubeError('Conflict', `${kind} \`${metadata.name}\` cannot be applied: ${text}`)
}
