// What one wish does to the object that is there: pure, so that an apply can plan all its objects before it
// writes any. Generation rises only when the spec changes; a wish that changes nothing writes nothing.
//
//   absent ──create──► live ──delete──► gone, or with finalizers
//                       ▲ │              └► marked (deletionTimestamp) ──last finalizer taken away──► gone
//                       └─┘ update, updateStatus

import { isDeepStrictEqual } from 'node:util'
import {
  AppError,
  assertNever,
  createUuid,
  type Clock,
  type Random,
  formatSeconds,
} from '../base/index.ts'
import { API_VERSION, type Fault, type Kind, type Metadata, type Resource } from '../model/index.ts'
import { validateMetadata } from './metadata.ts'
import type { ObjectDraft, ObjectKey, Preconditions } from './object-client.ts'
import { parseVersion } from './resource-rows.ts'

/** One object of an apply. */
export type ObjectWish =
  | { readonly verb: 'create'; readonly kind: Kind; readonly draft: ObjectDraft<Kind> }
  | { readonly verb: 'update' | 'updateStatus'; readonly kind: Kind; readonly object: Resource }
  | {
      readonly verb: 'delete'
      readonly kind: Kind
      readonly key: ObjectKey
      readonly preconditions: Preconditions
    }

export interface PlanParts {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /** Every fault of a spec. */
  readonly validate: (kind: Kind, spec: unknown) => readonly Fault[]
}

export function keyOfWish(wish: ObjectWish): ObjectKey {
  switch (wish.verb) {
    case 'create':
      return wish.draft
    case 'delete':
      return wish.key
    case 'update':
    case 'updateStatus':
      return wish.object.metadata
    default:
      return assertNever(wish)
  }
}

/** The object afterwards; undefined when it is gone. The same object when nothing changes. */
export function planWish(
  parts: PlanParts,
  wish: ObjectWish,
  current: Resource | undefined,
): Resource | undefined {
  if (wish.verb === 'create') return planCreate(parts, wish.kind, wish.draft, current)
  if (current === undefined) throw notFound(wish)
  switch (wish.verb) {
    case 'update':
      checkVersion(wish.object.metadata, current)
      return planUpdate(parts, wish.kind, wish.object, current)
    case 'updateStatus':
      checkVersion(wish.object.metadata, current)
      return withStatus(current, wish.object.status)
    case 'delete':
      checkVersion(wish.preconditions, current)
      return planDelete(parts, current)
    default:
      return assertNever(wish)
  }
}

function planCreate(
  parts: PlanParts,
  kind: Kind,
  draft: ObjectDraft<Kind>,
  current: Resource | undefined,
): Resource {
  const { namespace, name, spec } = draft
  if (current !== undefined)
    throw new AppError('RESOURCE_EXISTS', `${kind} \`${namespace}/${name}\` is there already`)
  const metadata: Metadata = {
    name,
    namespace,
    uid: createUuid(parts.random),
    resourceVersion: '',
    generation: 1,
    creationTimestamp: formatSeconds(parts.clock.now()),
    ...ownedMetadata(draft),
  }
  return checked(parts, kind, { apiVersion: API_VERSION, kind, metadata, spec })
}

function planUpdate(
  parts: PlanParts,
  kind: Kind,
  wanted: Resource,
  current: Resource,
): Resource | undefined {
  const { deletionTimestamp } = current.metadata
  const isSameSpec = isDeepStrictEqual(plain(wanted.spec), current.spec)
  const metadata: Metadata = {
    name: current.metadata.name,
    namespace: current.metadata.namespace,
    uid: current.metadata.uid,
    resourceVersion: current.metadata.resourceVersion,
    generation: current.metadata.generation + (isSameSpec ? 0 : 1),
    creationTimestamp: current.metadata.creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...ownedMetadata(wanted.metadata),
  }
  if (deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) return undefined
  const updated = withStatus({ ...current, metadata, spec: wanted.spec }, current.status)
  if (isDeepStrictEqual(plain(updated), plain(current))) return current
  return checked(parts, kind, updated)
}

function planDelete(parts: PlanParts, current: Resource): Resource | undefined {
  const { finalizers = [], deletionTimestamp } = current.metadata
  if (finalizers.length === 0) return undefined
  if (deletionTimestamp !== undefined) return current
  const metadata = { ...current.metadata, deletionTimestamp: formatSeconds(parts.clock.now()) }
  return { ...current, metadata }
}

function withStatus(current: Resource, status: unknown): Resource {
  if (isDeepStrictEqual(plain(status), current.status)) return current
  const { apiVersion, kind, metadata, spec } = current
  if (status === undefined) return { apiVersion, kind, metadata, spec }
  return { apiVersion, kind, metadata, spec, status }
}

/** The metadata that belongs to the user. */
function ownedMetadata(
  from: Partial<Omit<ObjectDraft<Kind>, 'namespace' | 'name' | 'spec'>>,
): Partial<Metadata> {
  const { labels, annotations, finalizers, ownerReferences, managedFields } = from
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(managedFields === undefined ? {} : { managedFields }),
  }
}

function checked(parts: PlanParts, kind: Kind, resource: Resource): Resource {
  const faults = [...validateMetadata(resource.metadata), ...parts.validate(kind, resource.spec)]
  if (faults.length === 0) return resource
  const { namespace, name } = resource.metadata
  const texts = faults.map(({ path, message }) => `${path}: ${message}`)
  throw new AppError(
    'RESOURCE_INVALID',
    `${kind} \`${namespace}/${name}\` is invalid: ${texts.join('; ')}`,
    { details: { faults } },
  )
}

function checkVersion(expected: Preconditions, current: Resource): void {
  const { uid, resourceVersion, namespace, name } = current.metadata
  const wanted = expected.resourceVersion ?? ''
  const isSameUid = expected.uid === undefined || expected.uid === '' || expected.uid === uid
  if (isSameUid && (wanted === '' || parseVersion(wanted) === Number(resourceVersion))) return
  throw new AppError(
    'RESOURCE_CONFLICT',
    isSameUid
      ? `${current.kind} \`${namespace}/${name}\` is at version \`${resourceVersion}\`, not \`${wanted}\``
      : `${current.kind} \`${namespace}/${name}\` has uid \`${uid}\`, not \`${expected.uid}\``,
    { details: { uid, resourceVersion } },
  )
}

function notFound(wish: ObjectWish): AppError {
  const { namespace, name } = keyOfWish(wish)
  return new AppError('RESOURCE_NOT_FOUND', `there is no ${wish.kind} \`${namespace}/${name}\``)
}

/** As the store will give it back: absent fields are absent. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}
