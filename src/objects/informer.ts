// All objects of a kind, kept as a watch tells, and whoever wants to know told of each change. When the watch breaks,
// or what it would go on from is gone, everything is listed anew and the differences are told.
//
// Invariant: `get` shows what was last told, and nothing is told twice in the same version.

import { type Clock, describeError, type Logger, wait } from '../base/index.ts'
import type { KubeClient, KubeType } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import type { KubeKey, KubeObject } from './kube-object.ts'
import { RELIST_DELAY_MS, RELIST_DOUBLINGS_MAX } from './limits.ts'

export interface InformerOptions {
  readonly client: KubeClient
  readonly type: KubeType
  readonly namespace?: string
  readonly labelSelector?: string
  readonly clock: Clock
  readonly logger: Logger
  /** `next` is undefined for what is gone, `previous` for what is new. */
  readonly onChange: (next: KubeObject | undefined, previous: KubeObject | undefined) => void
}

export class Informer {
  readonly #options: InformerOptions
  readonly #objects = new Map<string, KubeObject>()
  readonly #stop = new AbortController()
  readonly #synced = Promise.withResolvers<void>()
  #loop: Promise<void> = Promise.resolve()

  constructor(options: InformerOptions) {
    this.#options = options
    this.#synced.promise.catch(() => undefined)
  }

  /** Resolves when everything that is there has been told. */
  start(): Promise<void> {
    this.#loop = this.#follow()
    return this.#synced.promise
  }

  get(key: {
    readonly namespace?: string | undefined
    readonly name: string
  }): KubeObject | undefined {
    return this.#objects.get(nameOf(key))
  }

  all(): readonly KubeObject[] {
    return Array.from(this.#objects.values())
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop
    const { clock, logger, type } = this.#options
    let failures = 0
    while (!signal.aborted) {
      try {
        const resourceVersion = await this.#list()
        this.#synced.resolve()
        failures = 0
        await this.#watch(resourceVersion)
      } catch (error) {
        if (signal.aborted) break
        // What another server of the store listed may not be known to this one yet: Timeout.
        const isOrdinary = isKubeError(error, 'Expired') || isKubeError(error, 'Timeout')
        if (!isOrdinary)
          logger.warn('a watch broke, and is begun again', {
            kind: type.kind,
            error: describeError(error),
          })
        failures = isOrdinary ? 0 : failures + 1
        const delayMs = RELIST_DELAY_MS * 2 ** Math.min(failures - 1, RELIST_DOUBLINGS_MAX)
        await wait(clock, isOrdinary ? 0 : delayMs, signal)
      }
    }
    this.#synced.resolve()
  }

  async #list(): Promise<string> {
    const { client, type } = this.#options
    const { items, resourceVersion } = await client.list(type, this.#query())
    const there = new Set(items.map(({ metadata }) => nameOf(metadata)))
    for (const [name, object] of this.#objects) if (!there.has(name)) this.#forget(object)
    for (const object of items) this.#learn(object)
    return resourceVersion
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client, type } = this.#options
    const { signal } = this.#stop
    const query = { ...this.#query(), resourceVersion, signal, allowBookmarks: true }
    for await (const event of client.watch(type, query)) {
      if (event.type === 'BOOKMARK') continue
      if (event.type === 'DELETED') this.#forget(event.object)
      else this.#learn(event.object)
    }
  }

  #query(): { readonly namespace?: string; readonly labelSelector?: string } {
    const { namespace, labelSelector } = this.#options
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    }
  }

  #learn(object: KubeObject): void {
    const name = nameOf(object.metadata)
    const previous = this.#objects.get(name)
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#objects.set(name, object)
    this.#options.onChange(object, previous)
  }

  #forget(object: KubeObject): void {
    const name = nameOf(object.metadata)
    const previous = this.#objects.get(name)
    if (previous === undefined) return
    this.#objects.delete(name)
    this.#options.onChange(undefined, previous)
  }
}

/** `namespace/name`, or the name alone. */
export function nameOf({
  namespace,
  name,
}:
  | Pick<KubeKey, 'namespace' | 'name'>
  | { readonly namespace?: string | undefined; readonly name: string }): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}
