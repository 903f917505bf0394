// Keeps the queue room's registry as the store says: lists the Queue resources, then follows the store's watch.
// Nothing else feeds the registry, so a queue is the same whichever dialect or process made it.
//
// Invariant: `settled` resolves only when every write made before the call is in the registry.

import { AppError, describeError, isAppError, type Logger } from '../base/index.ts'
import type { Resource, ResourceOf } from '../model/index.ts'
import { checkAttributes, type Queues } from '../queue/index.ts'
import { listAllRows, type Row, type RowChange, type RowStore } from '../store/index.ts'

export interface QueueKeeperOptions {
  readonly rows: Pick<RowStore, 'list' | 'watch' | 'revision'>
  /** The resource that a row holds. */
  readonly decode: (row: Row) => Resource
  readonly queues: Queues
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
}

export interface QueueKeeper {
  settled(): Promise<void>
  close(): Promise<void>
}

/** Resolves when every queue there is can be used. */
export async function openQueueKeeper(options: QueueKeeperOptions): Promise<QueueKeeper> {
  const keeper = new FollowingKeeper(options)
  await keeper.start()
  return keeper
}

interface Waiter {
  readonly revision: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

class FollowingKeeper implements QueueKeeper {
  readonly #options: QueueKeeperOptions
  readonly #stop = new AbortController()
  /** By row: what the row last defined, so that its deletion can be told. */
  readonly #arns = new Map<string, string>()
  #seen = 0
  #waiters: Waiter[] = []
  #loop: Promise<void> = Promise.resolve()

  constructor(options: QueueKeeperOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { rows, revision } = await listAllRows(this.#options.rows, { kind: 'Queue' })
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
    const { rows, onFatal } = this.#options
    const { signal } = this.#stop
    try {
      // All kinds, because a revision that changed no queue counts as seen too.
      for await (const change of rows.watch({ after: this.#seen, signal })) {
        if (change.row.kind === 'Queue') this.#apply(change)
        this.#seen = Math.max(this.#seen, change.row.revision)
        this.#release()
      }
    } catch (error) {
      if (!signal.aborted) onFatal(error)
    }
  }

  #apply({ type, row }: RowChange): void {
    if (type === 'put') this.#define(row)
    else this.#forget(row)
  }

  #define(row: Row): void {
    const resource = this.#options.decode(row) as ResourceOf<'Queue'>
    try {
      checkAttributes(resource.spec.attributes, resource.spec.fifo)
    } catch (error) {
      if (!isAppError(error)) throw error
      this.#options.logger.error('a queue resource is not usable and was passed over', {
        namespace: row.namespace,
        name: row.name,
        error: describeError(error),
      })
      return
    }
    const queue = this.#options.queues.registry.define(resource)
    this.#arns.set(rowKey(row), queue.arn)
  }

  #forget(row: Row): void {
    const { queues, logger } = this.#options
    const arn = this.#arns.get(rowKey(row))
    if (arn === undefined) return
    this.#arns.delete(rowKey(row))
    const queue = queues.registry.find(arn)
    // Another resource may have claimed the name since.
    if (queue?.resource.name !== row.name || queue.resource.namespace !== row.namespace) return
    queues.registry.forget(arn)
    // Left behind, they are out of reach and go when their retention is over.
    queues.discard(queue).catch((error: unknown) => {
      logger.warn('the messages of a deleted queue could not be dropped', {
        queue: arn,
        error: describeError(error),
      })
    })
  }

  #release(): void {
    const ready = this.#waiters.filter((waiter) => waiter.revision <= this.#seen)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#seen)
    for (const waiter of ready) waiter.resolve()
  }
}

function rowKey(row: Row): string {
  return `${row.namespace}/${row.name}`
}

function stopped(): AppError {
  return new AppError('OVERLOADED', 'the server is stopping')
}
