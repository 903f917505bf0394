// Moving the messages of a dead-letter queue back to where they came from, or to another queue: SQS's message move
// tasks. A task works in the background, a batch at a time; what it has moved is a new message.
//
//   RUNNING ──▶ COMPLETED   nothing is left to be seen
//      ├─ cancel ─▶ CANCELLED
//      └──────────▶ FAILED   a queue is gone; what was not moved shows again
//
// Invariant: a message leaves its queue only when its copy is durable, so a crash may double it and never loses it.
// Tasks are of this process: after a restart there are none, and what was not moved is where it was.

import {
  createUuid,
  describeError,
  type Clock,
  type Logger,
  type Random,
  type Timer,
} from '../base/index.ts'
import type { MessageStore, MessageWrite, ReceivedMessage } from '../store/index.ts'
import { queueFault } from './fault.ts'
import {
  MOVE_BATCH_MAX,
  MOVE_HIDDEN_MS,
  MOVE_RATE_MAX,
  MOVE_TASKS_KEPT_MAX,
  MOVE_TASKS_LISTED_MAX,
} from './limits.ts'
import type { QueueDeliveries, ReadReference } from './queue-messages.ts'
import type { Queue, QueueRegistry } from './registry.ts'

export interface MoveTask {
  /** Only while it runs: what it is cancelled by. */
  readonly handle?: string
  readonly status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  readonly sourceArn: string
  readonly destinationArn?: string
  readonly perSecond?: number
  readonly moved: number
  /** Messages that were to be seen when it began. */
  readonly toMove: number
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly failureReason?: string
}

export interface NewMoveTask {
  readonly sourceArn: string
  /** Where each message came from when absent. */
  readonly destinationArn?: string | undefined
  /** As fast as it goes when absent. */
  readonly perSecond?: number | undefined
}

export interface MoveTasks {
  /** Answers the handle of the task begun. */
  start(task: NewMoveTask): Promise<string>
  /** Tasks of a dead-letter queue, the newest first. */
  list(sourceArn: string, limit?: number): readonly MoveTask[]
  /** Throws when messages cannot be moved out of this queue, or to that one. */
  check(sourceArn: string, destinationArn: string | undefined): void
  /** Moves the next messages that can be seen, at most `limit`; answers how many those were, 0 when there are none. */
  move(sourceArn: string, destinationArn: string | undefined, limit: number): Promise<number>
  /** Answers how many messages were moved; those stay where they are. */
  cancel(handle: string): Promise<number>
}

export interface MoveTasksOptions {
  readonly messages: MessageStore
  readonly deliveries: QueueDeliveries
  readonly registry: QueueRegistry
  readonly readReference: ReadReference
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

interface OpenTask {
  readonly id: string
  readonly source: Queue
  readonly destinationArn: string | undefined
  readonly perSecond: number | undefined
  readonly toMove: number
  readonly startedAt: number
  status: MoveTask['status']
  moved: number
  failureReason: string | undefined
  /** The step under way, or the wait for the next. */
  running: Promise<void>
  timer: Timer | undefined
}

export class QueueMoveTasks implements MoveTasks {
  readonly #options: MoveTasksOptions
  /** The newest last. */
  readonly #tasks: OpenTask[] = []

  constructor(options: MoveTasksOptions) {
    this.#options = options
  }

  async start({ sourceArn, destinationArn, perSecond }: NewMoveTask): Promise<string> {
    const { messages, clock, random, registry } = this.#options
    const source = registry.find(sourceArn)
    if (source === undefined) throw notFound('SourceArn')
    checkRate(perSecond)
    this.#checkSource(source)
    if (destinationArn !== undefined) this.#checkDestination(source, destinationArn)
    const now = clock.now()
    const { visible } = await messages.counts(source.key, now)
    const task: OpenTask = {
      id: createUuid(random),
      source,
      destinationArn,
      perSecond,
      toMove: visible,
      startedAt: now,
      status: 'RUNNING',
      moved: 0,
      failureReason: undefined,
      running: Promise.resolve(),
      timer: undefined,
    }
    this.#tasks.push(task)
    if (this.#tasks.length > MOVE_TASKS_KEPT_MAX) this.#forgetOldest()
    this.#schedule(task, 0)
    return formatHandle(task)
  }

  check(sourceArn: string, destinationArn: string | undefined): void {
    const source = this.#options.registry.find(sourceArn)
    if (source === undefined) throw notFound('SourceArn')
    if (destinationArn !== undefined) this.#checkDestination(source, destinationArn)
  }

  async move(
    sourceArn: string,
    destinationArn: string | undefined,
    limit: number,
  ): Promise<number> {
    const source = this.#options.registry.find(sourceArn)
    if (source === undefined) throw notFound('SourceArn')
    return this.#moveBatch({ source, destinationArn, perSecond: limit })
  }

  list(sourceArn: string, limit = 1): readonly MoveTask[] {
    if (!Number.isInteger(limit) || limit < 1 || limit > MOVE_TASKS_LISTED_MAX) {
      throw invalid('MaxResults', limit, `Must be between 1 and ${MOVE_TASKS_LISTED_MAX}.`)
    }
    if (this.#options.registry.find(sourceArn) === undefined) throw notFound('SourceArn')
    const ofSource = this.#tasks.filter(({ source }) => source.arn === sourceArn)
    return ofSource.toReversed().slice(0, limit).map(viewOf)
  }

  async cancel(handle: string): Promise<number> {
    const task = this.#tasks.find((each) => formatHandle(each) === handle)
    if (task === undefined) {
      throw queueFault('ResourceNotFoundException', 'Task does not exist.')
    }
    if (task.status !== 'RUNNING') {
      throw queueFault('UnsupportedOperation', 'Only a task that is running can be cancelled.')
    }
    task.status = 'CANCELLED'
    task.timer?.cancel()
    await task.running
    return task.moved
  }

  async close(): Promise<void> {
    for (const task of this.#tasks) {
      if (task.status === 'RUNNING') task.status = 'CANCELLED'
      task.timer?.cancel()
    }
    await Promise.all(this.#tasks.map(({ running }) => running))
  }

  #checkSource(source: Queue): void {
    const isDeadLetters = this.#options.registry
      .list(source.spec)
      .some(({ settings }) => settings.redrive?.deadLetterArn === source.arn)
    if (!isDeadLetters) {
      throw queueFault(
        'InvalidParameterValue',
        'Source queue must be configured as a Dead Letter Queue.',
      )
    }
    const isBusy = this.#tasks.some((task) => {
      return task.source.key === source.key && task.status === 'RUNNING'
    })
    if (!isBusy) return
    throw queueFault(
      'InvalidParameterValue',
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    )
  }

  #checkDestination(source: Queue, arn: string): void {
    const destination = this.#options.registry.find(arn)
    if (destination === undefined) throw notFound('DestinationArn')
    if (destination.arn !== source.arn && destination.spec.fifo === source.spec.fifo) return
    throw queueFault(
      'InvalidParameterValue',
      `Value ${arn} for parameter DestinationArn is invalid. Reason: Must be another queue of the same type.`,
    )
  }

  /** The oldest that has ended; as only one runs for a queue, there is one. */
  #forgetOldest(): void {
    const oldest = this.#tasks.findIndex(({ status }) => status !== 'RUNNING')
    if (oldest !== -1) this.#tasks.splice(oldest, 1)
  }

  #schedule(task: OpenTask, delayMs: number): void {
    task.timer = this.#options.clock.setTimer(delayMs, () => {
      task.running = this.#step(task)
    })
  }

  async #step(task: OpenTask): Promise<void> {
    if (task.status !== 'RUNNING') return
    try {
      const moved = await this.#moveBatch(task)
      task.moved += moved
      // Cancelled while it was under way.
      if (!isRunning(task)) return
      if (moved === 0) task.status = 'COMPLETED'
      else this.#schedule(task, task.perSecond === undefined ? 0 : (moved * 1000) / task.perSecond)
    } catch (error) {
      task.status = 'FAILED'
      task.failureReason = describeError(error)
      const fields = { source: task.source.arn, moved: task.moved, error: task.failureReason }
      this.#options.logger.warn('a message move task failed', fields)
    }
  }

  async #moveBatch({
    source,
    destinationArn,
    perSecond,
  }: Pick<OpenTask, 'source' | 'destinationArn' | 'perSecond'>): Promise<number> {
    const { messages, clock } = this.#options
    const now = clock.now()
    const found = await messages.receive({
      queue: source.key,
      fifo: source.spec.fifo,
      limit: Math.min(MOVE_BATCH_MAX, perSecond ?? MOVE_BATCH_MAX),
      now,
      visibilityTimeoutMs: MOVE_HIDDEN_MS,
    })
    const receipts = found.map(({ receipt }) => receipt)
    try {
      for (const message of found) await this.#copy(message, destinationArn)
    } catch (error) {
      const shown = receipts.map((receipt) => ({ receipt, visibleAt: now }))
      await messages.changeVisibility(source.key, shown, now)
      throw error
    }
    if (found.length > 0) await messages.remove(source.key, receipts)
    return found.length
  }

  async #copy(message: ReceivedMessage, destinationArn: string | undefined): Promise<void> {
    const { registry, deliveries, readReference, clock, random } = this.#options
    // A queue's key is its ARN, a slash and a uid; a queue's name holds no slash.
    const { movedFrom = '' } = message
    const arn = destinationArn ?? movedFrom.slice(0, Math.max(0, movedFrom.lastIndexOf('/')))
    const queue = registry.find(arn)
    if (queue === undefined) {
      const whence =
        arn === '' ? 'a message did not come from a queue' : `\`${arn}\` does not exist`
      throw queueFault('ResourceNotFoundException', `${whence}; name a destination queue`)
    }
    const now = clock.now()
    const write: MessageWrite = {
      queue: queue.key,
      id: createUuid(random),
      body: message.body ?? (await readReference(message.reference!)),
      ...(message.attributes === undefined ? {} : { attributes: message.attributes }),
      sentAt: now,
      visibleAt: now + queue.settings.delayMs,
      expiresAt: now + queue.settings.retentionMs,
      sender: message.sender,
      ...(message.groupId === undefined ? {} : { groupId: message.groupId }),
      // Without a time until which it counts: the message must not be taken for the one it once was.
      ...(message.deduplicationId === undefined
        ? {}
        : { deduplicationId: message.deduplicationId }),
    }
    await deliveries.write(queue, [write])
  }
}

// The status may have changed while a step was under way, which the compiler cannot know.
function isRunning(task: OpenTask): boolean {
  return task.status === 'RUNNING'
}

function viewOf(task: OpenTask): MoveTask {
  const { status, source, destinationArn, perSecond, moved, toMove, startedAt } = task
  const { failureReason } = task
  return {
    ...(status === 'RUNNING' ? { handle: formatHandle(task) } : {}),
    status,
    sourceArn: source.arn,
    ...(destinationArn === undefined ? {} : { destinationArn }),
    ...(perSecond === undefined ? {} : { perSecond }),
    moved,
    toMove,
    startedAt,
    ...(failureReason === undefined ? {} : { failureReason }),
  }
}

function formatHandle({ id, source }: OpenTask): string {
  return Buffer.from(JSON.stringify({ taskId: id, sourceArn: source.arn })).toString('base64')
}

function checkRate(perSecond: number | undefined): void {
  if (perSecond === undefined) return
  if (Number.isInteger(perSecond) && perSecond >= 1 && perSecond <= MOVE_RATE_MAX) return
  throw invalid(
    'MaxNumberOfMessagesPerSecond',
    perSecond,
    `Must be between 1 and ${MOVE_RATE_MAX}, if provided.`,
  )
}

function notFound(parameter: string): Error {
  return queueFault(
    'ResourceNotFoundException',
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  )
}

function invalid(parameter: string, value: number, reason: string): Error {
  return queueFault(
    'InvalidParameterValue',
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  )
}
