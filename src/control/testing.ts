// What tests of queues need of control: their use cases over a memory store, with a resource client that keeps
// resources as rows, the keeper that follows them, and the queue room.

import {
  AppError,
  createUuid,
  isAppError,
  type Random,
  seededRandom,
  silentLogger,
} from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { API_VERSION, type Kind, type Resource, type ResourceOf } from '../model/index.ts'
import { openQueues, type Queues } from '../queue/index.ts'
import { openMemoryStore, type Row, type RowStore, type Store } from '../store/index.ts'
import { openQueueKeeper } from './queue-keeper.ts'
import { createQueueUses, type QueueUses } from './queues.ts'
import type { ResourceClient } from './resources.ts'

export { openMemoryControl, type MemoryControlOptions } from './memory-control.ts'

export interface MemoryQueueUses {
  readonly uses: QueueUses
  readonly queues: Queues
  readonly store: Store
  readonly clock: FakeClock
  close(): Promise<void>
}

/** With the rows of `store` where one is given: what a restart finds. */
export async function openMemoryQueueUses(
  options: { readonly store?: Store; readonly seed?: number } = {},
): Promise<MemoryQueueUses> {
  const store = options.store ?? openMemoryStore()
  const clock = new FakeClock()
  const random = seededRandom(options.seed ?? 1)
  const queues = openQueues({ messages: store.messages, clock, random, logger: silentLogger })
  const keeper = await openQueueKeeper({
    rows: store.rows,
    decode: decodeRow,
    queues,
    logger: silentLogger,
    onFatal: (error) => {
      throw error
    },
  })
  const uses = createQueueUses({
    resources: new RowResources(store.rows, random),
    queues,
    settled: () => keeper.settled(),
    clock,
  })
  return {
    uses,
    queues,
    store,
    clock,
    async close() {
      await keeper.close()
      await queues.close()
    },
  }
}

function decodeRow(row: Row): Resource {
  const resource = row.value as Resource
  const metadata = { ...resource.metadata, resourceVersion: String(row.revision) }
  return { ...resource, metadata }
}

class RowResources implements ResourceClient {
  readonly #rows: RowStore
  readonly #random: Random

  constructor(rows: RowStore, random: Random) {
    this.#rows = rows
    this.#random = random
  }

  get: ResourceClient['get'] = async <K extends Kind>(
    kind: K,
    key: { readonly namespace: string; readonly name: string },
  ) => {
    const row = await this.#rows.get({ kind, ...key })
    return row === undefined ? undefined : (decodeRow(row) as ResourceOf<K>)
  }

  list: ResourceClient['list'] = async (kind, query) => {
    const page = await this.#rows.list({ kind, ...query })
    return { ...page, items: page.rows.map((row) => decodeRow(row) as never) }
  }

  create: ResourceClient['create'] = async (kind, { namespace, name, annotations, spec }) => {
    const metadata = {
      name,
      namespace,
      uid: createUuid(this.#random),
      resourceVersion: '0',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations,
    }
    const value = { apiVersion: API_VERSION, kind, metadata, spec }
    const key = { kind, namespace, name }
    try {
      await this.#rows.write([{ ...key, value, expect: 'none' }])
    } catch (error) {
      if (!isAppError(error, 'RESOURCE_CONFLICT')) throw error
      throw new AppError('RESOURCE_EXISTS', `\`${name}\` exists`, { cause: error })
    }
    return decodeRow((await this.#rows.get(key))!) as never
  }

  update: ResourceClient['update'] = async (kind, resource) => {
    const { namespace, name, resourceVersion, generation } = resource.metadata
    const metadata = { ...resource.metadata, generation: generation + 1 }
    const value = { ...resource, metadata }
    await this.#rows.write([{ kind, namespace, name, value, expect: Number(resourceVersion) }])
    return resource
  }

  updateStatus: ResourceClient['updateStatus'] = async (kind, resource) => {
    const { namespace, name, resourceVersion } = resource.metadata
    const write = { kind, namespace, name, value: resource, expect: Number(resourceVersion) }
    await this.#rows.write([write])
    return resource
  }

  delete: ResourceClient['delete'] = async (kind, key) => {
    await this.#rows.write([{ kind, ...key }])
  }
}
