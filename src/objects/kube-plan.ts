// What one write makes of an object: pure, so that a write that lost a race is planned again on what is there now.
//
//   absent ──create──► live ──delete──► gone, or while finalizers (or grace) hold it
//                       ▲ │              └► marked ──last finalizer taken away──► gone
//                       └─┘ update, status
//
// Invariant: generation rises with every change of what is wanted (all but metadata and status), and with the mark.

import { formatSeconds } from '../base/index.ts'
import { isDeepStrictEqual } from 'node:util'
import type { DeleteOptions } from './kube-client.ts'
import { conflict, invalid } from './kube-faults.ts'
import type { KubeMetadata, KubeObject } from './kube-object.ts'
import type { ResourceType, StrategyContext } from './resource-type.ts'

export const FOREGROUND_FINALIZER = 'foregroundDeletion'
export const ORPHAN_FINALIZER = 'orphan'

/** A new object as it will be stored, before it is checked. */
export function planNew(
  type: ResourceType,
  object: KubeObject,
  context: StrategyContext,
): KubeObject {
  const { name, generateName, namespace, labels, annotations, finalizers, ownerReferences } =
    object.metadata
  const metadata: KubeMetadata = {
    name,
    ...given({ generateName }),
    ...(type.namespaced ? given({ namespace }) : {}),
    uid: context.uid,
    ...(type.hasStatus || type.isCustom ? { generation: 1 } : {}),
    creationTimestamp: formatSeconds(context.now),
    ...given({ labels, annotations, finalizers, ownerReferences }),
    ...given({ managedFields: object.metadata.managedFields }),
  }
  const { status: _, ...wanted } = object
  const created = { ...(type.hasStatus ? wanted : object), metadata } as KubeObject
  return type.strategy.prepareCreate?.(created, context) ?? created
}

/** An object after an update of all but its status. */
export function planUpdated(
  type: ResourceType,
  next: KubeObject,
  previous: KubeObject,
  context: StrategyContext,
): KubeObject {
  const { status: _, ...wanted } = next
  const kept = type.hasStatus ? { ...wanted, ...statusOf(previous) } : next
  const updated = {
    ...kept,
    metadata: updatedMetadata(next.metadata, previous.metadata),
  } as KubeObject
  const prepared = type.strategy.prepareUpdate?.(updated, previous, context) ?? updated
  refuseNewFinalizers(type, prepared, previous)
  const { generation } = previous.metadata
  if (generation === undefined || isSameWish(prepared, previous)) return prepared
  return { ...prepared, metadata: { ...prepared.metadata, generation: generation + 1 } }
}

/** An object after an update of its status alone. */
export function planStatus(next: KubeObject, previous: KubeObject): KubeObject {
  const { status: _, ...wanted } = previous
  const { managedFields } = next.metadata
  const metadata = { ...previous.metadata, ...given({ managedFields }) }
  return { ...wanted, metadata, ...statusOf(next) }
}

/** An object that was asked to go; undefined when it may go at once. */
export function planDeleted(
  type: ResourceType,
  previous: KubeObject,
  options: DeleteOptions,
  now: number,
): KubeObject | undefined {
  const { metadata } = previous
  const finalizers = withPropagation(metadata.finalizers ?? [], options.propagationPolicy)
  const grace = options.gracePeriodSeconds ?? type.strategy.graceSeconds?.(previous) ?? 0
  const graceLeft = type.strategy.graceSeconds === undefined ? 0 : grace
  const isHeld =
    finalizers.length > 0 || graceLeft > 0 || (type.strategy.holdsDeletion?.(previous) ?? false)
  if (!isHeld) return undefined
  const isMarked = metadata.deletionTimestamp !== undefined
  const isShorter = isMarked && graceLeft < (metadata.deletionGracePeriodSeconds ?? 0)
  if (isMarked && !isShorter)
    return { ...previous, metadata: { ...metadata, ...listOf(finalizers) } }
  const generation =
    metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }
  return {
    ...previous,
    metadata: {
      ...metadata,
      ...(isMarked ? {} : generation),
      deletionTimestamp: formatSeconds(now + graceLeft * 1000),
      deletionGracePeriodSeconds: graceLeft,
      ...listOf(finalizers),
    },
  }
}

/** Whether nothing keeps a marked object any more. */
export function mayGo(type: ResourceType, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata
  if (deletionTimestamp === undefined || finalizers.length > 0) return false
  return deletionGracePeriodSeconds === 0 && !(type.strategy.holdsDeletion?.(object) ?? false)
}

/** Preconditions of a delete. */
export function checkPreconditions(
  type: ResourceType,
  { metadata }: KubeObject,
  { preconditions = {} }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      type,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      type,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}

function updatedMetadata(next: KubeMetadata, previous: KubeMetadata): KubeMetadata {
  const { labels, annotations, finalizers, ownerReferences, managedFields } = next
  const { name, generateName, namespace, uid, resourceVersion, generation } = previous
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = previous
  return {
    name,
    ...given({ generateName, namespace, uid, resourceVersion, generation, creationTimestamp }),
    ...given({ deletionTimestamp, deletionGracePeriodSeconds }),
    ...given({ labels, annotations, ownerReferences, managedFields }),
    ...listOf(finalizers ?? []),
  }
}

function refuseNewFinalizers(type: ResourceType, next: KubeObject, previous: KubeObject): void {
  if (previous.metadata.deletionTimestamp === undefined) return
  const before = new Set(previous.metadata.finalizers)
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer))
  if (added.length === 0) return
  const found = added.map((finalizer) => JSON.stringify(finalizer)).join(', ')
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${found}}`
  const fault = { type: 'FieldValueForbidden', field: 'metadata.finalizers', message } as const
  throw invalid(type, next.metadata.name, [fault])
}

function isSameWish(next: KubeObject, previous: KubeObject): boolean {
  return isDeepStrictEqual(wishOf(next), wishOf(previous))
}

function wishOf({ metadata: _m, status: _s, ...wish }: KubeObject): unknown {
  return wish
}

function statusOf({ status }: KubeObject): { readonly status?: unknown } {
  return status === undefined ? {} : { status }
}

function withPropagation(
  finalizers: readonly string[],
  policy: DeleteOptions['propagationPolicy'],
): readonly string[] {
  const others = finalizers.filter(
    (finalizer) => finalizer !== FOREGROUND_FINALIZER && finalizer !== ORPHAN_FINALIZER,
  )
  if (policy === 'Foreground') return [...others, FOREGROUND_FINALIZER]
  if (policy === 'Orphan') return [...others, ORPHAN_FINALIZER]
  return policy === undefined ? finalizers : others
}

function listOf(finalizers: readonly string[]): { readonly finalizers?: readonly string[] } {
  return finalizers.length === 0 ? {} : { finalizers }
}

/** Without the members that are undefined. */
function given<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}
