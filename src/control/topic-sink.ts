// The sink of topics: a rule's target may be a topic of this server. What the target is sent is published there.

import type { Sink, SinkKind, SinkMessage, SinkResult } from '../connect/index.ts'
import { describeError, isAppError } from '../base/index.ts'
import { traceHeaderOf } from '../event/index.ts'
import { parseArn } from '../model/index.ts'
import type { Publication } from './notification.ts'
import type { TopicPublisher } from './publications.ts'

const BATCH_MAX = 100

export interface TopicSinkOptions {
  readonly publisher: TopicPublisher
  /** Where this server can be called, for the URLs that notifications name. */
  readonly endpoint: () => string
}

export function createTopicSinkKind(options: TopicSinkOptions): SinkKind {
  return {
    name: 'topic',
    serves: (address) => parseArn(address)?.service === 'sns',
    open: (address) => new TopicSink(address, options),
  }
}

class TopicSink implements Sink {
  readonly batchMax: number = BATCH_MAX
  readonly concurrencyMax = 1
  readonly #address: string
  readonly #options: TopicSinkOptions

  constructor(address: string, options: TopicSinkOptions) {
    this.#address = address
    this.#options = options
  }

  send(batch: readonly SinkMessage[]): Promise<readonly SinkResult[]> {
    return Promise.all(batch.map((message) => this.#publish(message)))
  }

  async close(): Promise<void> {}

  async #publish(message: SinkMessage): Promise<SinkResult> {
    const { account, region } = parseArn(this.#address)!
    const traceHeader = traceHeaderOf(message.event.meta())
    const how = {
      endpoint: this.#options.endpoint(),
      ...(traceHeader === undefined ? {} : { traceHeader }),
    }
    try {
      const publication = publicationOf(message)
      await this.#options.publisher.publish({ account, region }, this.#address, [publication], how)
      return { kind: 'delivered' }
    } catch (error) {
      return resultOf(error)
    }
  }
}

function publicationOf({ body, target, deliveryId }: SinkMessage): Publication {
  const { messageGroupId: groupId } = target
  const message = Buffer.from(body).toString()
  if (groupId === undefined) return { message }
  // The same on every attempt, so that an attempt that was repeated is a duplicate.
  return { message, groupId, deduplicationId: deliveryId }
}

function resultOf(error: unknown): SinkResult {
  const message = describeError(error)
  if (!isAppError(error)) return { kind: 'retry', failure: { code: 'INTERNAL_ERROR', message } }
  if (error.code === 'RESOURCE_NOT_FOUND') {
    return { kind: 'dead', failure: { code: 'NO_RESOURCE', message } }
  }
  const isFinal = error.class === 'invalid'
  const failure = { code: isFinal ? 'SDK_CLIENT_ERROR' : error.code, message }
  return isFinal ? { kind: 'dead', failure } : { kind: 'retry', failure }
}
