// Makes an object of a workflow, or changes it into what is wanted now. What belongs to another workflow is left alone;
// what belongs to nobody, or to an earlier workflow of the same Event, is taken over.

import {
  isKubeError,
  keyOf,
  type KubeClient,
  type KubeObject,
  KubeError,
} from '../objects/index.ts'
import { APPLIED_ANNOTATION, EVENT_LABEL, WORKFLOW_LABEL } from './names.ts'

const CONFLICTS_MAX = 5

/** `seen` is the object as it was last told. Rejects with a `KubeError` that says why it cannot be. */
export async function applyObject(
  client: KubeClient,
  wanted: KubeObject,
  seen: KubeObject | undefined,
): Promise<void> {
  if (seen === undefined) {
    try {
      await client.create(wanted)
      return
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error
    }
  }
  for (let tries = 1; ; tries += 1) {
    const found = await client.get(keyOf(wanted))
    if (found === undefined) {
      await client.create(wanted)
      return
    }
    checkOwner(found, wanted)
    if (isApplied(found, wanted)) return
    try {
      await client.update(changed(found, wanted))
      return
    } catch (error) {
      if (!isKubeError(error, 'Conflict') || tries >= CONFLICTS_MAX) throw error
    }
  }
}

function isApplied(found: KubeObject, wanted: KubeObject): boolean {
  return appliedHash(found) === appliedHash(wanted)
}

function appliedHash({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[APPLIED_ANNOTATION]
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

/** What others have set in metadata stays; the rest is what is wanted. */
function changed(found: KubeObject, wanted: KubeObject): KubeObject {
  const { labels, annotations, ownerReferences = [], finalizers = [] } = wanted.metadata
  const others = (found.metadata.ownerReferences ?? []).filter((one) => one.controller !== true)
  const { status } = found
  return {
    ...found,
    ...wanted,
    ...(status === undefined ? {} : { status }),
    metadata: {
      ...found.metadata,
      labels: { ...found.metadata.labels, ...labels },
      annotations: { ...found.metadata.annotations, ...annotations },
      ownerReferences: [...others, ...ownerReferences],
      finalizers: Array.from(new Set([...(found.metadata.finalizers ?? []), ...finalizers])),
    },
  }
}
