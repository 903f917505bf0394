// Objects of a real cluster, through the interface that controllers know.
// https://kubernetes.io/docs/reference/using-api/api-concepts/

import { type Clock, describeError, type Logger, wait } from '../base/index.ts'
import {
  type Deleted,
  type DeleteOptions,
  isKubeError,
  type KubeClient,
  KubeError,
  type KubeEvent,
  type KubeKey,
  type KubeList,
  type KubeObject,
  type KubeQuery,
  type KubeType,
  type KubeWatch,
  type PatchOptions,
  type PatchType,
  type WriteOptions,
} from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import type { ActingUser, Ask, ClusterLink } from './cluster-link.ts'
import type { Discovery, ServedKind } from './discovery.ts'
import {
  PAGE_LIMIT,
  WATCH_GRACE_MS,
  WATCH_RETRY_MS_MAX,
  WATCH_RETRY_MS_MIN,
  WATCH_SECONDS,
} from './limits.ts'
import { refusalOf } from './refusal.ts'

export interface ClusterClientOptions {
  readonly link: ClusterLink
  readonly discovery: Discovery
  readonly clock: Clock
  readonly logger: Logger
  readonly actAs?: ActingUser | undefined
}

const FIELD_MANAGER = 'signalbox'
const CONTENT_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
}
const INITIAL_END = 'k8s.io/initial-events-end'

export class ClusterClient implements KubeClient {
  readonly #options: ClusterClientOptions

  constructor(options: ClusterClientOptions) {
    this.#options = options
  }

  async get(key: KubeKey): Promise<KubeObject | undefined> {
    const path = await this.#pathOf(key, key)
    try {
      return (await this.#call({ method: 'GET', path })) as KubeObject
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return undefined
      throw error
    }
  }

  async list(type: KubeType, query: KubeQuery = {}): Promise<KubeList> {
    const path = await this.#pathOf(type, query)
    if (query.limit !== undefined && query.limit > 0) return this.#page(type, path, query)
    try {
      return await this.#pages(type, path, query)
    } catch (error) {
      // So slow that the first page's version is not kept any more: all at once, then.
      if (!isKubeError(error, 'Expired')) throw error
      return this.#page(type, path, query)
    }
  }

  async create(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = await this.#pathOf(object, { namespace: object.metadata.namespace })
    return this.#write({ method: 'POST', path, body: object }, options)
  }

  async update(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = await this.#pathOf(object, object.metadata, options.subresource)
    return this.#write({ method: 'PUT', path, body: object }, options)
  }

  async patch(
    key: KubeKey,
    type: PatchType,
    patch: Json,
    options: PatchOptions = {},
  ): Promise<KubeObject> {
    const path = await this.#pathOf(key, key, options.subresource)
    const force = type === 'apply' && options.force === true ? { force: 'true' } : {}
    const contentType = CONTENT_TYPES[type]
    return this.#write({ method: 'PATCH', path, body: patch, contentType, query: force }, options)
  }

  async delete(key: KubeKey, options: DeleteOptions = {}): Promise<Deleted> {
    const path = await this.#pathOf(key, key)
    const { dryRun, ...rest } = options
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...rest,
      ...(dryRun === true ? { dryRun: ['All'] } : {}),
    }
    const answer = (await this.#call({ method: 'DELETE', path, body })) as KubeObject & {
      readonly details?: { readonly uid?: string }
    }
    if (answer.kind === 'Status') return { uid: answer.details?.uid ?? '' }
    const { uid = '', deletionTimestamp } = answer.metadata
    return deletionTimestamp === undefined ? { uid } : { uid, object: answer }
  }

  /** Goes on by itself where it was when the connection breaks or the server starts anew. */
  async *watch(type: KubeType, watch: KubeWatch): AsyncGenerator<KubeEvent, void> {
    const { clock, logger } = this.#options
    const { signal } = watch
    const path = await this.#pathOf(type, watch)
    const place = { from: watch.resourceVersion === '0' ? undefined : watch.resourceVersion }
    let retryMs = WATCH_RETRY_MS_MIN
    while (!signal.aborted) {
      const startedAt = clock.monotonic()
      try {
        for await (const event of this.#watchOnce(type, path, watch, place)) {
          retryMs = WATCH_RETRY_MS_MIN
          yield event
        }
        // One that ends as soon as it began would be asked for without a pause.
        if (clock.monotonic() - startedAt >= WATCH_RETRY_MS_MIN) continue
      } catch (error) {
        if (signal.aborted) return
        const isPassing =
          isKubeError(error, 'ServiceUnavailable') || isKubeError(error, 'TooManyRequests')
        if (!isPassing || place.from === undefined) throw error
        logger.warn('a watch goes on when the cluster is there again', {
          kind: type.kind,
          error: describeError(error),
          againMs: retryMs,
        })
      }
      await wait(clock, retryMs, signal)
      retryMs = Math.min(WATCH_RETRY_MS_MAX, retryMs * 2)
    }
  }

  async *#watchOnce(
    type: KubeType,
    path: string,
    watch: KubeWatch,
    place: { from: string | undefined },
  ): AsyncGenerator<KubeEvent, void> {
    const { link, clock, actAs } = this.#options
    const isInitial = watch.sendInitialEvents === true && place.from === watch.resourceVersion
    const query = {
      ...selectionOf(watch),
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
      resourceVersion: place.from,
      ...(isInitial ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' } : {}),
    }
    const overdue = new AbortController()
    const timer = clock.setTimer(WATCH_SECONDS * 1000 + WATCH_GRACE_MS, () => overdue.abort())
    const signal = AbortSignal.any([watch.signal, overdue.signal])
    try {
      for await (const line of link.lines({ method: 'GET', path, query, actAs }, signal)) {
        const { type: what, object } = JSON.parse(line) as WatchLine
        if (what === 'ERROR') throw refusalOf(link.server, object.code ?? 500, object)
        const { resourceVersion, annotations } = object.metadata
        // Without a place to begin at, the first objects come in no order: none of them is one to go on from.
        if (what === 'BOOKMARK' || place.from !== undefined) place.from = resourceVersion
        if (what !== 'BOOKMARK') yield { type: what, object: typed(object, type) }
        else if (watch.allowBookmarks === true || watch.sendInitialEvents === true) {
          const isInitialEnd = annotations?.[INITIAL_END] === 'true'
          yield {
            type: 'BOOKMARK',
            resourceVersion: resourceVersion ?? '',
            ...(isInitialEnd ? { isInitialEnd } : {}),
          }
        }
      }
    } finally {
      timer.cancel()
    }
  }

  async #pages(type: KubeType, path: string, query: KubeQuery): Promise<KubeList> {
    const items: KubeObject[] = []
    let { continueToken } = query
    for (;;) {
      const page = await this.#page(type, path, {
        ...query,
        limit: PAGE_LIMIT,
        ...(continueToken === undefined ? {} : { continueToken }),
      })
      items.push(...page.items)
      if (page.continueToken === undefined) return { ...page, items }
      continueToken = page.continueToken
    }
  }

  async #page(type: KubeType, path: string, query: KubeQuery): Promise<KubeList> {
    const { limit, continueToken, resourceVersion, resourceVersionMatch } = query
    const { items, metadata } = (await this.#call({
      method: 'GET',
      path,
      query: {
        ...selectionOf(query),
        limit: limit === undefined ? undefined : String(limit),
        continue: continueToken,
        // A page that goes on has its version in its token.
        ...(continueToken === undefined ? { resourceVersion, resourceVersionMatch } : {}),
      },
    })) as ListAnswer
    const { resourceVersion: seen = '', continue: next = '', remainingItemCount } = metadata
    return {
      items: (items ?? []).map((object) => typed(object, type)),
      resourceVersion: seen,
      ...(next === '' ? {} : { continueToken: next }),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    }
  }

  async #write(ask: Omit<Ask, 'actAs'>, options: WriteOptions): Promise<KubeObject> {
    const { fieldManager = FIELD_MANAGER, dryRun, fieldValidation, onWarning } = options
    const query = {
      ...ask.query,
      fieldManager,
      fieldValidation,
      dryRun: dryRun === true ? 'All' : undefined,
    }
    return (await this.#call({ ...ask, query }, onWarning)) as KubeObject
  }

  async #call(ask: Omit<Ask, 'actAs'>, onWarning?: (text: string) => void): Promise<unknown> {
    const { link, actAs } = this.#options
    const { body, warnings } = await link.call({ ...ask, actAs })
    for (const warning of warnings) onWarning?.(warning)
    return body
  }

  /** Without a name that of all objects, in a namespace or everywhere. */
  async #pathOf(
    type: KubeType,
    { namespace, name }: { readonly namespace?: string | undefined; readonly name?: string },
    subresource?: string,
  ): Promise<string> {
    const { root, plural, namespaced } = await this.#servedOf(type)
    const parts = [
      ...(namespaced && namespace !== undefined ? ['namespaces', namespace] : []),
      plural,
      ...(name === undefined ? [] : [name]),
      ...(subresource === undefined ? [] : [subresource]),
    ]
    return `${root}/${parts.map(encodeURIComponent).join('/')}`
  }

  async #servedOf(type: KubeType): Promise<ServedKind> {
    const served = await this.#options.discovery.find(type)
    if (served !== undefined) return served
    const { apiVersion, kind } = type
    const message = `no matches for kind "${kind}" in version "${apiVersion}"`
    throw new KubeError('NotFound', message)
  }
}

interface ListAnswer {
  readonly items: readonly KubeObject[] | null
  readonly metadata: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
}

interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubeObject & { readonly code?: number }
}

function selectionOf({
  labelSelector,
  fieldSelector,
}: KubeQuery): Record<string, string | undefined> {
  return { labelSelector, fieldSelector }
}

/** Items of a list do not say what they are. */
function typed(object: KubeObject, { apiVersion, kind }: KubeType): KubeObject {
  return { ...object, apiVersion, kind }
}
