// Reading objects: one, a page of many, and every change from a version on.

import { isAppError, type Clock } from '../base/index.ts'
import {
  matchesLabels,
  type LabelRequirement,
  type Row,
  type RowPage,
  type RowQuery,
  type RowStore,
  type RowTextPage,
} from '../store/index.ts'
import type { KubeEvent, KubeList, KubeQuery, KubeTexts, KubeWatch } from './kube-client.ts'
import { KubeError } from './kube-error.ts'
import { badRequest, expired } from './kube-faults.ts'
import type { KubeObject } from './kube-object.ts'
import { decodeRow, revisionOf, rowKeyOf, rowKindOf, rowNamespaceOf, textOf } from './kube-rows.ts'
import { BOOKMARK_MS, LIST_LIMIT_DEFAULT, TEXTS_PIECE, TEXTS_TOGETHER_MAX } from './limits.ts'
import type { ResourceType } from './resource-type.ts'
import { apiVersionOf } from './resource-types.ts'
import {
  type FieldTerm,
  matchesFields,
  nameSelected,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors.ts'
import { Ticks } from './ticks.ts'

export class KubeReads {
  readonly #rows: RowStore
  readonly #clock: Clock
  /** The newest revision that a list answered: the store's own count may be told a moment later. */
  #listed = 0
  /** What a change was decoded to, as long as anybody holds the row. */
  readonly #decoded = new WeakMap<Row, KubeObject>()

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
        limit: wanted.name === undefined ? Math.min(limit - items.length, LIST_LIMIT_DEFAULT) : 1,
        continueToken,
      })
      for (const row of page.rows) {
        const object = decodeRow(type, row)
        if (matchesFields(object, wanted.fields)) items.push(object)
      }
      const list = { items, resourceVersion: String(page.revision) }
      if (page.continueToken === undefined || wanted.name !== undefined) return list
      if (items.length >= limit) return { ...list, continueToken: page.continueToken }
      continueToken = page.continueToken
    }
  }

  /** All of them as JSON, each its own text; the next are read while some are passed on. Ignores `limit`. */
  async listTexts(type: ResourceType, query: KubeQuery): Promise<KubeTexts> {
    const wanted = selectionOf(type, query)
    const page = (continueToken: string | undefined): Promise<RowTextPage> =>
      this.#ask(type, query, wanted, { limit: TEXTS_TOGETHER_MAX, continueToken }, (rowQuery) =>
        this.#rows.listTexts(rowQuery),
      )
    const first = await page(undefined)
    return { resourceVersion: String(first.revision), pieces: piecesOf(type, first, page) }
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
        if (isNow) yield { type: wasThere ? 'MODIFIED' : 'ADDED', object: this.#shared(type, row) }
        else if (wasThere && how === 'delete')
          yield { type: 'DELETED', object: this.#shared(type, row) }
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

  #page(type: ResourceType, query: KubeQuery, wanted: Selection, part: PagePart): Promise<RowPage> {
    return this.#ask(type, query, wanted, part, (rowQuery) => this.#rows.list(rowQuery))
  }

  async #ask<P extends { readonly revision: number }>(
    type: ResourceType,
    query: KubeQuery,
    wanted: Selection,
    { limit, continueToken }: PagePart,
    read: (rowQuery: RowQuery) => Promise<P>,
  ): Promise<P> {
    const exact = query.resourceVersionMatch === 'Exact'
    const revision = revisionOf(query.resourceVersion)
    if (revision !== undefined) this.#refuseFuture(revision)
    try {
      const found = await read({
        kind: rowKindOf(type),
        ...(wanted.namespace === undefined ? {} : { namespace: wanted.namespace }),
        ...(wanted.labels.length === 0 ? {} : { labels: wanted.labels }),
        ...(wanted.name === undefined ? {} : { namePrefix: wanted.name }),
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

  /** Many watch the same row: they see the same object. */
  #shared(type: ResourceType, row: Row): KubeObject {
    const known = this.#decoded.get(row)
    if (known?.apiVersion === apiVersionOf(type)) return known
    const object = decodeRow(type, row)
    this.#decoded.set(row, object)
    return object
  }

  #refuseFuture(revision: number): void {
    const current = Math.max(this.#rows.revision(), this.#listed)
    if (revision <= current) return
    const message = `Too large resource version: ${revision}, current: ${current}`
    throw new KubeError('Timeout', message, { retryAfterSeconds: 1 })
  }
}

interface PagePart {
  readonly limit: number
  readonly continueToken: string | undefined
}

async function* piecesOf(
  type: ResourceType,
  first: RowTextPage,
  read: (continueToken: string) => Promise<RowTextPage>,
): AsyncGenerator<readonly string[], void> {
  let page: RowTextPage | undefined = first
  while (page !== undefined) {
    const { continueToken, texts, revisions }: RowTextPage = page
    const next: Promise<RowTextPage> | undefined =
      continueToken === undefined ? undefined : read(continueToken)
    // Whoever takes no more pieces never asks what came of it.
    next?.catch(() => undefined)
    // Short pieces are gone again before they count as things that stay.
    for (let from = 0; from < texts.length; from += TEXTS_PIECE) {
      const some = texts.slice(from, from + TEXTS_PIECE)
      yield some.map((text, index) => textOf(type, text, revisions[from + index]!))
    }
    page = await next
  }
}

interface Selection {
  readonly namespace: string | undefined
  readonly labels: readonly LabelRequirement[]
  readonly fields: readonly FieldTerm[]
  /** The only one that is asked for, where that says at once which row it is: of names that begin so it is the first. */
  readonly name: string | undefined
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
    name: namespace === undefined ? undefined : nameSelected(fieldSelector),
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
