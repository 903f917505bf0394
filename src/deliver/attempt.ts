// One attempt: a batch goes to a lane's sink, and there is a result for each message of it, whatever the sink
// does.

import { describeError, type Logger } from '../base/index.ts'
import type { SinkMessage, SinkResult } from '../connect/index.ts'
import type { StoredEvent } from '../event/index.ts'
import { type Delivery, deliveryId, type Target } from '../model/index.ts'
import type { Job } from './job.ts'
import type { Lane } from './lane.ts'

export interface AttemptOptions {
  readonly logger: Logger
  readonly signal: AbortSignal
}

export async function attempt(
  lane: Lane,
  messages: readonly SinkMessage[],
  { logger, signal }: AttemptOptions,
): Promise<readonly SinkResult[]> {
  const { address } = lane.target
  if (lane.sink === undefined) {
    const message = `no sink serves the address \`${address}\``
    return messages.map(() => ({ kind: 'dead', failure: { code: 'NO_RESOURCE', message } }))
  }
  try {
    const results = await lane.sink.send(messages, signal)
    return messages.map((_, index) => results[index] ?? LOST_RESULT)
  } catch (error) {
    const message = describeError(error)
    logger.error('a sink rejected', { address, error: message })
    return messages.map(() => ({ kind: 'retry', failure: { code: 'SDK_CLIENT_ERROR', message } }))
  }
}

const LOST_RESULT: SinkResult = {
  kind: 'retry',
  failure: { code: 'SDK_CLIENT_ERROR', message: 'the sink gave no result for this message' },
}

export interface MessageContent {
  readonly body: Uint8Array
  /** In place of the delivery's, with this event's values in its parameters. */
  readonly target?: Target
}

export function messageOf(job: Job, content: MessageContent): SinkMessage {
  return isInLog(job, content.body) ? new LogMessage(job, content) : new JobMessage(job, content)
}

/** A message whose names are worked out only for sinks that send them. */
class JobMessage implements SinkMessage {
  readonly event: StoredEvent
  readonly body: Uint8Array
  readonly target: Target
  readonly attempt: number
  protected readonly delivery: Delivery

  constructor({ delivery, attempts }: Job, { body, target }: MessageContent) {
    this.event = delivery.event
    this.body = body
    this.target = target ?? delivery.target
    this.attempt = attempts + 1
    this.delivery = delivery
  }

  get deliveryId(): string {
    return deliveryId(this.delivery)
  }

  get eventId(): string {
    return this.event.id
  }
}

class LogMessage extends JobMessage {
  get reference(): Delivery {
    return this.delivery
  }
}

/**
 * Whether what is sent lies in the log as it is. While a job holds its place in the window the cursor stands
 * before it, and so does whatever lets the log go.
 */
function isInLog(job: Job, body: Uint8Array): boolean {
  return job.settled !== undefined && body === job.delivery.event.envelope
}
