// Keeps a room as the store says of one kind of resource: lists the resources, then follows the store's watch.
// Nothing else tells the room, so a resource is the same whichever dialect or process made it.
//
// Invariant: `settled` resolves only when every write made before the call has been told.

import type { Kind, Resource, ResourceOf } from '../model/index.ts'
import { listAllRows, type Row, type RowChange, type RowStore } from '../store/index.ts'
import type { ResourceKey } from './names.ts'
import { RowFollower } from './row-follower.ts'

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

class FollowingKeeper<K extends Kind> implements KindKeeper {
  readonly #options: KindKeeperOptions<K>
  readonly #follower: RowFollower

  constructor(options: KindKeeperOptions<K>) {
    this.#options = options
    const { rows, onFatal } = options
    this.#follower = new RowFollower({ rows, apply: (change) => this.#apply(change), onFatal })
  }

  async start(): Promise<void> {
    const { kind } = this.#options
    const { rows, revision } = await listAllRows(this.#options.rows, { kind })
    for (const row of rows) this.#define(row)
    this.#follower.start(revision)
  }

  settled(): Promise<void> {
    return this.#follower.settled()
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  #apply({ type, row }: RowChange): void {
    if (row.kind !== this.#options.kind) return
    if (type === 'put') this.#define(row)
    else this.#options.forget({ namespace: row.namespace, name: row.name })
  }

  #define(row: Row): void {
    this.#options.define(this.#options.decode(row) as ResourceOf<K>)
  }
}
