// What the use cases need of the object store, and the two moves they all make on it: read everything below a
// prefix, and read-modify-write until no other writer was in between.

import { AppError, type Clock, isAppError } from '../base/index.ts'
import type { Kind, Metadata, Resource, ResourceOf, SpecByKind } from '../model/index.ts'
import { CONFLICT_RETRIES_MAX, LIST_CHUNK_SIZE } from './limits.ts'
import type { ResourceKey } from './names.ts'
import type { Serial } from './serial.ts'

/** Whole seconds since the epoch of a resource's last change; metadata itself knows only its creation. */
export const MODIFIED_ANNOTATION = 'signalbox.dev/modified-timestamp'

export interface ResourceQuery {
  /** Every account's when absent. */
  readonly namespace?: string
  readonly namePrefix: string
  readonly limit: number
  readonly continueToken?: string
}

export interface ResourcePage<K extends Kind> {
  readonly items: readonly ResourceOf<K>[]
  readonly continueToken?: string
}

/** The metadata that belongs to whoever declares a resource whole; dialects that know no such thing leave it alone. */
export type OwnedMetadata = Partial<
  Pick<Metadata, 'labels' | 'annotations' | 'finalizers' | 'ownerReferences' | 'managedFields'>
>

export interface ResourceDraft<K extends Kind> extends ResourceKey, OwnedMetadata {
  readonly spec: SpecByKind[K]
}

/** A resource as somebody declares it, with the version that it is to replace; without one it is new. */
export interface Declaration<K extends Kind> extends ResourceDraft<K> {
  readonly resourceVersion?: string
}

export interface ResourceClient {
  get<K extends Kind>(kind: K, key: ResourceKey): Promise<ResourceOf<K> | undefined>
  list<K extends Kind>(kind: K, query: ResourceQuery): Promise<ResourcePage<K>>
  /** `RESOURCE_EXISTS` when the name is taken. */
  create<K extends Kind>(kind: K, draft: ResourceDraft<K>): Promise<ResourceOf<K>>
  /** `RESOURCE_CONFLICT` when the stored revision is another than the resource's. */
  update<K extends Kind>(kind: K, resource: ResourceOf<K>): Promise<ResourceOf<K>>
  /** Replaces the status alone, under the same condition. */
  updateStatus<K extends Kind>(kind: K, resource: ResourceOf<K>): Promise<ResourceOf<K>>
  delete(kind: Kind, key: ResourceKey): Promise<void>
}

/** Makes what control wrote the routing of the next event; resolves once it is live. */
export interface Publisher {
  publish(): Promise<void>
}

/** What every use case is made of. */
export interface ControlParts {
  readonly resources: ResourceClient
  readonly publisher: Publisher
  readonly clock: Pick<Clock, 'now'>
  /** Changes of one bus and its rules, one after the other. */
  readonly serial: Serial
  /** Refuse what AWS refuses, also where we can do more. */
  readonly strict: boolean
}

/** Every resource of a kind whose name begins with the prefix. */
export async function listAll<K extends Kind>(
  resources: Pick<ResourceClient, 'list'>,
  kind: K,
  query: Pick<ResourceQuery, 'namespace' | 'namePrefix'>,
): Promise<readonly ResourceOf<K>[]> {
  const all: ResourceOf<K>[] = []
  let continueToken: string | undefined
  do {
    const page: ResourcePage<K> = await resources.list(kind, {
      ...query,
      limit: LIST_CHUNK_SIZE,
      ...(continueToken === undefined ? {} : { continueToken }),
    })
    all.push(...page.items)
    continueToken = page.continueToken
  } while (continueToken !== undefined)
  return all
}

export function modifiedNow(parts: Pick<ControlParts, 'clock'>): Readonly<Record<string, string>> {
  return { [MODIFIED_ANNOTATION]: String(Math.floor(parts.clock.now() / 1000)) }
}

/** Whole seconds since the epoch. */
export function createdAtOf({ metadata }: Resource): number {
  return Math.floor(Date.parse(metadata.creationTimestamp) / 1000)
}

/** Of the last change of the spec, whole seconds since the epoch. */
export function modifiedAtOf(resource: Resource): number {
  const modified = resource.metadata.annotations?.[MODIFIED_ANNOTATION]
  return modified === undefined ? createdAtOf(resource) : Number(modified)
}

/** The resource with another spec, marked as changed now. */
export function withSpec<K extends Kind>(
  parts: Pick<ControlParts, 'clock'>,
  resource: ResourceOf<K>,
  spec: SpecByKind[K],
): ResourceOf<K> {
  const annotations = { ...resource.metadata.annotations, ...modifiedNow(parts) }
  return { ...resource, metadata: { ...resource.metadata, annotations }, spec }
}

const OWN_ANNOTATION = /^signalbox\.dev\//

/**
 * What a declaration makes of a resource's metadata: labels, owners and the like are the declarer's, the annotations
 * in which we keep something are not. `RESOURCE_CONFLICT` when it was made from another version.
 */
export function declaredMetadata<K extends Kind>(
  declaration: Declaration<K>,
  stored: ResourceOf<K> | undefined,
): OwnedMetadata {
  const { labels, finalizers, ownerReferences, managedFields, resourceVersion } = declaration
  const { namespace, name } = declaration
  if (stored !== undefined && stored.metadata.resourceVersion !== (resourceVersion ?? '')) {
    if (resourceVersion === undefined)
      throw new AppError('RESOURCE_EXISTS', `\`${namespace}/${name}\` is there already`)
    throw new AppError('RESOURCE_CONFLICT', `\`${namespace}/${name}\` is at another version`)
  }
  const given = Object.entries(declaration.annotations ?? {}).filter(
    (entry) => !isOwnAnnotation(entry),
  )
  const kept = Object.entries(stored?.metadata.annotations ?? {}).filter((entry) =>
    isOwnAnnotation(entry),
  )
  return {
    annotations: Object.fromEntries([...given, ...kept]),
    ...(labels === undefined ? {} : { labels }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(managedFields === undefined ? {} : { managedFields }),
  }
}

function isOwnAnnotation([key]: readonly [string, string]): boolean {
  return OWN_ANNOTATION.test(key)
}

/** The resource with what a declaration says of its metadata, before its spec is changed. */
export function withOwned<K extends Kind>(
  resource: ResourceOf<K>,
  owned: OwnedMetadata,
): ResourceOf<K> {
  const { labels: _, finalizers: __, ownerReferences: ___, ...rest } = resource.metadata
  return { ...resource, metadata: { ...rest, ...owned } }
}

/** Runs a read-modify-write again when somebody else wrote between its read and its write. */
export async function retryConflicts<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change()
    } catch (error) {
      const isRace = isAppError(error, 'RESOURCE_CONFLICT') || isAppError(error, 'RESOURCE_EXISTS')
      if (!isRace || attempt >= CONFLICT_RETRIES_MAX) throw error
    }
  }
}
