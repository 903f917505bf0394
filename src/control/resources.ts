// What the use cases need of the object store, and the two moves they all make on it: read everything below a
// prefix, and read-modify-write until no other writer was in between.

import { type Clock, isAppError } from '../base/index.ts'
import type { Kind, Resource, ResourceOf, SpecByKind } from '../model/index.ts'
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

export interface ResourceDraft<K extends Kind> extends ResourceKey {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: SpecByKind[K]
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
