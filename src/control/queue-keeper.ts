// Keeps the queue room's registry as the store says of queues.

import { describeError, isAppError, type Logger } from '../base/index.ts'
import type { ResourceOf } from '../model/index.ts'
import { checkAttributes, type Queues } from '../queue/index.ts'
import { type KindKeeper, type KindKeeperOptions, openKindKeeper } from './kind-keeper.ts'
import type { ResourceKey } from './names.ts'

export interface QueueKeeperOptions extends Pick<
  KindKeeperOptions<'Queue'>,
  'rows' | 'decode' | 'onFatal'
> {
  readonly queues: Queues
  readonly logger: Logger
}

/** Resolves when every queue there is can be used. */
export function openQueueKeeper({
  queues,
  logger,
  ...rest
}: QueueKeeperOptions): Promise<KindKeeper> {
  const registry = new FollowedRegistry(queues, logger)
  return openKindKeeper({
    ...rest,
    kind: 'Queue',
    define: (resource) => registry.define(resource),
    forget: (key) => registry.forget(key),
  })
}

class FollowedRegistry {
  readonly #queues: Queues
  readonly #logger: Logger
  /** By row: what the row last defined, so that its deletion can be told. */
  readonly #arns = new Map<string, string>()

  constructor(queues: Queues, logger: Logger) {
    this.#queues = queues
    this.#logger = logger
  }

  define(resource: ResourceOf<'Queue'>): void {
    const { namespace, name } = resource.metadata
    try {
      checkAttributes(resource.spec.attributes, resource.spec.fifo)
    } catch (error) {
      if (!isAppError(error)) throw error
      this.#logger.error('a queue resource is not usable and was passed over', {
        namespace,
        name,
        error: describeError(error),
      })
      return
    }
    this.#arns.set(`${namespace}/${name}`, this.#queues.registry.define(resource).arn)
  }

  forget({ namespace, name }: ResourceKey): void {
    const { registry } = this.#queues
    const arn = this.#arns.get(`${namespace}/${name}`)
    if (arn === undefined) return
    this.#arns.delete(`${namespace}/${name}`)
    const queue = registry.find(arn)
    // Another resource may have claimed the name since.
    if (queue?.resource.name !== name || queue.resource.namespace !== namespace) return
    registry.forget(arn)
    // Left behind, they are out of reach and go when their retention is over.
    this.#queues.discard(queue).catch((error: unknown) => {
      this.#logger.warn('the messages of a deleted queue could not be dropped', {
        queue: arn,
        error: describeError(error),
      })
    })
  }
}
