// The calls of our own API that are about archives and replays, and the one that empties a server.

import type { ArchivedEventsView, ArchiveView, ReplayView } from './archive-views.ts'
import { formatQuery } from './query.ts'
import type { Transport } from './transport.ts'

type Texts = Readonly<Record<string, string | number | undefined>>

export interface ArchiveCalls {
  /** All archives, or one by name or ARN. */
  archives(archive: string | undefined, signal: AbortSignal): Promise<readonly ArchiveView[]>
  createArchive(archive: Texts, signal: AbortSignal): Promise<ArchiveView>
  deleteArchive(archive: string, signal: AbortSignal): Promise<void>
  archivedEvents(query: Texts, signal: AbortSignal): Promise<ArchivedEventsView>
  /** All replays, or one by name or ARN. */
  replays(replay: string | undefined, signal: AbortSignal): Promise<readonly ReplayView[]>
  startReplay(replay: Texts, signal: AbortSignal): Promise<ReplayView>
  cancelReplay(replay: string, signal: AbortSignal): Promise<ReplayView>
  /** Takes everything the server holds. */
  reset(signal: AbortSignal): Promise<void>
}

export function createArchiveCalls(transport: Transport, prefix: string): ArchiveCalls {
  const get = (path: string, query: Texts, signal: AbortSignal): Promise<unknown> =>
    transport.json({ method: 'GET', path: `${prefix}${path}?${formatQuery(query)}`, signal })
  const list = async (path: string, query: Texts, signal: AbortSignal): Promise<unknown> =>
    ((await get(path, query, signal)) as { readonly items: unknown }).items
  const post = (path: string, body: Texts, signal: AbortSignal): Promise<unknown> =>
    transport.json({
      method: 'POST',
      path: prefix + path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
  return {
    archives: async (archive, signal) =>
      (await list('/archives', { archive }, signal)) as readonly ArchiveView[],
    createArchive: async (archive, signal) =>
      (await post('/archives/create', archive, signal)) as ArchiveView,
    async deleteArchive(archive, signal) {
      await post(`/archives/delete?${formatQuery({ archive })}`, {}, signal)
    },
    archivedEvents: async (query, signal) =>
      (await get('/archives/events', query, signal)) as ArchivedEventsView,
    replays: async (replay, signal) =>
      (await list('/replays', { replay }, signal)) as readonly ReplayView[],
    startReplay: async (replay, signal) =>
      (await post('/replays/start', replay, signal)) as ReplayView,
    cancelReplay: async (replay, signal) =>
      (await post(`/replays/cancel?${formatQuery({ replay })}`, {}, signal)) as ReplayView,
    async reset(signal) {
      await post('/reset', {}, signal)
    },
  }
}
