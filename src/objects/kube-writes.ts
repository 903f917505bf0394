// Writing objects: every write is planned on what is there, checked, and stored on the condition that it is still
// there; what lost a race is planned again, unless the caller named the version that it saw.
//
// Invariant: no write is lost: a stored change was planned on the version that it replaced.

import { type Clock, createUuid, isAppError, type Random } from '../base/index.ts'
import type { RowStore } from '../store/index.ts'
import { isSameJson } from '../structure/index.ts'
import { checkObject, decodeObject, defaultObject } from './kube-admission.ts'
import type { Deleted, DeleteOptions, WriteOptions } from './kube-client.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  MODIFIED,
  notFound,
} from './kube-faults.ts'
import { generateName, invalidValue } from './kube-metadata.ts'
import type { KubeObject } from './kube-object.ts'
import {
  checkPreconditions,
  mayGo,
  planDeleted,
  planNew,
  planStatus,
  planUpdated,
} from './kube-plan.ts'
import { withManagers } from './kube-patches.ts'
import type { KubeReads } from './kube-reads.ts'
import { encodeRow, rowKeyOf } from './kube-rows.ts'
import { CONFLICT_RETRIES_MAX, GENERATED_NAME_TRIES_MAX } from './limits.ts'
import type { ResourceType, StrategyContext } from './resource-type.ts'

export interface KubeWritesOptions {
  readonly rows: RowStore
  readonly reads: KubeReads
  readonly clock: Clock
  readonly random: Random
  /** The type of namespaces, in which all else lives. */
  readonly namespaces: () => ResourceType | undefined
}

export interface UpdateOptions extends WriteOptions {
  /** The object comes with who owns its fields. */
  readonly isApply?: boolean
  readonly admit?: AdmitWrite
}

/** Asked before a write is stored; rejects what may not be. */
export type AdmitWrite = (next: KubeObject, previous: KubeObject | undefined) => Promise<void>

/** What an update makes of what is there; it may refuse. */
export type Change = (previous: KubeObject) => KubeObject

export class KubeWrites {
  readonly #options: KubeWritesOptions

  constructor(options: KubeWritesOptions) {
    this.#options = options
  }

  async create(
    type: ResourceType,
    object: KubeObject,
    options: UpdateOptions,
  ): Promise<KubeObject> {
    const decoded = decodeObject(type, object, options)
    const { name, generateName: base, resourceVersion = '' } = decoded.metadata
    if (resourceVersion !== '')
      throw badRequest('resourceVersion should not be set on objects to be created')
    if ((name ?? '') !== '') return this.#createNamed(type, decoded, options)
    if ((base ?? '') === '') {
      const message = 'Required value: name or generateName is required'
      throw invalid(type, '', [{ type: 'FieldValueRequired', field: 'metadata.name', message }])
    }
    for (let tries = 1; ; tries += 1) {
      const drawn = generateName(base!, this.#options.random)
      const named = { ...decoded, metadata: { ...decoded.metadata, name: drawn } }
      try {
        return await this.#createNamed(type, named, options)
      } catch (error) {
        const isTaken = (error as { reason?: string }).reason === 'AlreadyExists'
        if (!isTaken || tries >= GENERATED_NAME_TRIES_MAX) throw error
      }
    }
  }

  async #createNamed(
    type: ResourceType,
    object: KubeObject,
    options: UpdateOptions,
  ): Promise<KubeObject> {
    const { name, namespace } = object.metadata
    if (type.namespaced) await this.#refuseNamespace(type, name, namespace)
    const context = this.#context()
    const created = defaultObject(type, planNew(type, defaultObject(type, object), context))
    await checkObject(type, created, undefined, options)
    const next = this.#managed(type, created, undefined, options)
    if ((await this.#options.reads.get(type, { namespace, name })) !== undefined)
      throw alreadyExists(type, name)
    await options.admit?.(next, undefined)
    if (options.dryRun === true) return next
    const stored = await this.#store(type, { next })
    if (stored === undefined) throw alreadyExists(type, name)
    return stored.object!
  }

  /** `wanted` is planned again when another writer was faster, unless it names a version. */
  async update(
    type: ResourceType,
    key: { readonly namespace?: string | undefined; readonly name: string },
    options: UpdateOptions & {
      readonly change: Change
      readonly mayCreate?: () => Promise<KubeObject>
    },
  ): Promise<KubeObject> {
    for (let tries = 0; tries <= CONFLICT_RETRIES_MAX; tries += 1) {
      const previous = await this.#options.reads.get(type, key)
      if (previous === undefined) {
        if (options.mayCreate === undefined) throw notFound(type, key.name)
        return this.create(type, await options.mayCreate(), options)
      }
      const next = await this.#planUpdate(type, previous, options)
      if (isSameJson(next, previous)) return previous
      await options.admit?.(next, previous)
      if (options.dryRun === true) return next
      const isGoing = mayGo(type, next)
      const stored = await this.#store(type, {
        ...(isGoing ? {} : { next }),
        previous,
        ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
      })
      if (stored !== undefined) return stored.object ?? next
    }
    throw conflict(type, key.name, MODIFIED)
  }

  async delete(
    type: ResourceType,
    key: { readonly namespace?: string | undefined; readonly name: string },
    options: DeleteOptions,
  ): Promise<Deleted> {
    for (let tries = 0; tries <= CONFLICT_RETRIES_MAX; tries += 1) {
      const previous = await this.#options.reads.get(type, key)
      if (previous === undefined) throw notFound(type, key.name)
      checkPreconditions(type, previous, options)
      const uid = previous.metadata.uid ?? ''
      const next = planDeleted(type, previous, options, this.#options.clock.now())
      if (next !== undefined && isSameJson(next, previous)) return { uid, object: previous }
      if (options.dryRun === true) return { uid, ...(next === undefined ? {} : { object: next }) }
      const stored = await this.#store(type, { ...(next === undefined ? {} : { next }), previous })
      if (stored !== undefined)
        return { uid, ...(next === undefined ? {} : { object: stored.object! }) }
    }
    throw conflict(type, key.name, MODIFIED)
  }

  async #planUpdate(
    type: ResourceType,
    previous: KubeObject,
    options: UpdateOptions & { readonly change: Change },
  ): Promise<KubeObject> {
    const wanted = decodeObject(type, options.change(previous), options)
    checkVersion(type, wanted, previous)
    const context = { now: this.#options.clock.now(), uid: previous.metadata.uid ?? '' }
    const next =
      options.subresource === 'status'
        ? planStatus(wanted, previous)
        : planUpdated(type, defaultObject(type, wanted), previous, context)
    await checkObject(type, next, previous, options)
    return this.#managed(type, next, previous, options)
  }

  /** An apply has said who owns what; all else is told from what it changes. */
  #managed(
    type: ResourceType,
    next: KubeObject,
    previous: KubeObject | undefined,
    options: UpdateOptions,
  ): KubeObject {
    if (options.isApply === true) return next
    return withManagers(type, next, previous, { options, now: this.#options.clock.now() })
  }

  /** Undefined when another writer was faster. */
  async #store(
    type: ResourceType,
    change: {
      readonly next?: KubeObject
      readonly previous?: KubeObject
      readonly subresource?: string
    },
  ): Promise<{ readonly object: KubeObject | undefined } | undefined> {
    const { next, previous } = change
    if (type.backing !== undefined) return { object: await type.backing.write(change) }
    const key = rowKeyOf(type, (next ?? previous)!.metadata)
    const expect = previous === undefined ? 'none' : Number(previous.metadata.resourceVersion)
    try {
      const written =
        next === undefined
          ? { ...key, expect }
          : { ...key, expect, value: encodeRow(next), labels: next.metadata.labels ?? {} }
      const revision = await this.#options.rows.write([written as never])
      if (next === undefined) return { object: undefined }
      const metadata = { ...next.metadata, resourceVersion: String(revision) }
      return { object: { ...next, metadata } }
    } catch (error) {
      if (isAppError(error, 'RESOURCE_CONFLICT')) return undefined
      throw error
    }
  }

  async #refuseNamespace(type: ResourceType, name: string, namespace = ''): Promise<void> {
    if (namespace === '') {
      const message = 'Required value'
      throw invalid(type, name, [
        { type: 'FieldValueRequired', field: 'metadata.namespace', message },
      ])
    }
    const namespaces = this.#options.namespaces()
    if (namespaces === undefined || type.backing !== undefined) return
    const found = await this.#options.reads.get(namespaces, { name: namespace })
    if (found === undefined) throw notFound(namespaces, namespace)
    if (found.metadata.deletionTimestamp === undefined) return
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`
    throw forbidden(type, name, why)
  }

  #context(): StrategyContext {
    const { clock, random } = this.#options
    return { now: clock.now(), uid: createUuid(random) }
  }
}

function checkVersion(type: ResourceType, wanted: KubeObject, previous: KubeObject): void {
  const { name, uid = '', resourceVersion = '' } = wanted.metadata
  if (uid !== '' && uid !== previous.metadata.uid)
    throw conflict(
      type,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`,
    )
  if (resourceVersion === '' && type.isCustom)
    throw invalid(type, name, [
      { ...invalidValue('metadata.resourceVersion', 0, 'must be specified for an update') },
    ])
  if (resourceVersion !== '' && resourceVersion !== previous.metadata.resourceVersion)
    throw conflict(type, name, MODIFIED)
}
