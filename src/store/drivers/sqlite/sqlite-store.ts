// The SQLite store as the main thread sees it: two workers, and faces that turn calls into requests. A write
// resolves after COMMIT, so that a read made then, though by another handle, sees it.

import { AppError } from '../../../base/index.ts'
import { ChangeFeed } from '../../change-feed.ts'
import { dedupeSince, dedupeTimes } from '../../dedupe-codec.ts'
import type { DedupeStore } from '../../dedupe.ts'
import type { DeliveryRow, DeliveryStore } from '../../deliveries.ts'
import type { MessageStore } from '../../messages.ts'
import type { RowStore } from '../../rows.ts'
import { storeWrites, toPage, toRow } from '../../stored-rows.ts'
import type { Store } from '../../store.ts'
import type { DeletedSlice, ReadCalls, WriteCalls } from './protocol.ts'
import { WorkerLink } from './worker-link.ts'

export interface SqliteStoreOptions {
  /** The database file; its directory must be there. */
  readonly path: string
  /** The disk can no longer be trusted: the process must end and recover. Called at most once. */
  readonly onFatal?: (error: AppError) => void
  /** Past this size writes are refused with `STORE_FULL`; without it, only when the disk is full. */
  readonly sizeBytesMax?: number
}

type Writer = WorkerLink<WriteCalls>
type Reader = WorkerLink<ReadCalls>

export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, sizeBytesMax } = options
  let newest = 0
  let hasFailed = false
  function onFatal(error: AppError): void {
    feed.end(error)
    if (!hasFailed) options.onFatal?.(error)
    hasFailed = true
  }
  const writer: Writer = new WorkerLink<WriteCalls>({
    role: 'writer',
    path,
    sizeBytesMax,
    onFatal,
    onChanges(changes) {
      newest = changes[0]!.revision
      feed.publish(changes)
    },
  })
  const feed = new ChangeFeed((after, kinds, limit) =>
    reader.call('rows.changes', { after, kinds, limit }),
  )
  const reader: Reader = new WorkerLink<ReadCalls>({
    role: 'reader',
    path,
    sizeBytesMax: undefined,
    onFatal,
    onChanges: () => {},
  })
  try {
    newest = await writer.open()
    await reader.open()
  } catch (error) {
    await Promise.all([reader.close(), writer.close()])
    throw error
  }
  return {
    rows: createRows(writer, reader, feed, () => newest),
    deliveries: createDeliveries(writer, reader),
    messages: createMessages(writer, reader),
    dedupe: createDedupe(writer, reader),
    stats: () => reader.call('stats', null),
    sync: () => writer.call('sync', null),
    async close() {
      feed.end()
      // The writer last: whoever closes a database last copies its write-ahead log in, and may write.
      await reader.close()
      await writer.close()
    },
  }
}

function createRows(
  writer: Writer,
  reader: Reader,
  feed: ChangeFeed,
  revision: () => number,
): RowStore {
  return {
    async get({ kind, namespace, name }) {
      const stored = await reader.call('rows.get', { kind, namespace, name })
      return stored === undefined ? undefined : toRow(stored)
    },
    list: async (query) => toPage(await reader.call('rows.list', query)),
    listTexts: (query) => reader.call('rows.listTexts', query),
    write: async (writes) => writer.call('rows.write', storeWrites(writes)),
    watch: (options) => feed.watch(options),
    revision,
    compact: async (revisionGone) => {
      await inSlices(() => writer.call('rows.compact', revisionGone))
    },
  }
}

function createDeliveries(writer: Writer, reader: Reader): DeliveryStore {
  return {
    commit: (commit) =>
      writer.call('deliveries.commit', { ...commit, put: commit.put.map((row) => alone(row)) }),
    cursor: async (name) => (await reader.call('deliveries.cursors', name))[0],
    cursors: () => reader.call('deliveries.cursors', undefined),
    due: (query) => reader.call('deliveries.due', query),
    pendingTargets: () => reader.call('deliveries.pendingTargets', null),
    list: (query) => reader.call('deliveries.list', query),
    counts: () => reader.call('deliveries.counts', null),
    idsFrom: (partition, offset) => reader.call('deliveries.idsFrom', { partition, offset }),
    attempts: (eventId, limit) => reader.call('deliveries.attempts', { eventId, limit }),
    pruneAttempts: async (before) => {
      await inSlices(() => writer.call('deliveries.pruneAttempts', before))
    },
  }
}

function createMessages(writer: Writer, reader: Reader): MessageStore {
  return {
    send: (messages) =>
      writer.call(
        'messages.send',
        messages.map((message) => ({ ...message, body: ownBytes(message.body) })),
      ),
    sendPacked: (batch) =>
      writer.call('messages.sendPacked', { ...batch, ends: ownEnds(batch.ends) }, batch.bodies),
    sendReferences: (batch) => writer.call('messages.sendReferences', batch),
    oldestReference: (partition) => reader.call('messages.oldestReference', partition),
    receive: (query) => writer.call('messages.receive', query),
    remove: (queue, receipts) => writer.call('messages.remove', { queue, receipts }),
    changeVisibility: (queue, changes, now) =>
      writer.call('messages.changeVisibility', { queue, changes, now }),
    async purge(queue) {
      let through: number | undefined
      return inSlices(async () => {
        const slice = await writer.call('messages.purge', { queue, through })
        through = slice.through
        return slice
      })
    },
    look: (query) => reader.call('messages.look', query),
    counts: (queue, now) => reader.call('messages.counts', { queue, now }),
    nextVisibleAt: (queue, now) => reader.call('messages.nextVisibleAt', { queue, now }),
    expire: (now) => inSlices(() => writer.call('messages.expire', now)),
  }
}

function createDedupe(writer: Writer, reader: Reader): DedupeStore {
  return {
    append: async (entries, watermark) =>
      writer.call('dedupe.append', { entries, ...dedupeTimes(entries), watermark }),
    async load(since) {
      const { chunks, watermark } = await reader.call('dedupe.load', since)
      return { entries: dedupeSince(Buffer.concat(chunks), since), watermark }
    },
    prune: (before) => writer.call('dedupe.prune', before),
  }
}

/** Others get their turn between slices. */
async function inSlices(deleteSlice: () => Promise<DeletedSlice>): Promise<number> {
  let deleted = 0
  for (;;) {
    const slice = await deleteSlice()
    deleted += slice.deleted
    if (slice.isDone) return deleted
  }
}

function alone(row: DeliveryRow): DeliveryRow {
  return row.record === undefined ? row : { ...row, record: ownBytes(row.record) }
}

/** A view is cloned to a worker with all of the buffer behind it. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

function ownEnds(ends: Uint32Array): Uint32Array {
  return ends.byteLength === ends.buffer.byteLength ? ends : new Uint32Array(ends)
}
