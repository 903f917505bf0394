// Keeps a room as the store says of one kind of resource: lists the resources, then follows the store's watch.
// Nothing else tells the room, so a resource is the same whichever dialect or process made it.
//
// Invariant: `settled` resolves only when every write made before the call has been told.

import { AppError } from '../base/index.ts'
import type { Kind, Resource, ResourceOf } from '../model/index.ts'
import { listAllRows, type Row, type RowStore } from '../store/index.ts'
import type { ResourceKey } from './names.ts'

export interface KindKeeperOptions<K extends Kind> {
  readonly kind: K
  readonly rows: Pick<RowStore, 'list' | 'watch' | 'revision'>
  /** The resource that a row holds. */
  readonly decode: (row: Row) => Resource
  /** A resource that is there, or is another than before. */
  readonly define: (resource: ResourceOf<K>) => void
  readonly forget: (key: ResourceKey) => void
  readonly onFatal: (error: unknown) => void
}

export interface KindKeeper {
  settled(): Promise<void>
  close(): Promise<void>
}

/** Resolves when every resource there is has been told. */
export async function openKindKeeper<K extends Kind>(
  options: KindKeeperOptions<K>,
): Promise<KindKeeper> {
  const keeper = new FollowingKeeper(options)
  await keeper.start()
  return keeper
}

interface Waiter {
  readonly revision: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

class FollowingKeeper<K extends Kind> implements KindKeeper {
  readonly #options: KindKeeperOptions<K>
  readonly #stop = new AbortController()
  #seen = 0
  #waiters: Waiter[] = []
  #loop: Promise<void> = Promise.resolve()

  constructor(options: KindKeeperOptions<K>) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { kind } = this.#options
    const { rows, revision } = await listAllRows(this.#options.rows, { kind })
    for (const row of rows) this.#define(row)
    this.#seen = revision
    this.#loop = this.#follow()
  }

  settled(): Promise<void> {
    const revision = this.#options.rows.revision()
    if (this.#seen >= revision) return Promise.resolve()
    if (this.#stop.signal.aborted) return Promise.reject(stopped())
    return new Promise((resolve, reject) => {
      this.#waiters.push({ revision, resolve, reject })
    })
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
    for (const waiter of this.#waiters) waiter.reject(stopped())
    this.#waiters = []
  }

  async #follow(): Promise<void> {
    const { kind, rows, forget, onFatal } = this.#options
    const { signal } = this.#stop
    try {
      // All kinds, because a revision that changed none of this kind counts as seen too.
      for await (const { type, row } of rows.watch({ after: this.#seen, signal })) {
        if (row.kind === kind) {
          if (type === 'put') this.#define(row)
          else forget({ namespace: row.namespace, name: row.name })
        }
        this.#seen = Math.max(this.#seen, row.revision)
        this.#release()
      }
    } catch (error) {
      if (!signal.aborted) onFatal(error)
    }
  }

  #define(row: Row): void {
    this.#options.define(this.#options.decode(row) as ResourceOf<K>)
  }

  #release(): void {
    const ready = this.#waiters.filter((waiter) => waiter.revision <= this.#seen)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#seen)
    for (const waiter of ready) waiter.resolve()
  }
}

function stopped(): AppError {
  return new AppError('OVERLOADED', 'the server is stopping')
}
