// Takes away what nobody owns any more, and holds back an owner that wants to go after its dependents, or without them.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/
//
// Invariant: a dependent goes only when a live look shows that none of its owners is there.

import { type Clock, describeError, type Logger } from '../base/index.ts'
import { Informer } from './informer.ts'
import type { KubeClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import { keyOf, type KubeObject, type KubeOwner } from './kube-object.ts'
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from './kube-plan.ts'
import { apiVersionOf, resourceName, type ResourceTypes } from './resource-types.ts'
import type { ResourceType } from './resource-type.ts'
import { WorkQueue } from './work-queue.ts'

export interface GarbageCollectorOptions {
  readonly client: KubeClient
  readonly types: ResourceTypes
  readonly clock: Clock
  readonly logger: Logger
}

export class GarbageCollector {
  readonly #options: GarbageCollectorOptions
  readonly #queue: WorkQueue
  readonly #informers = new Map<string, Informer>()
  /** Every object by its uid. */
  readonly #objects = new Map<string, KubeObject>()
  /** The uids of those that name an owner, by its uid. */
  readonly #dependents = new Map<string, Set<string>>()
  readonly #stop = new AbortController()
  #unlisten: () => void = () => undefined
  #work: Promise<void> = Promise.resolve()

  constructor(options: GarbageCollectorOptions) {
    this.#options = options
    this.#queue = new WorkQueue(options.clock)
  }

  async start(): Promise<void> {
    const { types } = this.#options
    this.#unlisten = types.listen((type, isThere) => {
      if (isThere) void this.#follow(type)
      else void this.#leave(type)
    })
    await Promise.all(types.all().map((type) => this.#follow(type)))
    this.#work = this.#loop()
  }

  async close(): Promise<void> {
    this.#unlisten()
    this.#stop.abort()
    this.#queue.close()
    await Promise.all(Array.from(this.#informers.values(), (informer) => informer.close()))
    await this.#work
  }

  async #follow(type: ResourceType): Promise<void> {
    const name = resourceName(type)
    if (type.backing !== undefined || this.#informers.has(name)) return
    const { client, clock, logger } = this.#options
    const informer = new Informer({
      client,
      clock,
      logger,
      type: { apiVersion: apiVersionOf(type), kind: type.kind },
      onChange: (next, previous) => this.#see(next, previous),
    })
    this.#informers.set(name, informer)
    await informer.start()
  }

  async #leave(type: ResourceType): Promise<void> {
    const name = resourceName(type)
    const informer = this.#informers.get(name)
    if (informer === undefined) return
    this.#informers.delete(name)
    await informer.close()
    for (const object of informer.all()) this.#see(undefined, object)
  }

  #see(next: KubeObject | undefined, previous: KubeObject | undefined): void {
    const uid = (next ?? previous)!.metadata.uid!
    for (const owner of previous?.metadata.ownerReferences ?? [])
      this.#dependents.get(owner.uid)?.delete(uid)
    if (next === undefined) {
      this.#objects.delete(uid)
      for (const dependent of this.#dependents.get(uid) ?? []) this.#queue.add(dependent)
    } else {
      this.#objects.set(uid, next)
      for (const owner of next.metadata.ownerReferences ?? []) {
        const of = this.#dependents.get(owner.uid) ?? new Set()
        this.#dependents.set(owner.uid, of.add(uid))
      }
      if (mayConcern(next)) this.#queue.add(uid)
    }
    for (const owner of previous?.metadata.ownerReferences ?? [])
      if (isWaiting(this.#objects.get(owner.uid))) this.#queue.add(owner.uid)
    if (this.#dependents.get(uid)?.size === 0) this.#dependents.delete(uid)
  }

  async #loop(): Promise<void> {
    for (;;) {
      const uid = await this.#queue.take(this.#stop.signal)
      if (uid === undefined) return
      try {
        await this.#look(this.#objects.get(uid))
        this.#queue.done(uid)
      } catch (error) {
        this.#queue.failed(uid)
        if (isKubeError(error, 'Conflict') || isKubeError(error, 'NotFound')) continue
        this.#options.logger.warn('an object could not be looked at for its owners', {
          uid,
          error: describeError(error),
        })
      }
    }
  }

  async #look(object: KubeObject | undefined): Promise<void> {
    if (object === undefined) return
    if (isWaiting(object)) await this.#letOwnerGo(object)
    else if (object.metadata.deletionTimestamp === undefined) await this.#collect(object)
  }

  /** An owner that goes last, or leaves its dependents alone. */
  async #letOwnerGo(owner: KubeObject): Promise<void> {
    const { client } = this.#options
    const finalizers = owner.metadata.finalizers ?? []
    const dependents = Array.from(this.#dependents.get(owner.metadata.uid!) ?? [], (uid) =>
      this.#objects.get(uid),
    ).filter((one) => one !== undefined)
    if (finalizers.includes(ORPHAN_FINALIZER)) {
      for (const dependent of dependents) await this.#disown(dependent, owner.metadata.uid!)
    } else {
      const blocking = dependents.filter((one) =>
        (one.metadata.ownerReferences ?? []).some(
          ({ uid, blockOwnerDeletion }) =>
            uid === owner.metadata.uid && blockOwnerDeletion === true,
        ),
      )
      for (const dependent of dependents)
        if (dependent.metadata.deletionTimestamp === undefined)
          await client.delete(keyOf(dependent), { propagationPolicy: 'Foreground' })
      if (blocking.length > 0) return
    }
    const left = finalizers.filter(
      (one) => one !== FOREGROUND_FINALIZER && one !== ORPHAN_FINALIZER,
    )
    await client.update({ ...owner, metadata: { ...owner.metadata, finalizers: left } })
  }

  async #collect(object: KubeObject): Promise<void> {
    const { client } = this.#options
    const owners = object.metadata.ownerReferences ?? []
    if (owners.length === 0) return
    const states = await Promise.all(owners.map((owner) => this.#stateOf(owner, object)))
    if (states.includes('unknown') || !states.includes('absent')) return
    if (states.includes('there')) {
      for (const [index, owner] of owners.entries())
        if (states[index] === 'absent') await this.#disown(object, owner.uid)
      return
    }
    const { uid, resourceVersion } = object.metadata
    await client.delete(keyOf(object), {
      propagationPolicy: 'Background',
      preconditions: { uid: uid!, resourceVersion: resourceVersion! },
    })
  }

  /** A live look: what was told last may be behind. */
  async #stateOf(owner: KubeOwner, dependent: KubeObject): Promise<'there' | 'absent' | 'unknown'> {
    const { client, types } = this.#options
    const { apiVersion, kind, name, uid } = owner
    const type = types.find({ apiVersion, kind })
    if (type === undefined || type.backing !== undefined) return 'unknown'
    const { namespace } = dependent.metadata
    if (type.namespaced && namespace === undefined) return 'unknown'
    const key = { apiVersion, kind, name, ...(type.namespaced ? { namespace: namespace! } : {}) }
    const found = await client.get(key)
    return found?.metadata.uid === uid ? 'there' : 'absent'
  }

  async #disown(object: KubeObject, uid: string): Promise<void> {
    const now = await this.#options.client.get(keyOf(object))
    if (now === undefined) return
    const ownerReferences = (now.metadata.ownerReferences ?? []).filter((one) => one.uid !== uid)
    await this.#options.client.update({ ...now, metadata: { ...now.metadata, ownerReferences } })
  }
}

function mayConcern(object: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).length > 0 || isWaiting(object)
}

/** Marked, and held until its dependents are seen to. */
function isWaiting(object: KubeObject | undefined): boolean {
  if (object?.metadata.deletionTimestamp === undefined) return false
  const finalizers = object.metadata.finalizers ?? []
  return finalizers.includes(FOREGROUND_FINALIZER) || finalizers.includes(ORPHAN_FINALIZER)
}
