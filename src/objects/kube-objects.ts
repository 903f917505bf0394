// The object machinery of this process: every kind that is registered, kept in the rows of the store.

import type { Clock, Random } from '../base/index.ts'
import type { RowStore } from '../store/index.ts'
import type {
  Deleted,
  DeleteOptions,
  KubeEvent,
  KubeList,
  KubeQuery,
  KubeTexts,
  KubeType,
  KubeWatch,
  LocalClient,
  PatchOptions,
  PatchType,
  WriteOptions,
} from './kube-client.ts'
import { KubeError } from './kube-error.ts'
import { accessDenied, noSuchKind } from './kube-faults.ts'
import { keyOf, type KubeKey, type KubeObject } from './kube-object.ts'
import { patchObject } from './kube-patches.ts'
import { mayGo } from './kube-plan.ts'
import { KubeReads } from './kube-reads.ts'
import { type AdmitWrite, KubeWrites } from './kube-writes.ts'
import { nameSelected } from './selectors.ts'
import { ResourceTypes } from './resource-types.ts'
import type { Actor, ResourceType } from './resource-type.ts'
import type { Json } from '../structure/index.ts'

const STRATEGIC_REFUSED =
  'the body of the request was in an unknown format - accepted media types include: ' +
  'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'

export interface KubeObjectsOptions {
  readonly rows: RowStore
  readonly clock: Clock
  readonly random: Random
  readonly types: readonly ResourceType[]
}

export class KubeObjects {
  readonly types: ResourceTypes
  readonly #reads: KubeReads
  readonly #writes: KubeWrites
  readonly #clock: Clock

  constructor({ rows, clock, random, types }: KubeObjectsOptions) {
    this.types = new ResourceTypes(types)
    this.#clock = clock
    this.#reads = new KubeReads(rows, clock)
    const namespaces = (): ResourceType | undefined =>
      this.types.find({ apiVersion: 'v1', kind: 'Namespace' })
    this.#writes = new KubeWrites({ rows, reads: this.#reads, clock, random, namespaces })
  }

  /** A client that may do everything, or what the actor may do. */
  client(as?: Actor): LocalClient {
    return new InProcessClient(
      { types: this.types, reads: this.#reads, writes: this.#writes, clock: this.#clock },
      as,
    )
  }
}

interface Parts {
  readonly types: ResourceTypes
  readonly reads: KubeReads
  readonly writes: KubeWrites
  readonly clock: Clock
}

class InProcessClient implements LocalClient {
  readonly #parts: Parts
  readonly #as: Actor | undefined

  constructor(parts: Parts, as: Actor | undefined) {
    this.#parts = parts
    this.#as = as
  }

  async get(key: KubeKey): Promise<KubeObject | undefined> {
    const type = this.#typeOf(key)
    await this.#allow(type, 'get', key)
    return this.#parts.reads.get(type, key)
  }

  async list(of: KubeType, query: KubeQuery = {}): Promise<KubeList> {
    const type = this.#typeOf(of)
    await this.#allow(type, 'list', { ...query, ...nameIn(query) })
    return this.#parts.reads.list(type, query)
  }

  async listTexts(of: KubeType, query: KubeQuery = {}): Promise<KubeTexts> {
    const type = this.#typeOf(of)
    await this.#allow(type, 'list', query)
    return this.#parts.reads.listTexts(type, query)
  }

  async create(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const type = this.#typeOf(object)
    await this.#allow(type, 'create', { namespace: object.metadata.namespace })
    const created = await this.#parts.writes.create(type, object, this.#admitted(type, options))
    return this.#seen(type, created, options)
  }

  async update(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const type = this.#typeOf(object)
    const key = keyOf(object)
    await this.#allow(type, 'update', key, options.subresource)
    const updated = await this.#parts.writes.update(type, key, {
      ...this.#admitted(type, options),
      change: () => object,
    })
    return this.#seen(type, updated, options)
  }

  async patch(
    key: KubeKey,
    how: PatchType,
    patch: Json,
    options: PatchOptions = {},
  ): Promise<KubeObject> {
    const type = this.#typeOf(key)
    await this.#allow(type, 'patch', key, options.subresource)
    if (how === 'strategic' && type.isCustom)
      throw new KubeError('UnsupportedMediaType', STRATEGIC_REFUSED)
    const parts = { type, key, how, patch, options, now: this.#parts.clock.now() }
    const create = async (): Promise<KubeObject> => {
      await this.#allow(type, 'create', key)
      return patchObject(parts, undefined)
    }
    const patched = await this.#parts.writes.update(type, key, {
      ...this.#admitted(type, options),
      change: (previous) => patchObject(parts, previous),
      ...(how === 'apply' ? { isApply: true, mayCreate: create } : {}),
    })
    return this.#seen(type, patched, options)
  }

  async delete(key: KubeKey, options: DeleteOptions = {}): Promise<Deleted> {
    const type = this.#typeOf(key)
    await this.#allow(type, 'delete', key)
    const deleted = await this.#parts.writes.delete(type, key, options)
    const { uid, object } = deleted
    if (options.dryRun !== true)
      await this.#as?.seen?.({ type, key, uid, version: object?.metadata.resourceVersion })
    return deleted
  }

  watch(of: KubeType, watch: KubeWatch): AsyncIterable<KubeEvent> {
    const type = this.#typeOf(of)
    return this.#watchAllowed(type, watch, this.#parts.reads.watch(type, watch))
  }

  async *#watchAllowed(
    type: ResourceType,
    watch: KubeWatch,
    events: AsyncIterable<KubeEvent>,
  ): AsyncGenerator<KubeEvent, void> {
    await this.#allow(type, 'watch', { ...watch, ...nameIn(watch) })
    yield* events
  }

  #typeOf(of: KubeType): ResourceType {
    const type = this.#parts.types.find(of)
    if (type === undefined) throw noSuchKind(of)
    return type
  }

  #admitted<O extends WriteOptions>(
    type: ResourceType,
    options: O,
  ): O & { readonly admit?: AdmitWrite } {
    const admit = this.#as?.admit
    if (admit === undefined) return options
    return { ...options, admit: (next, previous) => admit({ type, next, previous }) }
  }

  async #seen(
    type: ResourceType,
    object: KubeObject,
    { dryRun }: WriteOptions,
  ): Promise<KubeObject> {
    const { uid, resourceVersion } = object.metadata
    // The update that took the last finalizer away has removed it.
    const version = mayGo(type, object) ? undefined : resourceVersion
    if (dryRun !== true) await this.#as?.seen?.({ type, key: object.metadata, uid, version })
    return object
  }

  async #allow(
    type: ResourceType,
    verb: string,
    what: { readonly namespace?: string | undefined; readonly name?: string },
    subresource?: string,
  ): Promise<void> {
    if (this.#as === undefined) return
    const { user, authorize } = this.#as
    const namespace = namespaceOf(type, what)
    const question = {
      user,
      verb,
      group: type.group,
      resource: type.plural,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(what.name === undefined ? {} : { name: what.name }),
    }
    const { isAllowed, reason } = await authorize(question)
    if (!isAllowed) throw accessDenied(question, reason)
  }
}

/** A namespace lies in itself: whoever may get namespaces in it may get it. */
function namespaceOf(
  type: ResourceType,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name?: string },
): string | undefined {
  if (type.namespaced) return namespace
  return type.group === '' && type.plural === 'namespaces' ? name : undefined
}

/** Who lists or watches one object by its name asks for that one. */
function nameIn({ fieldSelector }: KubeQuery): { readonly name?: string } {
  const name = nameSelected(fieldSelector)
  return name === undefined ? {} : { name }
}
