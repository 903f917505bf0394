// How far pipes have read streams of AWS, as rows of the store. Those of pipes that are gone go with the next start.

import type { StreamPlace, StreamPlaces } from './connect/index.ts'
import { listAllRows, type RowStore } from './store/index.ts'

const KIND = 'StreamPlace'
const NAMESPACE = 'signalbox'

/** `readers` are the pipes that there are. */
export async function openStreamPlaces(
  rows: RowStore,
  readers: ReadonlySet<string>,
): Promise<StreamPlaces> {
  const { rows: stored } = await listAllRows(rows, { kind: KIND })
  const gone = stored.filter(({ name }) => !readers.has(name.slice(0, name.indexOf(' '))))
  if (gone.length > 0) {
    await rows.write(gone.map(({ name }) => ({ kind: KIND, namespace: NAMESPACE, name })))
  }
  return {
    async load(reader) {
      const { rows: found } = await listAllRows(rows, { kind: KIND })
      const prefix = `${reader} `
      return new Map(
        found
          .filter(({ name }) => name.startsWith(prefix))
          // As `save` wrote them.
          .map(({ name, value }) => [name.slice(prefix.length), value as StreamPlace]),
      )
    },
    async save(reader, shardId, place) {
      await rows.write([
        { kind: KIND, namespace: NAMESPACE, name: `${reader} ${shardId}`, value: place },
      ])
    },
    async forget(reader, shardId) {
      await rows.write([{ kind: KIND, namespace: NAMESPACE, name: `${reader} ${shardId}` }])
    },
  }
}
