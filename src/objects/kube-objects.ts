// The object machinery of this process: every kind that is registered, kept in the rows of the store.

import type { Clock, Random } from '../base/index.ts'
import type { RowStore } from '../store/index.ts'
import type {
  Deleted,
  DeleteOptions,
  KubeClient,
  KubeEvent,
  KubeList,
  KubeQuery,
  KubeType,
  KubeWatch,
  PatchOptions,
  PatchType,
  WriteOptions,
} from './kube-client.ts'
import { KubeError } from './kube-error.ts'
import { accessDenied, noSuchKind } from './kube-faults.ts'
import type { KubeKey, KubeObject } from './kube-object.ts'
import { patchObject } from './kube-patches.ts'
import { KubeReads } from './kube-reads.ts'
import { KubeWrites } from './kube-writes.ts'
import { ResourceTypes } from './resource-types.ts'
import type { Authorize, KubeUser, ResourceType } from './resource-type.ts'
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

  /** A client that may do everything, or what `authorize` lets the user do. */
  client(as?: { readonly user: KubeUser; readonly authorize: Authorize }): KubeClient {
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

class InProcessClient implements KubeClient {
  readonly #parts: Parts
  readonly #as: { readonly user: KubeUser; readonly authorize: Authorize } | undefined

  constructor(
    parts: Parts,
    as: { readonly user: KubeUser; readonly authorize: Authorize } | undefined,
  ) {
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
    await this.#allow(type, 'list', query)
    return this.#parts.reads.list(type, query)
  }

  async create(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const type = this.#typeOf(object)
    await this.#allow(type, 'create', { namespace: object.metadata.namespace })
    return this.#parts.writes.create(type, object, options)
  }

  async update(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const type = this.#typeOf(object)
    const key = keyOf(object)
    await this.#allow(type, 'update', key, options.subresource)
    return this.#parts.writes.update(type, key, { ...options, change: () => object })
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
    return this.#parts.writes.update(type, key, {
      ...options,
      change: (previous) => patchObject(parts, previous),
      ...(how === 'apply' ? { isApply: true, mayCreate: () => patchObject(parts, undefined) } : {}),
    })
  }

  async delete(key: KubeKey, options: DeleteOptions = {}): Promise<Deleted> {
    const type = this.#typeOf(key)
    await this.#allow(type, 'delete', key)
    return this.#parts.writes.delete(type, key, options)
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
    await this.#allow(type, 'watch', watch)
    yield* events
  }

  #typeOf(of: KubeType): ResourceType {
    const type = this.#parts.types.find(of)
    if (type === undefined) throw noSuchKind(of)
    return type
  }

  async #allow(
    type: ResourceType,
    verb: string,
    what: { readonly namespace?: string | undefined; readonly name?: string },
    subresource?: string,
  ): Promise<void> {
    if (this.#as === undefined) return
    const { user, authorize } = this.#as
    const question = {
      user,
      verb,
      group: type.group,
      resource: type.plural,
      ...(subresource === undefined ? {} : { subresource }),
      ...(type.namespaced && what.namespace !== undefined ? { namespace: what.namespace } : {}),
      ...(what.name === undefined ? {} : { name: what.name }),
    }
    const { isAllowed, reason } = await authorize(question)
    if (!isAllowed) throw accessDenied(question, reason)
  }
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): KubeKey {
  const { name, namespace } = metadata
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
}
