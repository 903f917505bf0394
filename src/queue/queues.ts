// Opens the queue room: the registry of queues, their messages over a MessageStore, and the sweep that drops
// what has expired.

import { describeError, type Clock, type Logger, type Random, type Timer } from '../base/index.ts'
import type { MessageStore } from '../store/index.ts'
import { EXPIRY_INTERVAL_MS } from './limits.ts'
import { type MoveTasks, QueueMoveTasks } from './move-tasks.ts'
import {
  type QueueDeliveries,
  type QueueMessages,
  type ReadReference,
  refuseReferences,
  StoredQueueMessages,
} from './queue-messages.ts'
import { Registry, type Queue, type QueueRegistry } from './registry.ts'

export interface QueuesOptions {
  readonly messages: MessageStore
  /** The envelope of the event at a place in the log; needed where messages are sent by reference. */
  readonly readReference?: ReadReference
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface Queues {
  readonly registry: QueueRegistry
  readonly messages: QueueMessages
  readonly deliveries: QueueDeliveries
  readonly moves: MoveTasks
  /** Drops the messages of a queue that was forgotten. */
  discard(queue: Queue): Promise<void>
  /** Ends every long poll; resolves when the sweep has stopped. */
  close(): Promise<void>
}

export function openQueues(options: QueuesOptions): Queues {
  const registry = new Registry(options.clock)
  const messages = new StoredQueueMessages(options, registry)
  const { readReference = refuseReferences } = options
  const moves = new QueueMoveTasks({ ...options, readReference, deliveries: messages, registry })
  const sweep = startSweep(options)
  return {
    registry,
    messages,
    deliveries: messages,
    moves,
    async discard(queue) {
      await options.messages.purge(queue.key)
    },
    async close() {
      registry.close()
      await moves.close()
      await sweep.stop()
    },
  }
}

function startSweep({ messages, clock, logger }: QueuesOptions): { stop(): Promise<void> } {
  let timer: Timer | undefined
  let running: Promise<void> = Promise.resolve()
  let isStopped = false
  function schedule(): void {
    timer = clock.setTimer(EXPIRY_INTERVAL_MS, () => {
      running = sweepOnce()
    })
  }
  async function sweepOnce(): Promise<void> {
    try {
      const count = await messages.expire(clock.now())
      if (count > 0) logger.info('expired messages dropped', { count })
    } catch (error) {
      logger.error('expired messages could not be dropped', { error: describeError(error) })
    }
    if (!isStopped) schedule()
  }
  schedule()
  return {
    async stop() {
      isStopped = true
      timer?.cancel()
      await running
    },
  }
}
