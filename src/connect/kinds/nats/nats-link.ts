// What a broker is published to by: one connection, made when it is first needed and again after it was lost. A subject
// of a stream is published to the stream, which says that it has it and drops what it has already; any other is core
// NATS, where the server's answer to a flush is all there is.

import type { JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Clock } from '../../../base/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { encodeHeaderBlock, toClientHeaders } from './header-block.ts'
import { REQUEST_TIMEOUT_MS, STREAM_KNOWN_MS, STREAMS_KNOWN_MAX } from './limits.ts'
import { connectNats } from './nats-client.ts'
import type { NatsMessage } from './nats-message.ts'
import { StreamPublisher } from './stream-publisher.ts'

export interface PublishMessage extends NatsMessage {
  /** Said twice it is one message of its stream. */
  readonly id: string
  /** True: of a stream, or not at all. False: core NATS, whatever there is. */
  readonly ofStream?: boolean
}

interface Open {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly streams: StreamPublisher
  /** By subject, with the monotonic time up to which it is believed. */
  readonly isOfStream: Map<string, { readonly is: boolean; readonly until: number }>
}

export class NatsLink {
  readonly #access: BrokerAccess
  readonly #clock: Clock
  #open: Promise<Open> | undefined
  #isClosed = false

  constructor(access: BrokerAccess, clock: Clock) {
    this.#access = access
    this.#clock = clock
  }

  /** One outcome per message, in order: undefined when it was taken, else why not. Rejects `BROKER_LOST`. */
  async publish(messages: readonly PublishMessage[]): Promise<readonly unknown[]> {
    const open = await this.#opened()
    let isFlushed = true
    const outcomes = await Promise.all(
      messages.map(async (message) => {
        try {
          const isOfStream = message.ofStream ?? (await this.#isOfStream(open, message.subject))
          if (isOfStream) return await this.#toStream(open, message)
          open.connection.publish(message.subject, message.body, {
            headers: toClientHeaders(encodeHeaderBlock(message.headers)),
          })
          isFlushed = false
          return undefined
        } catch (error) {
          return error
        }
      }),
    )
    if (!isFlushed) await open.connection.flush()
    return outcomes
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const open = await this.#open?.catch(() => undefined)
    await open?.connection.close()
  }

  /** What a message may have, headers and payload. */
  async sizeMax(): Promise<number> {
    return (await this.#opened()).connection.info?.max_payload ?? Number.MAX_SAFE_INTEGER
  }

  #opened(): Promise<Open> {
    this.#open ??= this.#connect()
    return this.#open
  }

  async #connect(): Promise<Open> {
    try {
      const { createInbox } = await import('@nats-io/transport-node')
      const { jetstreamManager } = await import('@nats-io/jetstream')
      const connection = await connectNats(this.#access)
      const timeout = this.#access.broker.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
      const ended = (): void => void (this.#open = undefined)
      connection.closed().then(ended, ended)
      if (this.#isClosed) await connection.close()
      return {
        connection,
        manager: await jetstreamManager(connection, { timeout, checkAPI: false }),
        streams: new StreamPublisher(connection, {
          clock: this.#clock,
          timeoutMs: timeout,
          inbox: createInbox(),
        }),
        isOfStream: new Map(),
      }
    } catch (error) {
      this.#open = undefined
      throw error
    }
  }

  async #isOfStream({ manager, isOfStream }: Open, subject: string): Promise<boolean> {
    const now = this.#clock.monotonic()
    const known = isOfStream.get(subject)
    if (known !== undefined && known.until > now) return known.is
    const is = await findsStream(manager, subject)
    if (isOfStream.size >= STREAMS_KNOWN_MAX) isOfStream.clear()
    isOfStream.set(subject, { is, until: now + STREAM_KNOWN_MS })
    return is
  }

  async #toStream(open: Open, message: PublishMessage): Promise<undefined> {
    try {
      const { subject, body, id } = message
      await open.streams.publish({ subject, body, id, headers: message.headers })
      return undefined
    } catch (error) {
      // The stream may be another by now, or none.
      open.isOfStream.delete(message.subject)
      throw error
    }
  }
}

async function findsStream(manager: JetStreamManager, subject: string): Promise<boolean> {
  try {
    await manager.streams.find(subject)
    return true
  } catch (error) {
    if (isNothingThere(error)) return false
    throw error
  }
}

/** No stream has the subject, or the server has no JetStream. */
function isNothingThere(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const isNoStream = error.message === 'no stream matches subject'
  return isNoStream || /no responders|jetstream not enabled/i.test(`${error.name} ${error.message}`)
}
