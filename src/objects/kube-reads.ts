// Reading objects: one, a page of many, and every change from a version on.

import { isAppError, type Clock } from '../base/index.ts'
import { matchesLabels, type LabelRequirement, type Row, type RowStore } from '../store/index.ts'
import type { KubeEvent, KubeList, KubeQuery, KubeWatch } from './kube-client.ts'
import { KubeError } from './kube-error.ts'
import { badRequest, expired } from './kube-faults.ts'
import type { KubeObject } from './kube-object.ts'
import { decodeRow, revisionOf, rowKeyOf, rowKindOf, rowNamespaceOf } from './kube-rows.ts'
import { BOOKMARK_MS, LIST_LIMIT_DEFAULT } from './limits.ts'
import type { ResourceType } from './resource-type.ts'
import {
  type FieldTerm,
  matchesFields,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors.ts'
import { Ticks } from './ticks.ts'

export class KubeReads {
  readonly #rows: RowStore
  readonly #clock: Clock
  /** The newest revision that a list answered: the store's own count may be told a moment later. */
  #listed = 0

  constructor(rows: RowStore, clock: Clock) {
    this.#rows = rows
    this.#clock = clock
  }

  async get(
    type: ResourceType,
    key: { readonly namespace?: string | undefined; readonly name: string },
  ): Promise<KubeObject | undefined> {
    const row = await this.#rows.get(rowKeyOf(type, key))
    return row === undefined ? undefined : decodeRow(type, row)
  }

  async list(type: ResourceType, query: KubeQuery): Promise<KubeList> {
    const wanted = selectionOf(type, query)
    const limit = query.limit === undefined || query.limit <= 0 ? Infinity : query.limit
    const items: KubeObject[] = []
    let { continueToken } = query
    for (;;) {
      const page = await this.#page(type, query, wanted, {
        limit: Math.min(limit - items.length, LIST_LIMIT_DEFAULT),
        continueToken,
      })
      for (const row of page.rows) {
        const object = decodeRow(type, row)
        if (matchesFields(object, wanted.fields)) items.push(object)
      }
      const list = { items, resourceVersion: String(page.revision) }
      if (page.continueToken === undefined) return list
      if (items.length >= limit) return { ...list, continueToken: page.continueToken }
      continueToken = page.continueToken
    }
  }

  /** Throws at once for a selector or a version that is none. */
  watch(type: ResourceType, watch: KubeWatch): AsyncIterable<KubeEvent> {
    return this.#watch(type, watch, selectionOf(type, watch), revisionOf(watch.resourceVersion))
  }

  async *#watch(
    type: ResourceType,
    watch: KubeWatch,
    wanted: Selection,
    from: number | undefined,
  ): AsyncGenerator<KubeEvent, void> {
    let after = from
    if (after !== undefined) this.#refuseFuture(after)
    if (after === undefined || watch.sendInitialEvents === true) {
      const { items, resourceVersion } = await this.list(type, { ...queryOf(watch) })
      for (const object of items) {
        if (watch.signal.aborted) return
        yield { type: 'ADDED', object }
      }
      if (watch.sendInitialEvents === true)
        yield { type: 'BOOKMARK', resourceVersion, isInitialEnd: true }
      after = Number(resourceVersion)
    }
    yield* this.#follow(type, wanted, watch, after)
  }

  async *#follow(
    type: ResourceType,
    wanted: Selection,
    { signal, allowBookmarks = false }: KubeWatch,
    after: number,
  ): AsyncGenerator<KubeEvent, void> {
    const changes = this.#rows.watch({ kinds: [rowKindOf(type)], after, signal })
    const ticks = new Ticks(changes[Symbol.asyncIterator](), this.#clock)
    let seen = after
    try {
      while (!signal.aborted) {
        // What is there before the wait has been told when the wait ends with nothing new.
        const revision = this.#rows.revision()
        const next = await ticks.next(allowBookmarks ? BOOKMARK_MS : undefined)
        if (next === 'tick') {
          seen = Math.max(seen, revision)
          yield { type: 'BOOKMARK', resourceVersion: String(seen) }
          continue
        }
        if (next.done === true) return
        const { row, before, type: how } = next.value
        seen = row.revision
        const isNow = how === 'put' && wanted.matches(type, row)
        const wasThere = before !== undefined && wanted.matches(type, before)
        if (isNow) yield { type: wasThere ? 'MODIFIED' : 'ADDED', object: decodeRow(type, row) }
        else if (wasThere)
          yield { type: 'DELETED', object: decodeRow(type, { ...before, revision: row.revision }) }
      }
    } catch (error) {
      if (signal.aborted) return
      if (isAppError(error, 'REVISION_COMPACTED')) throw expired(after, this.#rows.revision())
      throw error
    } finally {
      await ticks.close()
    }
  }

  async #page(
    type: ResourceType,
    query: KubeQuery,
    wanted: Selection,
    { limit, continueToken }: { limit: number; continueToken: string | undefined },
  ) {
    const exact = query.resourceVersionMatch === 'Exact'
    const revision = revisionOf(query.resourceVersion)
    if (revision !== undefined) this.#refuseFuture(revision)
    try {
      const found = await this.#rows.list({
        kind: rowKindOf(type),
        ...(wanted.namespace === undefined ? {} : { namespace: wanted.namespace }),
        ...(wanted.labels.length === 0 ? {} : { labels: wanted.labels }),
        limit,
        ...(continueToken === undefined ? {} : { continueToken }),
        ...(exact && revision !== undefined && continueToken === undefined ? { revision } : {}),
      })
      this.#listed = Math.max(this.#listed, found.revision)
      return found
    } catch (error) {
      if (isAppError(error, 'REVISION_COMPACTED'))
        throw new KubeError(
          'Expired',
          'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
        )
      if (isAppError(error, 'REQUEST_INVALID'))
        throw badRequest(`continue key is not valid: ${error.message}`)
      throw error
    }
  }

  #refuseFuture(revision: number): void {
    const current = Math.max(this.#rows.revision(), this.#listed)
    if (revision <= current) return
    const message = `Too large resource version: ${revision}, current: ${current}`
    throw new KubeError('Timeout', message, { retryAfterSeconds: 1 })
  }
}

interface Selection {
  readonly namespace: string | undefined
  readonly labels: readonly LabelRequirement[]
  readonly fields: readonly FieldTerm[]
  matches(type: ResourceType, row: Row): boolean
}

function selectionOf(type: ResourceType, query: KubeQuery): Selection {
  const { labelSelector = '', fieldSelector = '' } = query
  const namespace = rowNamespaceOf(type, query.namespace)
  const labels = parseLabelSelector(labelSelector)
  const fields = parseFieldSelector(fieldSelector)
  const known = new Set(['metadata.name', 'metadata.namespace'])
  for (const path of type.selectableFields) known.add(path.replace(/^\./, ''))
  const unknown = fields.find(({ path }) => !known.has(path))
  if (unknown !== undefined) throw badRequest(`field label not supported: ${unknown.path}`)
  return {
    namespace,
    labels,
    fields,
    matches: (of, row) =>
      (namespace === undefined || row.namespace === namespace) &&
      matchesLabels(row.labels, labels) &&
      (fields.length === 0 || matchesFields(decodeRow(of, row), fields)),
  }
}

function queryOf({ namespace, labelSelector, fieldSelector }: KubeWatch): KubeQuery {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  }
}
