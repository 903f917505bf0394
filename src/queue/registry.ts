// The queues that exist, in memory: fed with Queue resources by control, read by everything that sends or
// receives. A queue deleted and made again under one name is another queue: its messages lie under a key of
// its own, so nothing of the old one (messages, deduplication ids) shows in the new one.

import type { Clock } from '../base/index.ts'
import { queueArn, type QueueSpec, type ResourceOf, type Scope } from '../model/index.ts'
import { queueNotFound } from './fault.ts'
import { WAITERS_MAX } from './limits.ts'
import { parseSettings, type QueueSettings } from './settings.ts'
import { Waiters } from './waiters.ts'

/** The annotation that holds when a queue's attributes last changed, seconds since the epoch. */
export const MODIFIED_ANNOTATION = 'signalbox.dev/modified-timestamp'

export interface Queue {
  readonly arn: string
  /** Names the queue's messages in the store: the ARN, a slash, the resource's uid. */
  readonly key: string
  /** The resource that makes it a queue. */
  readonly resource: { readonly namespace: string; readonly name: string }
  readonly spec: QueueSpec
  readonly settings: QueueSettings
  /** Seconds since the epoch. */
  readonly createdAt: number
  readonly modifiedAt: number
}

export interface QueueRegistry {
  /** Adds a queue, or replaces the one of this ARN; long polls of a replaced queue look again. */
  define(resource: ResourceOf<'Queue'>): Queue
  /** Long polls on it end. */
  forget(arn: string): void
  find(arn: string): Queue | undefined
  /** Queues of one account and region, by name. */
  list(scope: Scope): readonly Queue[]
}

export class Registry implements QueueRegistry {
  readonly #clock: Clock
  readonly #queues = new Map<string, { readonly queue: Queue; readonly waiters: Waiters }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  define(resource: ResourceOf<'Queue'>): Queue {
    const queue = toQueue(resource)
    const before = this.#queues.get(queue.arn)
    if (before?.queue.key === queue.key) {
      this.#queues.set(queue.arn, { queue, waiters: before.waiters })
      before.waiters.wake(before.waiters.length)
    } else {
      before?.waiters.close()
      this.#queues.set(queue.arn, { queue, waiters: new Waiters(this.#clock, WAITERS_MAX) })
    }
    return queue
  }

  forget(arn: string): void {
    this.#queues.get(arn)?.waiters.close()
    this.#queues.delete(arn)
  }

  find(arn: string): Queue | undefined {
    return this.#queues.get(arn)?.queue
  }

  list(scope: Scope): readonly Queue[] {
    const found: Queue[] = []
    for (const { queue } of this.#queues.values()) {
      const { account, region } = queue.spec
      if (account === scope.account && region === scope.region) found.push(queue)
    }
    return found.sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  }

  /** The queue, or the fault that SQS answers where there is none. */
  get(arn: string): Queue {
    const entry = this.#queues.get(arn)
    if (entry === undefined) throw queueNotFound()
    return entry.queue
  }

  waiters(arn: string): Waiters | undefined {
    return this.#queues.get(arn)?.waiters
  }

  close(): void {
    for (const { waiters } of this.#queues.values()) waiters.close()
  }
}

function toQueue(resource: ResourceOf<'Queue'>): Queue {
  const { spec, metadata } = resource
  const arn = queueArn(spec, spec.name)
  const createdAt = Math.floor(Date.parse(metadata.creationTimestamp) / 1000)
  const modified = metadata.annotations?.[MODIFIED_ANNOTATION]
  return Object.freeze({
    arn,
    key: `${arn}/${metadata.uid}`,
    resource: { namespace: metadata.namespace, name: metadata.name },
    spec,
    settings: parseSettings(spec),
    createdAt,
    modifiedAt: modified === undefined ? createdAt : Number(modified),
  })
}
